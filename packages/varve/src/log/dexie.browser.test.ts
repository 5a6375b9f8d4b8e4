import { describe, expect, it, onTestFinished } from 'vitest'
import { failIdbWrite } from '../testing/contracts/idb-fault.ts'
import { logContract } from '../testing/contracts/log-contract.ts'
import { failureOf, type LogDisk } from '../testing/contracts/log-disk.ts'
import { headIn, readAll, sampleCommit, stampOf } from '../testing/contracts/log-fixtures.ts'
import { openDexieLog } from './dexie.ts'
import type { StoreLog } from './port.ts'

let disks = 0
const first = { store: 'store-1', replica: 'a', logs: ['shop'] }

async function openDisk(): Promise<LogDisk> {
  disks += 1
  const name = `test-${disks}`
  await deleteDatabase(name)
  const handles: StoreLog[] = []
  return {
    open() {
      const log = openDexieLog({ name })
      handles.push(log)
      return log
    },
    erase: () => deleteDatabase(name),
    failWrite: (n) => failIdbWrite(IDBObjectStore.prototype, n, `varve:${name}`),
  }
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`varve:${name}`)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

describe('the log on IndexedDB in a browser', () => logContract({ describe, it, expect }, openDisk))

describe('IndexedDB in a browser', () => {
  it('L18 every write is a strict read-write transaction', async () => {
    const seen: string[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      const transaction = original.apply(this, args)
      if (transaction.mode === 'readwrite') seen.push(transaction.durability)
      return transaction
    }
    onTestFinished(() => {
      IDBDatabase.prototype.transaction = original
    })
    const log = (await openDisk()).open()
    const { record } = await log.ensureStore(first)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] })
    await log.saveSnapshots(0, [{ key: 'orders/1', positions: {}, state: 1 }])
    expect(seen).toEqual(['strict', 'strict', 'strict'])
  })

  it('L18 an append is acknowledged after the transaction is complete, not before', async () => {
    const log = (await openDisk()).open()
    const order: string[] = []
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (...args) {
      const transaction = original.apply(this, args)
      transaction.addEventListener('complete', () => order.push('complete'))
      return transaction
    }
    onTestFinished(() => {
      IDBDatabase.prototype.transaction = original
    })
    const { record } = await log.ensureStore(first)
    order.push('created')
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] })
    order.push('acknowledged')
    // Dexie looks at the tables of a new connection in a transaction of its own.
    expect(order.slice(-3)).toEqual(['created', 'complete', 'acknowledged'])
  })

  it('L18 a transaction that fails after its last write is not acknowledged, and the next call works', async () => {
    const disk = await openDisk()
    const log = disk.open()
    const { record } = await log.ensureStore(first)
    const before = await readAll(log)
    // An append writes its row, then the head: the second write is the last.
    const latch = disk.failWrite(2)
    const append = { log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] }
    expect(await failureOf(log.appendCommits(append))).toBe('storage_failed')
    latch.release()
    expect(latch.fired()).toBe(true)
    expect(await readAll(disk.open())).toEqual(before)
    const written = await log.appendCommits(append)
    expect([written.status, headIn(written.record).issued]).toEqual(['written', 1])
  })
})
