/** The contract of the log port: a crash at any write leaves the store as before or as after, never in between. */
import type { Commit } from '../../core/commit.ts'
import type { StoreLog } from '../../log/port.ts'
import { crashEverywhere } from './crash-everywhere.ts'
import type { OpenDisk, TestApi } from './log-disk.ts'
import { headIn, pageOn, placeCommits, sampleCommit, stampOf, withdrawnItem } from './log-fixtures.ts'
import { tornLog } from './torn-log.ts'

const first = { store: 'store-1', replica: 'a', logs: ['shop', 'customer/1'] }
const [a1, a2, a3, a4, a5, a6] = [1, 2, 3, 4, 5, 6].map((counter) => sampleCommit({ counter })) as [
  ...[Commit, Commit, Commit],
  ...[Commit, Commit, Commit],
]
const b1 = sampleCommit({ replica: 'b', counter: 1 })

async function prepare(log: StoreLog): Promise<void> {
  const { record } = await log.ensureStore(first)
  const one = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [a1, a2, a3] })
  const two = await log.appendCommits({ log: 'shop', stamp: stampOf(one.record), commits: [a4] })
  const item = withdrawnItem(a4)
  await log.reviseOutbox({
    log: 'shop',
    stamp: stampOf(two.record),
    changed: [item.withdrawn],
    inbox: [item],
  })
}

const actions: Readonly<Record<string, (log: StoreLog) => Promise<unknown>>> = {
  async appendCommits(log) {
    const stamp = stampOf(await log.readRecord())
    return log.appendCommits({ log: 'shop', stamp, commits: [a5, a6] })
  },
  async 'appendCommits with an inbox item'(log) {
    const { withdrawn } = withdrawnItem(a5)
    const stamp = stampOf(await log.readRecord())
    const item = { ...withdrawnItem(a5), mine: withdrawn }
    return log.appendCommits({ log: 'shop', stamp, commits: [withdrawn], inbox: [item] })
  },
  async applyEntries(log) {
    const record = await log.readRecord()
    const a2withdrawn = withdrawnItem(a2)
    const a4placed = withdrawnItem(a4, 3)
    return log.applyEntries(
      pageOn(record, {
        entries: placeCommits([b1, a1, a4placed.withdrawn]),
        history: 'history-1',
        placed: [a1.dot, a4.dot],
        changed: [a2withdrawn.withdrawn],
        inbox: [a2withdrawn, a4placed],
      }),
    )
  },
  async reviseOutbox(log) {
    const item = withdrawnItem(a3)
    const stamp = stampOf(await log.readRecord())
    return log.reviseOutbox({ log: 'shop', stamp, changed: [item.withdrawn], inbox: [item] })
  },
  async resetLog(log) {
    const record = await log.readRecord()
    const a1withdrawn = withdrawnItem(a1)
    return log.resetLog({
      ...{ log: 'shop', stamp: stampOf(record), fence: record.fence },
      ...{ epoch: 'epoch-2', position: 0, chain: '', history: '', issued: 4 },
      lineage: headIn(record).lineage,
      outbox: [a1withdrawn.withdrawn, a2, a3],
      ...{ inbox: [a1withdrawn], inboxHidden: [], inboxGone: [a4.dot] },
    })
  },
  mintLeader: (log) => log.mintLeader('b'),
  ensureStore: (log) => log.ensureStore({ ...first, logs: ['orders', 'shop'] }),
  dismissInbox: (log) => log.dismissInbox('shop', a4.dot),
  saveSnapshots: (log) =>
    log.saveSnapshots(0, [
      { key: 'orders/1', positions: { shop: 1 }, state: { total: 1 } },
      { key: 'revenue/1', positions: { shop: 1 }, state: 1 },
    ]),
}

export function logCrashContract({ it, expect }: TestApi, openDisk: OpenDisk): void {
  for (const [name, action] of Object.entries(actions)) {
    it(`L17 a crash at any write of ${name} leaves the store as before or as after`, async () => {
      const { crashes, torn, lies } = await crashEverywhere({ openDisk, prepare, action })
      expect({ crashed: crashes > 0, torn, lies }).toEqual({ crashed: true, torn: [], lies: [] })
    })
  }

  for (const name of ['appendCommits', 'applyEntries', 'reviseOutbox']) {
    const action = actions[name] as (typeof actions)[string]
    it(`L17 control: ${name} in two transactions is caught`, async () => {
      const { torn } = await crashEverywhere({ openDisk, prepare, action: (log) => action(tornLog(log)) })
      expect(torn.length > 0).toEqual(true)
    })
  }
}
