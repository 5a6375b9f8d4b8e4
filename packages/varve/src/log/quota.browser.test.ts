import { describe, expect, it } from 'vitest'
import { failureOf } from '../testing/contracts/log-disk.ts'
import {
  headIn,
  pageOn,
  placeCommits,
  readAll,
  sampleCommit,
  stampOf,
  withdrawnItem,
} from '../testing/contracts/log-fixtures.ts'
import { manyIds, openWithLittleRoom, setQuota } from '../testing/quota.fixture.ts'

describe('IndexedDB in a browser without space', () => {
  it('L19 nothing is written, reads go on, and the same handle works once there is space', async () => {
    const { log, another } = await openWithLittleRoom()
    const append = async (counter: number): Promise<unknown> => {
      const stamp = stampOf(await log.readRecord())
      const commits = [sampleCommit({ counter, data: manyIds() })]
      return (await log.appendCommits({ log: 'shop', stamp, commits })).status
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
    expect((await another().readOutbox('shop')).length).toBe(written + 1)
  })

  it('L19 L8 a page that there is no room for leaves nothing behind, and is taken as it is once there is space', async () => {
    const { log, another } = await openWithLittleRoom()
    const [a1, a2] = [sampleCommit({ counter: 1 }), sampleCommit({ counter: 2 })]
    const stamp = stampOf(await log.readRecord())
    const { record: first } = await log.appendCommits({ log: 'shop', stamp, commits: [a1, a2] })
    // The first fit, one by one; all of them do not.
    const foreign = Array.from({ length: 30 }, (_, index) =>
      sampleCommit({ replica: 'b', counter: index + 1, streams: ['cart/2'], data: manyIds() }),
    )
    const entries = placeCommits([a1, ...foreign])
    const item = withdrawnItem(a2)
    const page = pageOn(first, {
      ...{ entries, history: 'history-1', placed: [a1.dot] },
      ...{ changed: [item.withdrawn], inbox: [item] },
    })
    const before = await readAll(log)
    for (let round = 0; round < 3; round += 1) {
      expect(await failureOf(log.applyEntries(page))).toBe('storage_full')
      expect((await log.readEntries('shop', 0, 1)).length).toBe(0)
      expect(await readAll(log)).toEqual(before)
    }
    expect(headIn(await another().readRecord())).toEqual(headIn(first))
    await setQuota(null)
    expect((await log.applyEntries(page)).status).toBe('written')
    const stored = another()
    expect(headIn(await stored.readRecord())).toMatchObject({ position: entries.length, epoch: 'epoch-1' })
    expect(await stored.readEntries('shop', 0, 1_000)).toEqual(entries)
    expect(await stored.readOutbox('shop')).toEqual([item.withdrawn])
    expect(await stored.readInbox()).toEqual([item])
  })
})
