/**
 * Every write of the log and of the wish journal stands between its points: a write that is added without them is
 * noticed here, and one that no device dies at by the kill tests (X27). They are bundled with points that are noted.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IDBDatabase, IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { build } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import type { openDexieLog } from '../../../packages/varve/src/log/dexie.ts'
import type { openDexieWishJournal } from '../../../packages/varve/src/log/dexie-wish-journal.ts'
import type { StoreLog } from '../../../packages/varve/src/log/port.ts'
import type { WishJournal } from '../../../packages/varve/src/log/wish-journal.ts'
import { type WriteName, writeNames } from '../../../packages/varve/src/log/write-transaction.ts'
import {
  headIn,
  pageOn,
  placeCommits,
  sampleCommit,
  stampOf,
} from '../../../packages/varve/src/testing/contracts/log-fixtures.ts'
import { listFiles } from '../../../scripts/sources.mjs'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

interface Bundle {
  readonly openDexieLog: typeof openDexieLog
  readonly openDexieWishJournal: typeof openDexieWishJournal
}

async function loadWithPoints(note: (point: string) => void): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-points-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const entry = join(folder, 'entry.js')
  const doors = ['dexie.ts', 'dexie-wish-journal.ts'].map(
    (file) => `export * from '${here(`../../../packages/varve/src/log/${file}`)}'`,
  )
  writeFileSync(entry, doors.join('\n'))
  const barrier = join(folder, 'noted.js')
  writeFileSync(barrier, 'export const barrier = (point, of) => globalThis.notePoint(point, of)')
  await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'note-points',
        enforce: 'pre',
        resolveId: (id) => (/(^|\/)barrier\.ts$/.test(id) ? barrier : undefined),
      },
    ],
    build: {
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      lib: { entry, formats: ['es'], fileName: () => 'bundle.mjs' },
    },
  })
  Object.assign(globalThis, {
    notePoint: (point: string, of?: string) => note(of === undefined ? point : `${point}: ${of}`),
  })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'notePoint'))
  return import(/* @vite-ignore */ join(folder, 'bundle.mjs'))
}

/** Notes the begin and the end of each read-write transaction. */
function noteTransactions(note: (what: string) => void): void {
  const prototype = IDBDatabase.prototype as unknown as {
    transaction(...args: [unknown, string?]): IDBTransaction
  }
  const original = prototype.transaction
  prototype.transaction = function (...args) {
    const transaction = original.apply(this, args)
    if (args[1] !== 'readwrite') return transaction
    note('begins')
    transaction.addEventListener('complete', () => note('completes'))
    return transaction
  }
  onTestFinished(() => {
    prototype.transaction = original
  })
}

const commit = sampleCommit({ counter: 1 })
const wish = {
  seed: 's',
  log: 'shop',
  request: { commands: [], now: 1, seed: 's' },
  actor: null,
  after: 0,
  order: 1,
}

/** One call of every function; what is missing here does not compile. */
const calls: {
  readonly log: Readonly<
    Record<Exclude<keyof StoreLog, 'close' | 'onGone'>, (log: StoreLog) => Promise<unknown>>
  >
  readonly journal: Readonly<
    Record<Exclude<keyof WishJournal, 'close'>, (journal: WishJournal) => Promise<unknown>>
  >
} = {
  log: {
    ensureStore: (log) => log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] }),
    readRecord: (log) => log.readRecord(),
    appendCommits: async (log) =>
      log.appendCommits({ log: 'shop', stamp: stampOf(await log.readRecord()), commits: [commit] }),
    reviseOutbox: async (log) =>
      log.reviseOutbox({ log: 'shop', stamp: stampOf(await log.readRecord()), changed: [], inbox: [] }),
    applyEntries: async (log) =>
      log.applyEntries(
        pageOn(await log.readRecord(), { entries: placeCommits([commit]), placed: [commit.dot] }),
      ),
    async resetLog(log) {
      const record = await log.readRecord()
      const { lineage } = headIn(record)
      return log.resetLog({
        ...{ log: 'shop', stamp: stampOf(record), fence: record.fence, epoch: 'epoch-2', position: 0 },
        ...{ chain: '', history: '', issued: 1, lineage, outbox: [commit] },
        ...{ inbox: [], inboxHidden: [], inboxGone: [] },
      })
    },
    mintLeader: (log) => log.mintLeader('b'),
    dismissInbox: (log) => log.dismissInbox('shop', commit.dot),
    saveSnapshots: (log) => log.saveSnapshots(1, [{ key: 'k', positions: {}, state: 1 }]),
    readEntries: (log) => log.readEntries('shop', 0, 10),
    readStreamEntries: (log) => log.readStreamEntries('shop', 'cart/1', 0, 10),
    readOutbox: (log) => log.readOutbox('shop'),
    readNews: (log) => log.readNews({ shop: 0 }, 10),
    readInbox: (log) => log.readInbox(),
    readSnapshots: (log) => log.readSnapshots(['k']),
  },
  journal: {
    add: (journal) => journal.add(wish),
    read: (journal) => journal.read(),
    remove: (journal) => journal.remove('s'),
  },
}

it('X27 L18 every write stands between its points: before its one transaction, before the commit, and after it', async () => {
  const noted: string[] = []
  const { openDexieLog, openDexieWishJournal } = await loadWithPoints((point) => noted.push(point))
  noteTransactions((what) => noted.push(what))
  const options = { name: 'points', indexedDB: new IDBFactory(), IDBKeyRange }
  const log = openDexieLog(options)
  const journal = openDexieWishJournal(options)
  const written: string[] = []
  const note = async (call: () => Promise<unknown>): Promise<void> => {
    noted.length = 0
    await call()
    if (noted.length === 0) return
    const name = noted[0]?.split(': ')[1] as WriteName
    written.push(name)
    expect(noted.slice(0, 2)).toEqual([`before the transaction: ${name}`, 'begins'])
    expect(noted.slice(-3)).toEqual([`before the commit: ${name}`, 'completes', `after the commit: ${name}`])
    expect(noted.filter((each) => each === 'begins' || each === 'completes')).toHaveLength(2)
  }
  for (const call of Object.values(calls.log)) await note(() => call(log))
  for (const call of Object.values(calls.journal)) await note(() => call(journal))
  await log.close()
  await journal.close()
  expect(written.toSorted()).toEqual(writeNames.toSorted())
})

it('X27 nothing else opens a read-write transaction, or a database', () => {
  const sources = listFiles(here('../../../packages/varve/src'), /\.ts$/).filter(
    (path) => !/\.test|\.fixture|\/testing\//.test(path),
  )
  const filesWith = (text: RegExp) =>
    sources.filter((path) => text.test(readFileSync(path, 'utf8'))).map((path) => path.split('/').at(-1))
  expect(filesWith(/\.transaction\((?!'r')|'readwrite'/)).toEqual(['write-transaction.ts'])
  expect(filesWith(/new Dexie\(/).toSorted()).toEqual(['dexie-schema.ts', 'dexie-wish-journal.ts'])
})
