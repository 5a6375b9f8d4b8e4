/** The contract of the log port: identity, leaders, several handles, the end. */
import type { StoreLog } from '../../log/port.ts'
import { failureOf, type OpenDisk, type TestApi } from './log-disk.ts'
import { headIn, readAll, sampleCommit, stampOf } from './log-fixtures.ts'

const first = { store: 'store-1', replica: 'a', logs: ['shop', 'customer/1'] }

export function logStoreContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  it('L1 a store is created once, with its identity and a head for each log', async () => {
    const log = (await openDisk()).open()
    const { record, created } = await log.ensureStore(first)
    expect(created).toEqual(true)
    const { heads, ...rest } = record
    expect(rest).toEqual({ format: 1, store: 'store-1', replica: 'a', fence: 0 })
    expect(heads.map((head) => head.log)).toEqual(['customer/1', 'shop'])
    expect(headIn(record)).toEqual({
      log: 'shop',
      epoch: null,
      position: 0,
      chain: '',
      lineage: [{ replica: 'a', upTo: Number.MAX_SAFE_INTEGER }],
      issued: 0,
      history: '',
      outboxRevision: 0,
      resets: 0,
    })
    expect(await log.readRecord()).toEqual(record)
  })

  it('L1 asked for again, the store is what it was', async () => {
    const disk = await openDisk()
    const { record } = await disk.open().ensureStore(first)
    const again = await disk.open().ensureStore({ store: 'store-2', replica: 'b', logs: ['shop'] })
    expect(again).toEqual({ record, created: false })
  })

  it('L1 a log that the store did not have yet is added, and the others stay', async () => {
    const log = (await openDisk()).open()
    await log.ensureStore(first)
    await log.mintLeader('b')
    const { record } = await log.appendCommits({
      log: 'shop',
      stamp: { replica: 'b', position: 0, outboxRevision: 0 },
      commits: [sampleCommit({ replica: 'b', counter: 1 })],
    })
    const more = await log.ensureStore({ ...first, logs: ['orders', 'shop', 'orders'] })
    expect(more.created).toEqual(false)
    expect(more.record.heads.map((head) => head.log)).toEqual(['customer/1', 'orders', 'shop'])
    expect(headIn(more.record)).toEqual(headIn(record))
    expect(headIn(more.record, 'orders').lineage).toEqual([{ replica: 'b', upTo: Number.MAX_SAFE_INTEGER }])
    expect(await log.readRecord()).toEqual(more.record)
  })

  it('L1 without a store every function but ensureStore fails and creates nothing', async () => {
    const log = (await openDisk()).open()
    expect(await failureOf(log.readRecord())).toEqual('store_gone')
    expect(await failureOf(log.readOutbox('shop'))).toEqual('store_gone')
    expect(await failureOf(log.saveSnapshots(0, []))).toEqual('store_gone')
  })

  it('L2 every handle on a disk sees what the others wrote, also one that is opened later', async () => {
    const disk = await openDisk()
    const [one, two] = [disk.open(), disk.open()] as const
    const { record } = await one.ensureStore(first)
    await two.ensureStore(first)
    await one.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] })
    const { record: seen } = await two.readNews({}, 0)
    expect(headIn(seen).issued).toEqual(1)
    await two.appendCommits({ log: 'shop', stamp: stampOf(seen), commits: [sampleCommit({ counter: 2 })] })
    const all = await readAll(one)
    await one.close()
    await two.close()
    expect(await readAll(disk.open())).toEqual(all)
  })

  it('L11 a leader raises the fence and its replica continues the lineage; what wrote nothing on a log is left out', async () => {
    const log = (await openDisk()).open()
    const { record } = await log.ensureStore(first)
    await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [sampleCommit({ counter: 1 }), sampleCommit({ counter: 2 })],
    })
    const b = await log.mintLeader('b')
    expect([b.fence, b.replica]).toEqual([1, 'b'])
    const open = Number.MAX_SAFE_INTEGER
    expect(headIn(b).lineage).toEqual([
      { replica: 'b', upTo: open },
      { replica: 'a', upTo: 2 },
    ])
    expect(headIn(b).issued).toEqual(0)
    expect(headIn(b, 'customer/1').lineage).toEqual([{ replica: 'b', upTo: open }])
    const c = await log.mintLeader('c')
    expect(headIn(c).lineage).toEqual([
      { replica: 'c', upTo: open },
      { replica: 'a', upTo: 2 },
    ])
    expect(await log.readRecord()).toEqual(c)
  })

  it('L11 a replica id that was used before is refused as a defect', async () => {
    const log = (await openDisk()).open()
    const { record } = await log.ensureStore(first)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] })
    const minted = await log.mintLeader('b')
    expect(await failureOf(log.mintLeader('b'))).toEqual('defect')
    expect(await failureOf(log.mintLeader('a'))).toEqual('defect')
    expect(await log.readRecord()).toEqual(minted)
  })

  it('L15 a store that went away is noticed before the next append, said once, and never created again in silence', async () => {
    const disk = await openDisk()
    const log = disk.open()
    const { record } = await log.ensureStore(first)
    const heard: string[] = []
    log.onGone((code) => heard.push(code))
    log.onGone((code) => heard.push(code))()
    await disk.erase()
    const append = { log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] }
    expect(await failureOf(log.appendCommits(append))).toEqual('store_gone')
    expect(await failureOf(log.ensureStore(first))).toEqual('store_gone')
    expect(await failureOf(log.readRecord())).toEqual('store_gone')
    expect(heard).toEqual(['store_gone'])
    const { created } = await disk.open().ensureStore({ ...first, store: 'store-2' })
    expect(created).toEqual(true)
    expect(await failureOf(log.appendCommits(append))).toEqual('store_gone')
  })

  it('L16 after close every function fails with closed, and other handles go on', async () => {
    const disk = await openDisk()
    const [log, other] = [disk.open(), disk.open()] as const
    const { record } = await log.ensureStore(first)
    await log.close()
    await log.close()
    for (const call of callsOf(log)) expect(await failureOf(call())).toEqual('closed')
    const append = { log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] }
    expect((await other.appendCommits(append)).status).toEqual('written')
  })

  it('L16 what was asked for before close is done', async () => {
    const disk = await openDisk()
    const log = disk.open()
    const { record } = await log.ensureStore(first)
    const asked = log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [sampleCommit({ counter: 1 })],
    })
    await log.close()
    expect((await asked).status).toEqual('written')
    expect((await disk.open().readOutbox('shop')).length).toEqual(1)
  })
}

function callsOf(log: StoreLog): readonly (() => Promise<unknown>)[] {
  const stamp = { replica: 'a', position: 0, outboxRevision: 0 }
  const change = { log: 'shop', stamp, changed: [], inbox: [] }
  return [
    () => log.ensureStore(first),
    () => log.readRecord(),
    () => log.mintLeader('z'),
    () => log.appendCommits({ log: 'shop', stamp, commits: [sampleCommit({ counter: 1 })] }),
    () =>
      log.applyEntries({
        ...change,
        fence: 0,
        epoch: 'e',
        entries: [],
        history: '',
        placed: [],
        inboxGone: [],
      }),
    () => log.reviseOutbox(change),
    () => log.readEntries('shop', 0, 1),
    () => log.readStreamEntries('shop', 'cart/1', 0, 1),
    () => log.readOutbox('shop'),
    () => log.readNews({}, 1),
    () => log.readInbox(),
    () => log.dismissInbox('shop', { replica: 'a', counter: 1 }),
    () => log.saveSnapshots(0, []),
    () => log.readSnapshots([]),
  ]
}
