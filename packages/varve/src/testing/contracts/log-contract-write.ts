/** The contract of the log port: what a write makes true, and when it is not done. */
import type { Commit, Entry } from '../../core/commit.ts'
import type { Dot } from '../../core/dot.ts'
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

export function logWriteContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  const [a1, a2, a3, a4] = [1, 2, 3, 4].map((counter) => sampleCommit({ counter })) as [
    Commit,
    Commit,
    Commit,
    Commit,
  ]
  const b1 = sampleCommit({ replica: 'b', counter: 1, streams: ['cart/2'] })

  it('L4 an append is acknowledged with the new head, and its commits are in the outbox in order', async () => {
    const { log, record } = await openSample(openDisk)
    const written = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1, a2] })
    expect(written.status).toEqual('written')
    expect(headIn(written.record)).toEqual({
      ...headIn(record),
      issued: 2,
      outboxRevision: headIn(written.record).outboxRevision,
    })
    expect(headIn(written.record).outboxRevision > 0).toEqual(true)
    expect(await log.readRecord()).toEqual(written.record)
    expect(await log.readOutbox('shop')).toEqual([a1, a2])
    expect(await log.readOutbox('customer/1')).toEqual([])
  })

  it('L4 a counter that is not the next one is a defect, and nothing is written', async () => {
    const { log, record } = await openSample(openDisk)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1] })
    const stamp = stampOf(await log.readRecord())
    const before = await readAll(log)
    const wrong = [
      [a1],
      [a3],
      [a2, a4],
      [a2, a2],
      [sampleCommit({ replica: 'z', counter: 2 })],
      [sampleCommit({ log: 'customer/1', counter: 2 })],
      [sampleCommit({ counter: 2, base: 1 })],
      [sampleCommit({ counter: 2, parent: { replica: 'b', counter: 1 } })],
      [],
      Array.from({ length: 257 }, (_, index) => sampleCommit({ counter: index + 2 })),
    ]
    for (const commits of wrong)
      expect(await failureOf(log.appendCommits({ log: 'shop', stamp, commits }))).toEqual('defect')
    expect(await failureOf(log.appendCommits({ log: 'unknown', stamp, commits: [a2] }))).toEqual('defect')
    expect(await readAll(log)).toEqual(before)
  })

  it('L4 the first commit of a later replica names the last dot of the lineage', async () => {
    const { log, record } = await openSample(openDisk)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1, a2] })
    const stamp = stampOf(await log.mintLeader('b'))
    const first = (parent: Dot | null) => [sampleCommit({ replica: 'b', counter: 1, parent })]
    for (const parent of [null, { replica: 'a', counter: 1 }, { replica: 'c', counter: 2 }]) {
      expect(await failureOf(log.appendCommits({ log: 'shop', stamp, commits: first(parent) }))).toEqual(
        'defect',
      )
    }
    const commits = first({ replica: 'a', counter: 2 })
    expect((await log.appendCommits({ log: 'shop', stamp, commits })).status).toEqual('written')
  })

  it('L24 what is withdrawn from the beginning is appended with its inbox item, or not at all', async () => {
    const { log, other, record } = await openSample(openDisk)
    const { withdrawn } = withdrawnItem(a1)
    const item = { ...withdrawnItem(a1), mine: withdrawn }
    const append = { log: 'shop', stamp: stampOf(record), commits: [withdrawn, a2], inbox: [item] }
    expect((await log.appendCommits(append)).status).toEqual('written')
    expect(await other.readOutbox('shop')).toEqual([withdrawn, a2])
    expect(await other.readInbox()).toEqual([item])
    const before = await readAll(log)
    const later = { ...item, dot: a3.dot }
    expect((await log.appendCommits({ ...append, commits: [a3], inbox: [later] })).status).toEqual('moved')
    expect(await readAll(log)).toEqual(before)
  })

  it('L5 a write that was decided on something else is not done, and is told what is there', async () => {
    const { log, other, record } = await openSample(openDisk)
    const { record: now } = await other.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1] })
    const before = await readAll(log)
    const moved = { status: 'moved', record: now }
    for (const stamp of [
      stampOf(record),
      { ...stampOf(now), position: 1 },
      { ...stampOf(now), replica: 'z' },
      { ...stampOf(now), outboxRevision: stampOf(now).outboxRevision + 1 },
    ]) {
      expect(await log.appendCommits({ log: 'shop', stamp, commits: [a2] })).toEqual(moved)
      expect(
        await log.applyEntries(pageOn(now, { stamp, entries: placeCommits([a1]), placed: [a1.dot] })),
      ).toEqual(moved)
      expect(await log.reviseOutbox({ log: 'shop', stamp, changed: [a1], inbox: [] })).toEqual(moved)
    }
    expect(await readAll(log)).toEqual(before)
  })

  it('L5 what happens on one log does not move another', async () => {
    const { log, record } = await openSample(openDisk)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1] })
    const commits = [sampleCommit({ log: 'customer/1', counter: 1 })]
    const written = await log.appendCommits({
      log: 'customer/1',
      stamp: stampOf(record, 'customer/1'),
      commits,
    })
    expect(written.status).toEqual('written')
    expect(headIn(written.record).issued).toEqual(1)
  })

  it('L5 of two handles that append at the same time one is written and one has to decide again', async () => {
    const { log, other, record } = await openSample(openDisk)
    await other.readRecord()
    const append = { log: 'shop', stamp: stampOf(record), commits: [a1] }
    const both = await Promise.all([log.appendCommits(append), other.appendCommits(append)])
    expect(both.map((written) => written.status).sort()).toEqual(['moved', 'written'])
    expect(both[0].record).toEqual(both[1].record)
    expect(await log.readOutbox('shop')).toEqual([a1])
  })

  it('L6 a leader that was replaced is fenced, and nothing of it is written', async () => {
    const { log, other, record } = await openSample(openDisk)
    const present = await other.mintLeader('b')
    const page = pageOn(record, { entries: placeCommits([b1]) })
    expect(await log.applyEntries(page)).toEqual({ status: 'fenced', record: present })
    expect(await log.applyEntries({ ...page, stamp: stampOf(present) })).toEqual({
      status: 'fenced',
      record: present,
    })
    expect(await log.saveSnapshots(0, [{ key: 'orders/1', positions: {}, state: 1 }])).toEqual('fenced')
    expect(await log.readEntries('shop', 0, 10)).toEqual([])
    expect(await log.readSnapshots(['orders/1'])).toEqual([])
  })

  it('L6 who was the leader takes no new name and revises nothing, whatever it has read since', async () => {
    const { log, other, record } = await openSample(openDisk)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1] })
    const old = await log.mintLeader('b', record.fence)
    const present = await other.mintLeader('c')
    const item = withdrawnItem(a1)
    const revise = {
      log: 'shop',
      stamp: stampOf(present),
      changed: [item.withdrawn],
      inbox: [item],
    }
    const before = await readAll(log)
    expect(await log.reviseOutbox({ ...revise, fence: old.fence })).toEqual({
      status: 'fenced',
      record: present,
    })
    expect(await log.mintLeader('d', old.fence)).toEqual(present)
    expect(await readAll(log)).toEqual(before)
    const asLeader = await other.reviseOutbox({ ...revise, fence: present.fence })
    expect(asLeader.status).toEqual('written')
    expect((await other.mintLeader('d', present.fence)).replica).toEqual('d')
  })

  it('L6 who has no fence is known by its name: a write under the name before is not done', async () => {
    const { log, other, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1],
    })
    const present = await other.mintLeader('b')
    const stamp = stampOf(appended)
    const moved = { status: 'moved', record: present }
    expect(await log.appendCommits({ log: 'shop', stamp, commits: [a2] })).toEqual(moved)
    expect(await log.reviseOutbox({ log: 'shop', stamp, changed: [], inbox: [] })).toEqual(moved)
  })

  it('L7 a page that does not follow on what is stored is a defect, and nothing is written', async () => {
    const { log, record } = await openSample(openDisk)
    const [first, second, third] = placeCommits([a1, b1, a2]) as [Entry, Entry, Entry]
    const { record: now } = await log.applyEntries(pageOn(record, { entries: [first] }))
    const before = await readAll(log)
    const foreign = placeCommits([sampleCommit({ log: 'customer/1', counter: 1 })], first)
    for (const entries of [[first], [third], [second, second], [third, second], foreign]) {
      expect(await failureOf(log.applyEntries(pageOn(now, { entries })))).toEqual('defect')
    }
    const many = placeCommits(
      Array.from({ length: 1_001 }, () => b1),
      first,
    )
    expect(await failureOf(log.applyEntries(pageOn(now, { entries: many })))).toEqual('defect')
    expect(await readAll(log)).toEqual(before)
  })

  it('L8 a page, the outbox without its placed commits and the head become true together', async () => {
    const { log, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1, a2, a3],
    })
    const entries = placeCommits([b1, a1])
    const a2again = sampleCommit({ counter: 2, base: 2, data: { sku: 'hat' } })
    const page = pageOn(appended, { entries, history: 'history-1', placed: [a1.dot], changed: [a2again] })
    const written = await log.applyEntries(page)
    expect(written.status).toEqual('written')
    expect(headIn(written.record)).toEqual({
      ...headIn(appended),
      epoch: 'epoch-1',
      position: 2,
      chain: entries[1]?.chain,
      history: 'history-1',
      outboxRevision: headIn(written.record).outboxRevision,
    })
    expect(headIn(written.record).outboxRevision > headIn(appended).outboxRevision).toEqual(true)
    expect(await log.readEntries('shop', 0, 10)).toEqual(entries)
    expect(await log.readOutbox('shop')).toEqual([a2again, a3])
  })

  it('L8 a page that touches nothing of ours leaves the outbox revision alone', async () => {
    const { log, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1],
    })
    const page = pageOn(appended, { entries: placeCommits([b1]), placed: [{ replica: 'a', counter: 77 }] })
    const { record: applied } = await log.applyEntries(page)
    expect(headIn(applied).outboxRevision).toEqual(headIn(appended).outboxRevision)
    const revised = await log.reviseOutbox({ log: 'shop', stamp: stampOf(applied), changed: [], inbox: [] })
    expect(revised).toEqual({ status: 'written', record: applied })
  })
}
