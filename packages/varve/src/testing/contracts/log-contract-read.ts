/** The contract of the log port: what is read is what was written. */
import type { Entry } from '../../core/commit.ts'
import type { OpenDisk, TestApi } from './log-disk.ts'
import { headIn, openSample, pageOn, placeCommits, sampleCommit, stampOf } from './log-fixtures.ts'

export function logReadContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  it('L3 what is read is shared with nobody', async () => {
    const { log, other, record } = await openSample(openDisk)
    const mine = structuredClone(sampleCommit({ counter: 1, data: { lines: [{ sku: 'shirt' }] } })) as {
      actor: unknown
    }
    const before = structuredClone(mine)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [mine as never] })
    mine.actor = 'eve'
    const [read] = await log.readOutbox('shop')
    expect(read).toEqual(before)
    // Frozen, or a copy: either way nothing changes.
    Reflect.set(read as object, 'actor', 'eve')
    expect(await other.readOutbox('shop')).toEqual([before])
  })

  it('L12 entries are read in order, after a position, at most so many, across the borders of pages', async () => {
    const { log, record } = await openSample(openDisk)
    const entries = await applyPages(log, record, [1, 3, 1, 5, 2])
    for (let after = 0; after <= entries.length + 1; after++) {
      for (const max of [0, 1, 2, 4, 100]) {
        expect(await log.readEntries('shop', after, max)).toEqual(entries.slice(after, after + max))
      }
    }
    expect(await log.readEntries('customer/1', 0, 10)).toEqual([])
  })

  it('L12 entries of a stream are read in order, after a position, at most so many', async () => {
    const { log, record } = await openSample(openDisk)
    const entries = await applyPages(log, record, [1, 3, 1, 5, 2, 1, 1])
    for (const stream of ['cart/0', 'cart/1', 'cart/2', 'cart/3']) {
      const ofStream = entries.filter(({ commit }) => commit.events.some((event) => event.stream === stream))
      for (let after = 0; after <= entries.length; after++) {
        for (const max of [0, 1, 2, 100]) {
          const expected = ofStream.filter((entry) => entry.position > after).slice(0, max)
          expect(await log.readStreamEntries('shop', stream, after, max)).toEqual(expected)
        }
      }
    }
    expect(await log.readStreamEntries('customer/1', 'cart/1', 0, 10)).toEqual([])
    expect(await log.readStreamEntries('shop', 'cart', 0, 10)).toEqual([])
  })

  it('L12 logs whose names and streams run into each other are kept apart', async () => {
    const { log } = await openSample(openDisk)
    const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['a', 'a|b'] })
    const [one] = placeCommits([sampleCommit({ log: 'a', counter: 1, streams: ['b|c/1'] })]) as [Entry]
    const [two] = placeCommits([sampleCommit({ log: 'a|b', counter: 1, streams: ['c/1'] })]) as [Entry]
    await log.applyEntries(pageOn(record, { log: 'a', entries: [one] }))
    await log.applyEntries(pageOn(record, { log: 'a|b', entries: [two] }))
    expect(await log.readStreamEntries('a', 'b|c/1', 0, 10)).toEqual([one])
    expect(await log.readStreamEntries('a|b', 'c/1', 0, 10)).toEqual([two])
  })

  it('L13 news are of one moment, also while others write', async () => {
    const { log, other, record } = await openSample(openDisk)
    const commits = Array.from({ length: 20 }, (_, index) => sampleCommit({ counter: index + 1 }))
    const { record: appended } = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits })
    const writing = (async () => {
      let now = appended
      for (const entry of placeCommits(commits)) {
        now = (await log.applyEntries(pageOn(now, { entries: [entry], placed: [entry.commit.dot] }))).record
      }
    })()
    for (let round = 0; round < 20; round++) {
      const news = await other.readNews({ shop: 0, 'customer/1': 0 }, 100)
      const { position } = headIn(news.record)
      expect([news.entries.shop?.length, news.outboxes.shop?.length]).toEqual([position, 20 - position])
      expect([news.entries['customer/1'], news.outboxes['customer/1']]).toEqual([[], []])
    }
    await writing
    const news = await other.readNews({ shop: 15 }, 3)
    expect(news.entries.shop?.map((entry) => entry.position)).toEqual([16, 17, 18])
    expect(news.record).toEqual(await log.readRecord())
  })

  it('L14 snapshots are kept by key, as structured clones, and replaced as a whole', async () => {
    const { log, other } = await openSample(openDisk)
    const { fence } = await log.mintLeader('b')
    const orders = {
      key: 'orders/1',
      positions: { shop: 3 },
      state: new Map([['1', { total: 20, at: new Date(0) }]]),
    }
    const revenue = { key: 'revenue/1', positions: { shop: 3, 'customer/1': 0 }, state: 7 }
    expect(await log.saveSnapshots(fence, [orders, revenue])).toEqual('written')
    const newer = { ...revenue, positions: { shop: 4 }, state: 8 }
    expect(await log.saveSnapshots(fence, [newer])).toEqual('written')
    expect(await other.readSnapshots(['revenue/1', 'revenue/2', 'orders/1'])).toEqual([newer, orders])
  })
}

/** Pages of these sizes with commits on cart/0, cart/1 and cart/2 in turn; every fourth has events on two streams. */
async function applyPages(
  log: Awaited<ReturnType<typeof openSample>>['log'],
  record: Awaited<ReturnType<typeof openSample>>['record'],
  sizes: readonly number[],
): Promise<readonly Entry[]> {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const commits = Array.from({ length: total }, (_, index) => {
    const streams = index % 4 === 3 ? ['cart/0', 'cart/1'] : [`cart/${index % 3}`]
    return sampleCommit({ replica: 'z', counter: index + 1, streams })
  })
  const entries = placeCommits(commits)
  let now = record
  let from = 0
  for (const size of sizes) {
    now = (await log.applyEntries(pageOn(now, { entries: entries.slice(from, from + size) }))).record
    from += size
  }
  return entries
}
