import { forceCloseDatabase, IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failIdbWrite } from '../testing/contracts/idb-fault.ts'
import { logContract } from '../testing/contracts/log-contract.ts'
import { failureOf, type LogDisk } from '../testing/contracts/log-disk.ts'
import {
  headIn,
  pageOn,
  placeCommits,
  readAll,
  sampleCommit,
  stampOf,
} from '../testing/contracts/log-fixtures.ts'
import { openDexieLog } from './dexie.ts'
import { Dexie } from './dexie-library.ts'
import type { StoreLog } from './port.ts'

const first = { store: 'store-1', replica: 'a', logs: ['shop'] }

async function openDisk(): Promise<LogDisk> {
  const indexedDB = new IDBFactory()
  return {
    open: () => openDexieLog({ name: 'test', indexedDB, IDBKeyRange }),
    erase: () => deleteDatabase(indexedDB),
    failWrite: (n) => failIdbWrite(IDBObjectStore.prototype, n, 'varve:'),
  }
}

function deleteDatabase(indexedDB: IDBFactory): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('varve:test')
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

describe('the log on a stand-in for IndexedDB', () => logContract({ describe, it, expect }, openDisk))

/** The rows of a table as they are stored. */
async function readRows(indexedDB: IDBFactory, table: string): Promise<readonly Record<string, unknown>[]> {
  const database = await new Dexie('varve:test', { indexedDB, IDBKeyRange }).open()
  const rows = await database.table<Record<string, unknown>>(table).toArray()
  database.close()
  return rows
}

async function changeRow(
  indexedDB: IDBFactory,
  table: string,
  change: (row: never) => unknown,
): Promise<void> {
  const database = await new Dexie('varve:test', { indexedDB, IDBKeyRange }).open()
  await database
    .table(table)
    .toCollection()
    .modify((row: never) => void change(row))
  database.close()
}

async function openSample(): Promise<{ indexedDB: IDBFactory; log: StoreLog; heard: string[] }> {
  const indexedDB = new IDBFactory()
  const log = openDexieLog({ name: 'test', indexedDB, IDBKeyRange })
  await log.ensureStore(first)
  const heard: string[] = []
  log.onGone((code) => heard.push(code))
  return { indexedDB, log, heard }
}

