/** Commits, entries and inbox items as a contract needs them: deterministic, complete, with right hashes. */
import { type Commit, chainOf, chainStart, type Entry, sealCommit, withdraw } from '../../core/commit.ts'
import type { Dot, LogId, Position, ReplicaId, StreamName } from '../../core/dot.ts'
import type { PlainData } from '../../core/plain-data.ts'
import type { ApplyEntries, InboxItem, LogHead, Stamp, StoreLog, StoreRecord } from '../../log/port.ts'
import type { OpenDisk } from './log-disk.ts'

export interface SampleCommit {
  readonly log?: LogId
  readonly replica?: ReplicaId
  readonly counter: number
  readonly streams?: readonly StreamName[]
  readonly base?: Position
  readonly parent?: Dot | null
  readonly data?: PlainData
}

export function sampleCommit(sample: SampleCommit): Commit {
  const {
    log = 'shop',
    replica = 'a',
    counter,
    streams = ['cart/1'],
    base = 0,
    parent = null,
    data = { sku: 'shirt' },
  } = sample
  return sealCommit({
    log,
    dot: { replica, counter },
    base,
    born: base,
    parent,
    guards: streams.map((stream) => ({ stream, revision: 0, kind: 'serial' })),
    events: streams.map((stream) => ({ stream, type: 'cart.itemAdded', version: 1, data })),
    withdrawn: null,
    commands: streams.map((stream) => ({ stream, name: 'addItem', input: data })),
    now: 1_700_000_000_000 + counter,
    seed: `${log}/${replica}/${counter}`,
    actor: 'ann',
    correlation: null,
    causation: null,
  })
}

/** Places commits one after the other, behind `after` if given. */
export function placeCommits(
  commits: readonly Commit[],
  after?: Pick<Entry, 'position' | 'chain'>,
): readonly Entry[] {
  const entries: Entry[] = []
  for (const commit of commits) {
    const last = entries.at(-1) ?? after
    const unchained = {
      position: (last?.position ?? 0) + 1,
      commit,
      principal: 'ann',
      time: 1_700_000_100_000,
    }
    entries.push({ ...unchained, chain: chainOf(last?.chain ?? chainStart, unchained) })
  }
  return entries
}

export function withdrawnItem(mine: Commit, position: Position | null = null): InboxItem {
  return {
    log: mine.log,
    dot: mine.dot,
    mine,
    withdrawn: withdraw(mine, { reason: 'cart_closed', because: [] }),
    theirs: [],
    position,
  }
}

export function headIn(record: StoreRecord, log: LogId = 'shop'): LogHead {
  const head = record.heads.find((each) => each.log === log)
  if (head === undefined) throw new Error(`The record has no head for ${log}.`)
  return head
}

export function stampOf(record: StoreRecord, log: LogId = 'shop'): Stamp {
  const { position, outboxRevision } = headIn(record, log)
  return { replica: record.replica, position, outboxRevision }
}

/** Everything that a handle can read, for comparing. */
export async function readAll(
  log: StoreLog,
  snapshotKeys: readonly string[] = ['revenue/1', 'orders/1'],
): Promise<unknown> {
  const record = await log.readRecord()
  const logs: Record<LogId, unknown> = {}
  for (const head of record.heads) {
    const entries = await log.readEntries(head.log, 0, 10_000)
    const streams = new Set(entries.flatMap((entry) => entry.commit.events.map((event) => event.stream)))
    const entriesByStream: Record<StreamName, unknown> = {}
    for (const stream of streams)
      entriesByStream[stream] = await log.readStreamEntries(head.log, stream, 0, 10_000)
    logs[head.log] = { entries, entriesByStream, outbox: await log.readOutbox(head.log) }
  }
  return { record, logs, inbox: await log.readInbox(), snapshots: await log.readSnapshots(snapshotKeys) }
}

/** A new store, and two handles on it. */
export async function openSample(
  openDisk: OpenDisk,
): Promise<{ log: StoreLog; other: StoreLog; record: StoreRecord }> {
  const disk = await openDisk()
  const [log, other] = [disk.open(), disk.open()] as const
  const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop', 'customer/1'] })
  return { log, other, record }
}

/** A page with nothing in it, to be filled. */
export function pageOn(record: StoreRecord, page: Partial<ApplyEntries> = {}): ApplyEntries {
  const log = page.log ?? 'shop'
  return {
    log,
    stamp: stampOf(record, log),
    fence: record.fence,
    epoch: 'epoch-1',
    entries: [],
    history: headIn(record, log).history,
    placed: [],
    changed: [],
    inbox: [],
    inboxGone: [],
    ...page,
  }
}
