/** What the log on IndexedDB promises about the browser's transactions: strict, and acknowledged when complete. */
import { failureOf, type OpenDisk, type TestApi } from './log-disk.ts'
import { headIn, readAll, sampleCommit, stampOf } from './log-fixtures.ts'

const first = { store: 'store-1', replica: 'a', logs: ['shop'] }

/** `openDisk` gives places on the IndexedDB of this browser. */
export function idbContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  it('L18 every write is a strict read-write transaction', async () => {
    const seen: string[] = []
    await whileSeen(
      (transaction) => {
        if (transaction.mode === 'readwrite') seen.push(transaction.durability)
      },
      async () => {
        const log = (await openDisk()).open()
        const { record } = await log.ensureStore(first)
        const commits = [sampleCommit({ counter: 1 })]
        await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits })
        await log.saveSnapshots(0, [{ key: 'orders/1', positions: {}, state: 1 }])
      },
    )
    expect(seen).toEqual(['strict', 'strict', 'strict'])
  })

  it('L18 an append is acknowledged after the transaction is complete, not before', async () => {
    const log = (await openDisk()).open()
    const order: string[] = []
    await whileSeen(
      (transaction) => transaction.addEventListener('complete', () => order.push('complete')),
      async () => {
        const { record } = await log.ensureStore(first)
        order.push('created')
        const commits = [sampleCommit({ counter: 1 })]
        await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits })
        order.push('acknowledged')
      },
    )
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
    expect(await failureOf(log.appendCommits(append))).toEqual('storage_failed')
    latch.release()
    expect(latch.fired()).toEqual(true)
    expect(await readAll(disk.open())).toEqual(before)
    const written = await log.appendCommits(append)
    expect([written.status, headIn(written.record).issued]).toEqual(['written', 1])
  })
}

/** Shows each transaction that is begun meanwhile. */
async function whileSeen(see: (transaction: IDBTransaction) => void, work: () => Promise<void>) {
  const original = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (...args) {
    const transaction = original.apply(this, args)
    see(transaction)
    return transaction
  }
  try {
    await work()
  } finally {
    IDBDatabase.prototype.transaction = original
  }
}