describe('IndexedDB through Dexie', () => {
  it('L18 every write is a strict read-write transaction, every read a read-only one', async () => {
    const seen: string[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      const transaction = original.apply(this, args)
      seen.push(transaction.mode === 'readwrite' ? transaction.durability : transaction.mode)
      return transaction
    }
    onTestFinished(() => {
      IDBDatabase.prototype.transaction = original
    })
    const { log } = await openSample()
    seen.length = 0
    const record = await log.readRecord()
    const commits = [sampleCommit({ counter: 1 })]
    const { record: appended } = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits })
    await log.applyEntries(
      pageOn(appended, { entries: placeCommits(commits), placed: [{ replica: 'a', counter: 1 }] }),
    )
    await log.readNews({ shop: 0 }, 10)
    await log.saveSnapshots(0, [{ key: 'orders/1', positions: {}, state: 1 }])
    await log.mintLeader('b')
    expect(seen).toEqual(['readonly', 'strict', 'strict', 'readonly', 'strict', 'strict'])
  })

  it('L19 a full disk is named, nothing is written, and the same handle works once there is space', async () => {
    const { log } = await openSample()
    const before = await readAll(log)
    const append = {
      log: 'shop',
      stamp: stampOf(await log.readRecord()),
      commits: [sampleCommit({ counter: 1 })],
    }
    const original = IDBObjectStore.prototype.add
    IDBObjectStore.prototype.add = () => {
      throw new DOMException('no space', 'QuotaExceededError')
    }
    try {
      expect(await failureOf(log.appendCommits(append))).toBe('storage_full')
      expect(await failureOf(log.appendCommits(append))).toBe('storage_full')
      expect(await readAll(log)).toEqual(before)
    } finally {
      IDBObjectStore.prototype.add = original
    }
    expect((await log.appendCommits(append)).status).toBe('written')
  })

  it('L19 a connection that has met a full disk is not used again: Dexie never recovers it', async () => {
    const connections: unknown[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      if (!connections.includes(this)) connections.push(this)
      return original.apply(this, args)
    }
    const { log } = await openSample()
    const append = {
      log: 'shop',
      stamp: stampOf(await log.readRecord()),
      commits: [sampleCommit({ counter: 1 })],
    }
    const used = connections.length
    const latch = failIdbWrite(IDBObjectStore.prototype, 2, 'varve:')
    onTestFinished(() => {
      latch.release()
      IDBDatabase.prototype.transaction = original
    })
    expect(await failureOf(log.appendCommits(append))).toBe('storage_failed')
    expect((await log.appendCommits(append)).status).toBe('written')
    expect(connections.length).toBe(used + 1)
  })

  it('L4 a row that is there already is an error, never overwritten', async () => {
    const { indexedDB, log } = await openSample()
    const record = await log.readRecord()
    const entries = placeCommits([sampleCommit({ replica: 'b', counter: 1 })])
    const { record: applied } = await log.applyEntries(pageOn(record, { entries }))
    const commits = [sampleCommit({ counter: 1 })]
    await log.appendCommits({ log: 'shop', stamp: stampOf(applied), commits })
    // As if the record alone had been rolled back.
    await changeRow(indexedDB, 'meta', (row: { key: string; head: object }) => {
      if (row.key === 'head/shop') row.head = { ...headIn(record), lineage: undefined }
    })
    const other = [sampleCommit({ counter: 1, data: { sku: 'hat' } })]
    const append = { log: 'shop', stamp: stampOf(record), commits: other }
    expect(await failureOf(log.appendCommits(append))).toBe('storage_failed')
    expect(await failureOf(log.applyEntries(pageOn(record, { entries })))).toBe('storage_failed')
    const rows = await readRows(indexedDB, 'outbox')
    expect(rows.map((row) => JSON.parse(String(row.text)))).toEqual([commits])
  })

  it('L18 any other fault of the storage is storage_failed, with its cause', async () => {
    const { log } = await openSample()
    const unclonable = { key: 'orders/1', positions: {}, state: () => {} }
    await expect(log.saveSnapshots(0, [unclonable])).rejects.toMatchObject({
      code: 'storage_failed',
      cause: { name: 'DataCloneError' },
    })
    expect(await log.saveSnapshots(0, [{ ...unclonable, state: 1 }])).toBe('written')
  })

  it('L18 where there is no IndexedDB, that is said', async () => {
    await expect(openDexieLog({ name: 'test' }).ensureStore(first)).rejects.toMatchObject({
      code: 'storage_failed',
      cause: { message: 'There is no IndexedDB here.' },
    })
  })

  it('L15 a connection that the browser took away is opened anew, if the store is still there', async () => {
    const connections: unknown[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      if (!connections.includes(this)) connections.push(this)
      return original.apply(this, args)
    }
    onTestFinished(() => {
      IDBDatabase.prototype.transaction = original
    })
    const { log, heard } = await openSample()
    const before = await readAll(log)
    const taken = connections.at(-1)
    forceCloseDatabase(taken as never)
    expect(await readAll(log)).toEqual(before)
    expect(connections.at(-1) === taken).toBe(false)
    expect(heard).toEqual([])
  })

  it('L15 a database that was deleted is not even created again, empty', async () => {
    const { indexedDB, log } = await openSample()
    await deleteDatabase(indexedDB)
    expect(await failureOf(log.readRecord())).toBe('store_gone')
    expect(await indexedDB.databases()).toEqual([])
  })

  it('L15 site data that vanished with the connection is noticed without a call', async () => {
    const connections: unknown[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      connections.push(this)
      return original.apply(this, args)
    }
    onTestFinished(() => {
      IDBDatabase.prototype.transaction = original
    })
    const indexedDB = new IDBFactory()
    let factory = indexedDB
    // A factory whose databases vanish without a versionchange, as those of a cleared site do.
    const fleeting = {
      open: (...args: Parameters<IDBFactory['open']>) => factory.open(...args),
    } as IDBFactory
    const log = openDexieLog({ name: 'test', indexedDB: fleeting, IDBKeyRange })
    await log.ensureStore(first)
    const gone = new Promise((resolve) => log.onGone(resolve))
    factory = new IDBFactory()
    forceCloseDatabase(connections.at(-1) as never)
    expect(await gone).toBe('store_gone')
    expect(await failureOf(log.ensureStore(first))).toBe('store_gone')
    expect(await factory.databases()).toEqual([])
  })

  it('L15 another store under the same name is not written to', async () => {
    const { indexedDB, log, heard } = await openSample()
    await changeRow(indexedDB, 'meta', (row: { key: string; store: string }) => {
      if (row.key === 'store') row.store = 'store-2'
    })
    expect(await failureOf(log.mintLeader('b'))).toBe('store_gone')
    expect(heard).toEqual(['store_gone'])
    expect(await openDexieLog({ name: 'test', indexedDB, IDBKeyRange }).readRecord()).toMatchObject({
      store: 'store-2',
      fence: 0,
    })
  })

  it('L20 an open handle leaves when a newer program changes the schema, and a new one of the old program refuses', async () => {
    const { indexedDB, log, heard } = await openSample()
    const newer = new Dexie('varve:test', { indexedDB, IDBKeyRange })
    newer.version(2).stores({ more: 'key' })
    await newer.open()
    newer.close()
    expect(heard).toEqual(['store_newer'])
    expect(await failureOf(log.mintLeader('b'))).toBe('store_newer')
    const again = openDexieLog({ name: 'test', indexedDB, IDBKeyRange })
    expect(await failureOf(again.ensureStore(first))).toBe('store_newer')
    expect(await failureOf(again.mintLeader('b'))).toBe('store_newer')
  })

  it('L20 a store in a newer format is not written to, nor is a page in a newer codec read', async () => {
    const { indexedDB, log } = await openSample()
    await log.applyEntries(
      pageOn(await log.readRecord(), { entries: placeCommits([sampleCommit({ counter: 1 })]) }),
    )
    await changeRow(indexedDB, 'entries', (row: { codec: number }) => {
      row.codec = 2
    })
    expect(
      await failureOf(openDexieLog({ name: 'test', indexedDB, IDBKeyRange }).readEntries('shop', 0, 1)),
    ).toBe('store_newer')
    await changeRow(indexedDB, 'meta', (row: { key: string; format: number }) => {
      if (row.key === 'store') row.format = 2
    })
    expect(await failureOf(log.mintLeader('b'))).toBe('store_newer')
  })

  it('L21 a big page is stored in rows of at most a quarter of a mebibyte, and read as one', async () => {
    const { indexedDB, log } = await openSample()
    const data = { text: '\u{1F6D2}'.repeat(20_000) }
    const commits = Array.from({ length: 60 }, (_, index) => sampleCommit({ counter: index + 1, data }))
    const { record } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(await log.readRecord()),
      commits,
    })
    expect(await log.readOutbox('shop')).toEqual(commits)
    const entries = placeCommits(commits)
    const dots = commits.map((commit) => commit.dot)
    const outboxRows = await readRows(indexedDB, 'outbox')
    const applied = await log.applyEntries(pageOn(record, { entries, placed: dots.slice(1, 59) }))
    expect(await log.readOutbox('shop')).toEqual([commits[0], commits[59]])
    const next = { log: 'shop', stamp: stampOf(applied.record), commits: [sampleCommit({ counter: 61 })] }
    expect((await log.appendCommits(next)).status).toBe('written')
    expect(await log.readEntries('shop', 0, 1_000)).toEqual(entries)
    expect(await log.readEntries('shop', 30, 3)).toEqual(entries.slice(30, 33))
    expect(await log.readStreamEntries('shop', 'cart/1', 0, 1_000)).toEqual(entries)
    for (const row of [...outboxRows, ...(await readRows(indexedDB, 'entries'))]) {
      expect(String(row.text).length * 2).toBeLessThanOrEqual(256 * 1024)
    }
    expect(outboxRows.length).toBeGreaterThan(4)
  })

  it('L21 an append writes a row for its commits and one for the head, whatever the lineage', async () => {
    const { log } = await openSample()
    await log.mintLeader('b')
    const stamp = stampOf(await log.readRecord())
    const commits = Array.from({ length: 50 }, (_, index) =>
      sampleCommit({ replica: 'b', counter: index + 1 }),
    )
    const latch = failIdbWrite(IDBObjectStore.prototype, 3, 'varve:')
    onTestFinished(latch.release)
    expect(headIn((await log.appendCommits({ log: 'shop', stamp, commits })).record).issued).toBe(50)
    expect(latch.fired()).toBe(false)
  })
})
