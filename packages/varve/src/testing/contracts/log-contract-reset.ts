/** The contract of the log port: a log that is reset holds what it is told to, and nothing else of what it held. */
import type { Commit } from '../../core/commit.ts'
import type { ResetLog, StoreLog, StoreRecord } from '../../log/port.ts'
import { isSetBack } from '../../log/record.ts'
import { failureOf, type OpenDisk, type TestApi } from './log-disk.ts'
import {
  headIn,
  openSample,
  pageOn,
  placeCommits,
  readAll,
  sampleCommit,
  stampOf,
  withdrawnItem,
} from './log-fixtures.ts'

const [a1, a2, a3, a4] = [1, 2, 3, 4].map((counter) => sampleCommit({ counter })) as [
  Commit,
  Commit,
  Commit,
  Commit,
]
const b1 = sampleCommit({ replica: 'b', counter: 1, streams: ['cart/2'] })
const entries = placeCommits([a1, b1, a2])
const [first] = entries

/** Three entries are applied, two commits and two inbox items are there, one of them dismissed. */
export async function prepareReset(log: StoreLog): Promise<StoreRecord> {
  const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop', 'customer/1'] })
  const one = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1, a2, a3, a4] })
  const items = [withdrawnItem(a3), withdrawnItem(a4)]
  const two = await log.applyEntries(
    pageOn(one.record, {
      entries,
      history: 'history-3',
      placed: [a1.dot, a2.dot],
      changed: items.map(({ withdrawn }) => withdrawn),
      inbox: items,
    }),
  )
  await log.dismissInbox('shop', a4.dot)
  await log.saveSnapshots(0, [
    { key: 'revenue/1', positions: { shop: 1, 'customer/1': 0 }, state: 1 },
    { key: 'orders/1', positions: { shop: 2, 'customer/1': 0 }, state: 2 },
  ])
  return two.record
}

export function resetOn(record: StoreRecord, reset: Partial<ResetLog> = {}): ResetLog {
  const item = withdrawnItem(a2)
  return {
    log: 'shop',
    stamp: stampOf(record),
    fence: record.fence,
    epoch: 'epoch-2',
    position: 1,
    chain: first?.chain ?? '',
    history: 'history-1',
    lineage: headIn(record).lineage,
    issued: 4,
    outbox: [item.withdrawn, withdrawnItem(a3).withdrawn, a4],
    inbox: [item],
    inboxHidden: [withdrawnItem(a3)],
    inboxGone: [a4.dot],
    ...reset,
  }
}

