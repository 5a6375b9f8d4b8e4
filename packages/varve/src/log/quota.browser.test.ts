import { describe, expect, it, onTestFinished } from 'vitest'
import { cdp } from 'vitest/browser'
import { failureOf } from '../testing/contracts/log-disk.ts'
import { readAll, sampleCommit, stampOf } from '../testing/contracts/log-fixtures.ts'
import { openDexieLog } from './dexie.ts'

/**
 * Chromium remembers for a while how much space it has granted to a bucket, so a new one is needed.
 * https://developer.mozilla.org/docs/Web/API/StorageBucketManager
 */
async function newBucket(): Promise<IDBFactory> {
  const { storageBuckets } = navigator as unknown as {
    readonly storageBuckets: { open(name: string): Promise<{ readonly indexedDB: IDBFactory }> }
  }
  return (await storageBuckets.open(`quota-${crypto.randomUUID()}`)).indexedDB
}

/** In bytes; null gives back the browser's own. */
async function setQuota(quotaSize: number | null): Promise<void> {
  const session = cdp() as unknown as { send(method: string, params: object): Promise<unknown> }
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: location.origin,
    ...(quotaSize !== null && { quotaSize }),
  })
}

describe('IndexedDB in a browser without space', () => {
  it('L19 nothing is written, reads go on, and the same handle works once there is space', async () => {
    // Beyond what tests before this one have left.
    const { usage = 0 } = await navigator.storage.estimate()
    await setQuota(usage + 4_000_000)
    onTestFinished(() => setQuota(null))
    const indexedDB = await newBucket()
    const log = openDexieLog({ name: 'quota', indexedDB })
    await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] })
    const append = async (counter: number): Promise<unknown> => {
      const data = Array.from({ length: 14_000 }, () => crypto.randomUUID())
      const stamp = stampOf(await log.readRecord())
      return (await log.appendCommits({ log: 'shop', stamp, commits: [sampleCommit({ counter, data })] }))
        .status
    }
    let written = 0
    let last: unknown = 'written'
    while (last === 'written' && written < 40) {
      last = await append(written + 1).catch((error: { code: string }) => error.code)
      if (last === 'written') written += 1
    }
    expect(last).toBe('storage_full')
    const before = await readAll(log)
    for (let round = 0; round < 3; round++) {
      expect(await failureOf(append(written + 1))).toBe('storage_full')
      expect(await readAll(log)).toEqual(before)
    }
    await setQuota(null)
    expect(await append(written + 1)).toBe('written')
    expect((await openDexieLog({ name: 'quota', indexedDB }).readOutbox('shop')).length).toBe(written + 1)
  })
})
