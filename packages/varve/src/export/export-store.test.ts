import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entry } from '../core/commit.ts'
import { openDexieLog } from '../log/dexie.ts'
import { openDexieWishJournal } from '../log/dexie-wish-journal.ts'
import type { StoreLog } from '../log/port.ts'
import type { SavedWish } from '../log/wish-journal.ts'
import {
  pageOn,
  placeCommits,
  sampleCommit,
  stampOf,
  withdrawnItem,
} from '../testing/contracts/log-fixtures.ts'
import { type ExportLine, exportLines } from './export-lines.ts'
import { exportStore } from './export-store.ts'

/** A store in a browser of its own. */
async function openSample(logs: readonly string[] = ['shop', 'customer/1']) {
  const browser = { indexedDB: new IDBFactory(), IDBKeyRange }
  const log = openDexieLog({ name: 'test', ...browser })
  onTestFinished(() => log.close())
  await log.ensureStore({ store: 'store-1', replica: 'a', logs })
  return { browser, log }
}

async function append(log: StoreLog, counter: number): Promise<void> {
  const commits = [sampleCommit({ counter })]
  await log.appendCommits({ log: 'shop', stamp: stampOf(await log.readRecord()), commits })
}

/** Places commits of somebody else, and of ours as named. */
async function apply(log: StoreLog, entries: readonly Entry[], own: readonly number[] = []): Promise<void> {
  const placed = own.map((counter) => ({ replica: 'a', counter }))
  const written = await log.applyEntries(pageOn(await log.readRecord(), { entries, placed }))
  expect(written.status).toBe('written')
}

const foreign = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => sampleCommit({ replica: 'b', counter: from + n }))

async function copyOf(
  name: string,
  options: Parameters<typeof exportStore>[1],
): Promise<readonly ExportLine[]> {
  const text = (await Array.fromAsync(exportStore(name, options))).join('')
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportLine)
}

const dotsIn = (lines: readonly ExportLine[]): readonly string[] =>
  lines.flatMap((line) => {
    const commit = line.kind === 'pending' ? line.commit : line.kind === 'entry' ? line.entry.commit : null
    return commit === null ? [] : [`${commit.dot.replica} ${commit.dot.counter}`]
  })

const wish: SavedWish = {
  seed: 'seed',
  log: 'shop',
  request: { log: 'shop', commands: [], seed: 'seed', now: 1 } as unknown as SavedWish['request'],
  actor: 'ann',
  after: 0,
  order: 1,
}

describe('a copy of a store', () => {
  it('L26 holds all that the store remembers, what only this device has first, and says when it is whole', async () => {
    const { browser, log } = await openSample()
    const journal = openDexieWishJournal({ name: 'test', ...browser })
    await journal.add(wish)
    await append(log, 1)
    const entries = placeCommits(foreign(1_200))
    // More than a page of the log's own.
    await apply(log, entries.slice(0, 900))
    await apply(log, entries.slice(900))
    const mine = sampleCommit({ counter: 2 })
    const inbox = [withdrawnItem(mine)]
    const stamp = stampOf(await log.readRecord())
    await log.appendCommits({ log: 'shop', stamp, commits: [inbox[0]!.withdrawn], inbox })
    const lines = await copyOf('test', browser)
    const { position, chain } = entries.at(-1)!
    expect(lines.slice(0, 6)).toEqual([
      { kind: 'copy', format: 1, name: 'test' },
      { kind: 'wish', wish },
      {
        kind: 'store',
        store: 'store-1',
        replica: 'a',
        logs: [
          { log: 'customer/1', epoch: null, position: 0, chain: '' },
          { log: 'shop', epoch: 'epoch-1', position, chain },
        ],
      },
      ...(await log.readOutbox('shop')).map((commit) => ({ kind: 'pending', commit })),
      { kind: 'inbox', item: inbox[0] },
    ])
    expect(lines.slice(6, -1)).toEqual(entries.map((entry) => ({ kind: 'entry', entry })))
    expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length })
    await journal.close()
  })

  it('L26 a commit that is placed while it is copied stands in it all the same', async () => {
    const { log } = await openSample(['shop'])
    await append(log, 1)
    await append(log, 2)
    const [first, second] = placeCommits([1, 2].map((counter) => sampleCommit({ counter })))
    // One before the outbox is read, one after it.
    let reads = 0
    const moving = {
      readRecord: async () => {
        const record = await log.readRecord()
        await apply(log, [first!], [1])
        return record
      },
      readNews: async (...asked: Parameters<StoreLog['readNews']>) => {
        const news = await log.readNews(...asked)
        await apply(log, [second!], [2])
        return news
      },
      readEntries: (...asked: Parameters<StoreLog['readEntries']>) => {
        reads += 1
        return log.readEntries(...asked)
      },
    }
    const lines = await Array.fromAsync(exportLines('test', moving, []))
    expect(new Set(dotsIn(lines))).toEqual(new Set(['a 1', 'a 2']))
    expect(reads).toBe(1)
  })

  it('L26 a log that is set back while it is copied is told', async () => {
    const { log } = await openSample(['shop'])
    const entries = placeCommits(foreign(3))
    await apply(log, entries)
    const other = placeCommits(foreign(3, 7))
    const shorter = { ...log, readEntries: async () => [] }
    const another = { ...log, readEntries: async () => other }
    for (const changed of [shorter, another])
      await expect(Array.fromAsync(exportLines('test', changed, []))).rejects.toMatchObject({
        code: 'storage_failed',
        cause: expect.objectContaining({ message: expect.stringContaining('Copy it again') }),
      })
  })

  it('L26 a store that is not there is said, and none is made', async () => {
    const { browser } = await openSample()
    await expect(copyOf('other', browser)).rejects.toMatchObject({ code: 'store_gone' })
    expect((await browser.indexedDB.databases()).map(({ name }) => name)).toEqual(['varve:test'])
    // Neither is a journal that it never needed.
    await copyOf('test', browser)
    expect((await browser.indexedDB.databases()).map(({ name }) => name)).toEqual(['varve:test'])
  })

  it('L26 it is called off by its signal, before it and within it', async () => {
    const { browser, log } = await openSample()
    await apply(log, placeCommits(foreign(3)))
    const over = AbortSignal.abort(new Error('enough'))
    await expect(copyOf('test', { ...browser, signal: over })).rejects.toThrow('enough')
    const calling = new AbortController()
    const lines = exportStore('test', { ...browser, signal: calling.signal })
    await lines.next()
    calling.abort(new Error('enough'))
    await expect(lines.next()).rejects.toThrow('enough')
  })
})
