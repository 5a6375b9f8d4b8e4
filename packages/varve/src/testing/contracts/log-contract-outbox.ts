/** The contract of the log port: pending commits and the inbox of withdrawn ones. */
import { type Commit, withdraw } from '../../core/commit.ts'
import { failureOf, type OpenDisk, type TestApi } from './log-disk.ts'
import {
  openSample,
  pageOn,
  placeCommits,
  readAll,
  sampleCommit,
  stampOf,
  withdrawnItem,
} from './log-fixtures.ts'

export function logOutboxContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  const [a1, a2, a3, a4] = [1, 2, 3, 4].map((counter) => sampleCommit({ counter })) as [
    Commit,
    Commit,
    Commit,
    Commit,
  ]

  it('L9 the outbox keeps the order of deciding, whichever replica decided, whatever leaves or changes', async () => {
    const { log, record } = await openSample(openDisk)
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1, a2, a3] })
    const asB = await log.mintLeader('b')
    const firstOfB = sampleCommit({ replica: 'b', counter: 1, parent: { replica: 'a', counter: 3 } })
    const secondOfB = sampleCommit({ replica: 'b', counter: 2 })
    await log.appendCommits({ log: 'shop', stamp: stampOf(asB), commits: [firstOfB] })
    await log.appendCommits({ log: 'shop', stamp: stampOf(await log.readRecord()), commits: [secondOfB] })
    const asA0 = await log.mintLeader('a0')
    const firstOfA0 = sampleCommit({ replica: 'a0', counter: 1, parent: { replica: 'b', counter: 2 } })
    const { record: now } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(asA0),
      commits: [firstOfA0],
    })
    expect(await log.readOutbox('shop')).toEqual([a1, a2, a3, firstOfB, secondOfB, firstOfA0])

    const gone = withdraw(a3, { reason: 'cart_closed', because: [] })
    const page = pageOn(now, {
      entries: placeCommits([a1, a2]),
      placed: [a1.dot, a2.dot],
      changed: [gone, secondOfB],
    })
    const { record: applied } = await log.applyEntries(page)
    expect(await log.readOutbox('shop')).toEqual([gone, firstOfB, secondOfB, firstOfA0])

    const cancelled = withdraw(firstOfB, { reason: 'cancelled', because: [] })
    await log.reviseOutbox({ log: 'shop', stamp: stampOf(applied), changed: [cancelled], inbox: [] })
    expect(await log.readOutbox('shop')).toEqual([gone, cancelled, secondOfB, firstOfA0])
  })

  it('L9 commits may leave the middle of what was appended together', async () => {
    const { log, record } = await openSample(openDisk)
    let { record: now } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1, a2, a3, a4],
    })
    const entries = placeCommits([a2, a4, a3, a1])
    const expected = [[a1, a3, a4], [a1, a3], [a1], []]
    for (const [index, entry] of entries.entries()) {
      const page = pageOn(now, { entries: [entry], placed: [entry.commit.dot] })
      now = (await log.applyEntries(page)).record
      expect(await log.readOutbox('shop')).toEqual(expected[index])
    }
    const { status } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(now),
      commits: [sampleCommit({ counter: 5 })],
    })
    expect(status).toEqual('written')
  })

  it('L9 to change what is not pending, or is placed in the same breath, is a defect', async () => {
    const { log, record } = await openSample(openDisk)
    const { record: now } = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1] })
    const before = await readAll(log)
    const revise = { log: 'shop', stamp: stampOf(now), inbox: [] }
    expect(await failureOf(log.reviseOutbox({ ...revise, changed: [a2] }))).toEqual('defect')
    expect(await failureOf(log.reviseOutbox({ ...revise, changed: [a1, a1] }))).toEqual('defect')
    const page = pageOn(now, { entries: placeCommits([a1]), placed: [a1.dot], changed: [a1] })
    expect(await failureOf(log.applyEntries(page))).toEqual('defect')
    expect(await readAll(log)).toEqual(before)
  })

  it('L10 a withdrawn commit is in the inbox until it is dismissed; its placed form replaces it', async () => {
    const { log, other, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1, a2],
    })
    const items = [withdrawnItem(a1), withdrawnItem(a2)] as const
    const changed = items.map((item) => item.withdrawn)
    const { record: revised } = await log.reviseOutbox({
      log: 'shop',
      stamp: stampOf(appended),
      changed,
      inbox: items,
    })
    expect(await other.readInbox()).toEqual(items)
    expect((await other.readNews({}, 0)).inbox).toEqual(items)
    const placed = withdrawnItem(a1, 1)
    const entries = placeCommits([placed.withdrawn])
    await log.applyEntries(pageOn(revised, { entries, placed: [a1.dot], inbox: [placed] }))
    expect(await other.readInbox()).toEqual([placed, items[1]])
    await log.dismissInbox('shop', a1.dot)
    await log.dismissInbox('shop', { replica: 'nobody', counter: 1 })
    await log.dismissInbox('customer/1', a2.dot)
    expect(await other.readInbox()).toEqual([items[1]])
    expect((await other.readNews({}, 0)).inbox).toEqual([items[1]])
  })

  it('L10 what was dismissed before it was placed does not come back when it is', async () => {
    const { log, other, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1],
    })
    const item = withdrawnItem(a1)
    const revise = { log: 'shop', stamp: stampOf(appended), changed: [item.withdrawn], inbox: [item] }
    const { record: revised } = await log.reviseOutbox(revise)
    await other.dismissInbox('shop', a1.dot)
    expect(await log.readInbox()).toEqual([])
    const page = pageOn(revised, {
      entries: placeCommits([item.withdrawn]),
      placed: [a1.dot],
      inbox: [withdrawnItem(a1, 1)],
    })
    await log.applyEntries(page)
    expect(await log.readInbox()).toEqual([])
  })

  it('L10 a commit that was placed with events after all leaves the inbox', async () => {
    const { log, record } = await openSample(openDisk)
    const { record: appended } = await log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [a1, a2],
    })
    const items = [withdrawnItem(a1), withdrawnItem(a2)] as const
    const changed = items.map((item) => item.withdrawn)
    const { record: revised } = await log.reviseOutbox({
      log: 'shop',
      stamp: stampOf(appended),
      changed,
      inbox: items,
    })
    await log.applyEntries(
      pageOn(revised, { entries: placeCommits([a1]), placed: [a1.dot], inboxGone: [a1.dot] }),
    )
    expect(await log.readInbox()).toEqual([items[1]])
  })
}
