/** A real browser that has no space left: for tests in Chromium. */
import { onTestFinished } from 'vitest'
import { cdp } from 'vitest/browser'
import { openDexieLog } from '../log/dexie.ts'
import type { StoreLog } from '../log/port.ts'

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
export async function setQuota(quotaSize: number | null): Promise<void> {
  const session = cdp() as unknown as { send(method: string, params: object): Promise<unknown> }
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: location.origin,
    ...(quotaSize !== null && { quotaSize }),
  })
}

/** A store called `quota` with room for about 4 MB. */
export async function openWithLittleRoom(): Promise<{
  readonly log: StoreLog
  readonly another: () => StoreLog
  readonly indexedDB: IDBFactory
}> {
  // Beyond what tests before this one have left.
  const { usage = 0 } = await navigator.storage.estimate()
  await setQuota(usage + 4_000_000)
  onTestFinished(() => setQuota(null))
  const indexedDB = await newBucket()
  const another = () => openDexieLog({ name: 'quota', indexedDB })
  const log = another()
  await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] })
  return { log, another, indexedDB }
}

/** Half a megabyte that cannot be made smaller by much. */
export const manyIds = () => Array.from({ length: 14_000 }, () => crypto.randomUUID())
