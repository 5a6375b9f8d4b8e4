/**
 * What a write does to the store's record, and whether it may: pure, and the same for every implementation of the
 * port.
 *
 *   moved    the write was decided on something that is no longer so: fold the news and decide again
 *   fenced   another leader has taken over since
 *   defect   nobody may ask for this: a counter used twice, a gap, a commit of another log
 */

import { chainStart } from '../core/commit.ts'
import type { LogId, ReplicaId } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import { historyStart } from '../core/history.ts'
import { continueLineage, firstLineage, parentOf } from '../core/lineage.ts'
import {
  type AppendCommits,
  type ApplyEntries,
  type LogHead,
  logLimits,
  type ResetLog,
  type ReviseOutbox,
  type Stamp,
  type StoreRecord,
} from './port.ts'

export interface FirstOfStore {
  readonly store: string
  readonly replica: ReplicaId
  readonly logs: readonly LogId[]
}

export function newRecord({ store, replica, logs }: FirstOfStore): StoreRecord {
  return withLogs({ format: 1, store, replica, fence: 0, heads: [] }, logs)
}

/** The same record if it has them all. Heads are kept in the order of their names. */
export function withLogs(record: StoreRecord, logs: readonly LogId[]): StoreRecord {
  const missing = [...new Set(logs)].filter((log) => record.heads.every((head) => head.log !== log))
  if (missing.length === 0) return record
  const heads = [...record.heads, ...missing.map((log) => newHead(log, record.replica))]
  return { ...record, heads: heads.sort((a, b) => (a.log < b.log ? -1 : 1)) }
}

function newHead(log: LogId, replica: ReplicaId): LogHead {
  return {
    log,
    epoch: null,
    position: 0,
    chain: chainStart,
    lineage: firstLineage(replica),
    issued: 0,
    history: historyStart,
    outboxRevision: 0,
    resets: 0,
  }
}

/** The same record if a `fence` is given that is not the present one. */
export function withLeader(record: StoreRecord, replica: ReplicaId, fence = record.fence): StoreRecord {
  if (fence !== record.fence) return record
  const used = record.heads.some((head) => head.lineage.some((branch) => branch.replica === replica))
  assert(!used && record.replica !== replica, 'A new leader has a replica id that was never used.')
  const heads = record.heads.map((head) => ({
    ...head,
    lineage: continueLineage(head.lineage, head.issued, replica),
    issued: 0,
  }))
  return { ...record, replica, fence: record.fence + 1, heads }
}

export function mustHead(record: StoreRecord, log: LogId): LogHead {
  const head = record.heads.find((each) => each.log === log)
  assert(head !== undefined, `The store holds the log ${log}.`)
  return head
}

export function withHead(record: StoreRecord, head: LogHead): StoreRecord {
  return { ...record, heads: record.heads.map((each) => (each.log === head.log ? head : each)) }
}

/** Why a write may not be done now, or null. */
export function refusalOf(
  record: StoreRecord,
  write: { readonly log: LogId; readonly stamp: Stamp; readonly fence?: number },
): 'moved' | 'fenced' | null {
  const head = mustHead(record, write.log)
  if (write.fence !== undefined && write.fence !== record.fence) return 'fenced'
  const { replica, position, outboxRevision } = write.stamp
  const same =
    replica === record.replica && position === head.position && outboxRevision === head.outboxRevision
  return same ? null : 'moved'
}

/** The head after an append whose stamp holds. */
export function headAfterAppend(head: LogHead, { commits, stamp }: AppendCommits): LogHead {
  assert(commits.length > 0, 'An append holds a commit.')
  assert(
    commits.length <= logLimits.appendCommitsMax,
    `An append holds at most ${logLimits.appendCommitsMax} commits.`,
  )
  for (const [index, { log, dot, base, parent }] of commits.entries()) {
    const counter = head.issued + index + 1
    assert(log === head.log, `A commit appended to ${head.log} is of that log, not of ${log}.`)
    assert(dot.replica === stamp.replica, 'A new commit is of the present replica.')
    assert(dot.counter === counter, `The next counter is ${counter}, not ${dot.counter}.`)
    assert(
      base <= head.position,
      `A decision at @${base} cannot know more than the log holds (@${head.position}).`,
    )
    const named = counter === 1 ? parentOf(head.lineage) : null
    const same = parent?.replica === named?.replica && parent?.counter === named?.counter
    assert(same, "A replica's first commit on a log, and no other, names the last dot of its lineage.")
  }
  return { ...head, issued: head.issued + commits.length, outboxRevision: head.outboxRevision + 1 }
}

/** The head after a page whose stamp and fence hold; the outbox revision is the caller's (see outbox-change.ts). */
export function headAfterApply(head: LogHead, { entries, epoch, history }: ApplyEntries): LogHead {
  assert(
    entries.length <= logLimits.applyEntriesMax,
    `A page holds at most ${logLimits.applyEntriesMax} entries.`,
  )
  for (const [index, { position, commit }] of entries.entries()) {
    const next = head.position + index + 1
    assert(position === next, `The next position is @${next}, not @${position}.`)
    assert(
      commit.log === head.log,
      `An entry of ${head.log} holds a commit of that log, not of ${commit.log}.`,
    )
  }
  const last = entries.at(-1)
  return {
    ...head,
    epoch,
    history,
    position: last?.position ?? head.position,
    chain: last?.chain ?? head.chain,
  }
}

/** The head after a reset whose stamp and fence hold; the outbox revision is the caller's. */
export function headAfterReset(head: LogHead, write: ResetLog): LogHead {
  const { epoch, position, chain, history, lineage, issued, outbox, reverted = head.reverted } = write
  assert(position <= head.position, `A log is set back: to @${position} from @${head.position}.`)
  assert(
    lineage[0]?.replica === head.lineage[0]?.replica,
    'A reset log is written by the present replica, as the other logs are.',
  )
  for (const { log, base } of outbox) {
    assert(log === head.log, `A commit of ${log} is not pending on ${head.log}.`)
    assert(base <= position, `A decision at @${base} cannot know more than the log holds (@${position}).`)
  }
  const next = { ...head, epoch, position, chain, history, lineage, issued, resets: head.resets + 1 }
  return reverted === undefined ? next : { ...next, reverted }
}

/**
 * Whether the store was set back behind what was seen of it: a browser may do so without a word. Every write that was
 * acknowledged moves one of these numbers.
 */
export function isSetBack(record: StoreRecord, seen: StoreRecord): boolean {
  return (
    record.fence < seen.fence ||
    seen.heads.some((known) => {
      const head = record.heads.find((each) => each.log === known.log)
      return (
        head === undefined ||
        head.outboxRevision < known.outboxRevision ||
        head.resets < known.resets ||
        (head.resets === known.resets && head.position < known.position)
      )
    })
  )
}

/** What an outbox change asks for is whole: nothing is both placed and pending, all items are of the log. */
export function checkOutboxChange({ log, changed, inbox }: ReviseOutbox): void {
  for (const commit of changed)
    assert(commit.log === log, `A commit changed on ${log} is of that log, not of ${commit.log}.`)
  for (const item of inbox)
    assert(item.log === log, `An inbox item of ${log} is of that log, not of ${item.log}.`)
}