export function logResetContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  it('L22 a reset drops the entries after a position and replaces the outbox and the head; other handles see it', async () => {
    const { log, other } = await openSample(openDisk)
    const record = await prepareReset(log)
    const written = await log.resetLog(resetOn(record))
    expect(written.status).toEqual('written')
    expect(headIn(written.record)).toEqual({
      ...headIn(record),
      epoch: 'epoch-2',
      position: 1,
      chain: first?.chain ?? '',
      history: 'history-1',
      resets: 1,
      outboxRevision: headIn(written.record).outboxRevision,
    })
    expect(headIn(written.record).outboxRevision > headIn(record).outboxRevision).toEqual(true)
    expect(await other.readRecord()).toEqual(written.record)
    expect(await other.readEntries('shop', 0, 10)).toEqual(entries.slice(0, 1))
    expect(await other.readStreamEntries('shop', 'cart/1', 0, 10)).toEqual(entries.slice(0, 1))
    expect(await other.readStreamEntries('shop', 'cart/2', 0, 10)).toEqual([])
    expect(await other.readOutbox('shop')).toEqual(resetOn(record).outbox)
    expect(await other.readOutbox('customer/1')).toEqual([])
    expect(await other.readInbox()).toEqual([withdrawnItem(a2)])
  })

  it('L22 snapshots that hold dropped entries are dropped, others are kept', async () => {
    const { log } = await openSample(openDisk)
    const record = await prepareReset(log)
    await log.resetLog(resetOn(record))
    expect((await log.readSnapshots(['revenue/1', 'orders/1'])).map(({ key }) => key)).toEqual(['revenue/1'])
  })

  it('L22 the log goes on from there: it appends, applies, and what was hidden stays so', async () => {
    const { log } = await openSample(openDisk)
    const { record } = await log.resetLog(resetOn(await prepareReset(log)))
    const a5 = sampleCommit({ counter: 5 })
    const appended = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a5] })
    expect(appended.status).toEqual('written')
    const a3placed = withdrawnItem(a3, 2)
    const applied = await log.applyEntries(
      pageOn(appended.record, {
        epoch: 'epoch-2',
        entries: placeCommits([a3placed.withdrawn], first),
        placed: [a3.dot],
        inbox: [a3placed],
      }),
    )
    expect(applied.status).toEqual('written')
    expect((await log.readOutbox('shop')).map(({ dot }) => dot.counter)).toEqual([2, 4, 5])
    expect((await log.readInbox()).map(({ dot }) => dot.counter)).toEqual([2])
  })

  it('L22 what was placed before is marked in the head, and in inbox items, until another reset says otherwise', async () => {
    const { log, other } = await openSample(openDisk)
    const item = { ...withdrawnItem(a2), reverted: true as const }
    const marked = resetOn(await prepareReset(log), { reverted: a2.dot, inbox: [item] })
    const { record } = await log.resetLog(marked)
    expect(headIn(await other.readRecord()).reverted).toEqual(a2.dot)
    expect(await other.readInbox()).toEqual([item])
    const again = await log.resetLog(resetOn(record, { epoch: 'epoch-3' }))
    expect(headIn(again.record).reverted).toEqual(a2.dot)
    const third = await log.resetLog(resetOn(again.record, { epoch: 'epoch-4', reverted: a3.dot }))
    expect(headIn(third.record).reverted).toEqual(a3.dot)
  })

  it('L22 names may change with it, and an empty outbox and an empty log are fine', async () => {
    const { log } = await openSample(openDisk)
    await prepareReset(log)
    const record = await log.mintLeader('c')
    const c1 = sampleCommit({ replica: 'c', counter: 1, parent: { replica: 'a', counter: 2 } })
    const lineage = [
      { replica: 'c', upTo: Number.MAX_SAFE_INTEGER },
      { replica: 'a', upTo: 2 },
    ]
    const renamed = await log.resetLog(resetOn(record, { lineage, issued: 1, outbox: [c1] }))
    expect(headIn(renamed.record).lineage).toEqual(lineage)
    expect((await log.readRecord()).heads).toEqual(renamed.record.heads)
    const emptied = await log.resetLog(
      resetOn(renamed.record, {
        position: 0,
        chain: '',
        lineage,
        issued: 1,
        outbox: [],
        inbox: [],
        inboxHidden: [],
      }),
    )
    expect(headIn(emptied.record).resets).toEqual(2)
    expect(await log.readEntries('shop', 0, 10)).toEqual([])
    expect(await log.readOutbox('shop')).toEqual([])
  })

  it('L5 L6 a reset with an old stamp is answered moved, with an old fence fenced, and changes nothing', async () => {
    const { log } = await openSample(openDisk)
    const record = await prepareReset(log)
    const a5 = sampleCommit({ counter: 5 })
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a5] })
    const before = await readAll(log)
    expect((await log.resetLog(resetOn(record))).status).toEqual('moved')
    const present = await log.readRecord()
    expect((await log.resetLog(resetOn(present, { fence: 9 }))).status).toEqual('fenced')
    expect(await readAll(log)).toEqual(before)
  })

  it('L22 a reset goes back, by the present replica, to commits that knew no more: anything else is a defect', async () => {
    const { log } = await openSample(openDisk)
    const record = await prepareReset(log)
    const before = await readAll(log)
    const wrong: readonly Partial<ResetLog>[] = [
      { position: 4 },
      { lineage: [{ replica: 'z', upTo: 1 }] },
      { outbox: [sampleCommit({ log: 'customer/1', counter: 1 })] },
      { outbox: [sampleCommit({ counter: 2, base: 2 })] },
      { inbox: [withdrawnItem(sampleCommit({ log: 'customer/1', counter: 1 }))] },
    ]
    for (const part of wrong) expect(await failureOf(log.resetLog(resetOn(record, part)))).toEqual('defect')
    expect(await readAll(log)).toEqual(before)
  })

  it('L23 a store that was set back is behind what was seen of it, and one that was written to is not', async () => {
    const disk = await openDisk()
    const log = disk.open()
    const seen = [await prepareReset(log)]
    const last = () => seen.at(-1) as StoreRecord
    seen.push(
      (
        await log.appendCommits({
          log: 'shop',
          stamp: stampOf(last()),
          commits: [sampleCommit({ counter: 5 })],
        })
      ).record,
    )
    seen.push((await log.resetLog(resetOn(last(), { issued: 5 }))).record)
    seen.push(
      (await log.applyEntries(pageOn(last(), { epoch: 'epoch-2', entries: placeCommits([b1], first) })))
        .record,
    )
    seen.push(await log.mintLeader('c'))
    for (const [at, record] of seen.entries()) {
      for (const [when, other] of seen.entries()) expect(isSetBack(record, other)).toEqual(at < when)
    }
    expect(isSetBack({ ...last(), heads: [] }, last())).toEqual(true)
    const reset = last().heads.map((head) => ({ ...head, resets: head.resets + 1 }))
    expect(isSetBack(last(), { ...last(), heads: reset })).toEqual(true)
  })
}
