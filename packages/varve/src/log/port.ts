/**
 * The log port: what a store remembers, and the only way to it.
 *
 * One store (one name, one browser profile) holds a few logs; all tabs share it. Every function is one transaction,
 * named after what becomes true, and resolves only when that is on disk (`complete` of a strict transaction). What
 * a tab decides on may have moved meanwhile: a write names the *stamp* it was decided on, and is answered with
 * `moved` and the present record instead of being done (rule C2). The leader's writes carry its fence besides: a
 * leader that was replaced is answered `fenced`.
 *
 *   meta       StoreRecord: identity, replica, fence, and a head per log
 *   outbox     our commits that the server has not placed, in the order they were decided
 *   entries    what the server placed, gapless from 1
 *   inbox      our withdrawn commits, until the user dismisses them
 *   snapshots  folds at a position: disposable
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { Dot, LogId, Position, ReplicaId, StreamName } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import type { Lineage } from '../core/lineage.ts'

export interface LogHead {
  readonly log: LogId
  /** The server log's incarnation, null before the first contact. */
  readonly epoch: string | null
  /** Entries 1..position are stored here. */
  readonly position: Position
  /** Chain hash at `position`. */
  readonly chain: Hash
  /** The present replica and its ancestors, as far as they wrote to this log. */
  readonly lineage: Lineage
  /** The last counter that the present replica has used on this log; 0 if none. */
  readonly issued: number
  /** Running hash over our own placed commits. */
  readonly history: Hash
  /** Grows with every change of the outbox of this log. */
  readonly outboxRevision: number
  /** Grows when the log is reset: whoever has folded it under another number folds it anew. */
  readonly resets: number
  /** The outbox up to this dot, if that is pending, was in the log before it was set back (rule C7). */
  readonly reverted?: Dot
}

export interface StoreRecord {
  readonly format: 1
  /** Random identity of this store, witnessed outside IndexedDB. */
  readonly store: string
  readonly replica: ReplicaId
  /** Grows by one with each leader. */
  readonly fence: number
  readonly heads: readonly LogHead[]
}

/** What a write was decided on. */
export interface Stamp {
  readonly replica: ReplicaId
  readonly position: Position
  readonly outboxRevision: number
}

export type Written =
  | { readonly status: 'written'; readonly record: StoreRecord }
  | { readonly status: 'moved' | 'fenced'; readonly record: StoreRecord }

/** A withdrawn commit of ours, with both sides. */
export interface InboxItem {
  readonly log: LogId
  readonly dot: Dot
  /** As it stood before it was refused. */
  readonly mine: Commit
  /** The withdrawn form, which is pushed. */
  readonly withdrawn: Commit
  /** Foreign entries that it met. */
  readonly theirs: readonly Entry[]
  /** Where the log placed the withdrawn form; null while it is only withdrawing. */
  readonly position: Position | null
  /** It had been confirmed before the log was set back. */
  readonly reverted?: true
}

export interface AppendCommits {
  readonly log: LogId
  readonly stamp: Stamp
  /** In order; counters continue `issued`, replica is the stamp's. At most `appendCommitsMax`. */
  readonly commits: readonly Commit[]
  /** Of those commits that are withdrawn from the beginning. */
  readonly inbox?: readonly InboxItem[]
}

export interface ApplyEntries {
  readonly log: LogId
  readonly stamp: Stamp
  readonly fence: number
  readonly epoch: string
  /** In order, the first at stamp.position + 1; at most `applyEntriesMax`. */
  readonly entries: readonly Entry[]
  /** The head's history after these entries. */
  readonly history: Hash
  /** Own commits among the entries: they leave the outbox. */
  readonly placed: readonly Dot[]
  /** Pending commits with a new outcome: they replace those of the same dot. */
  readonly changed: readonly Commit[]
  /** Newly withdrawn, and withdrawn ones that were placed (replace those of the same dot). */
  readonly inbox: readonly InboxItem[]
  /** Inbox items whose commit was placed with events after all: removed. */
  readonly inboxGone: readonly Dot[]
}

/** Pending commits that change without news from the log (cancel, a refusal that is final). */
export interface ReviseOutbox {
  readonly log: LogId
  readonly stamp: Stamp
  /** Given by a leader: what the server told it counts only while it leads. */
  readonly fence?: number
  readonly changed: readonly Commit[]
  readonly inbox: readonly InboxItem[]
}

/** The log holds another history than was believed, or somebody else uses our names (rules C7, C8). */
export interface ResetLog {
  readonly log: LogId
  readonly stamp: Stamp
  readonly fence: number
  readonly epoch: string | null
  /** Entries after this position are dropped; chain and history are those at it. */
  readonly position: Position
  readonly chain: Hash
  readonly history: Hash
  readonly lineage: Lineage
  readonly issued: number
  readonly reverted?: Dot
  /** All of it. */
  readonly outbox: readonly Commit[]
  /** Each replaces that of its dot. */
  readonly inbox: readonly InboxItem[]
  /** The same, of commits that the user has dismissed: they stay out of sight. */
  readonly inboxHidden: readonly InboxItem[]
  readonly inboxGone: readonly Dot[]
}

export interface Snapshot {
  /** What is folded, in which version: an older program never reads a newer one's. */
  readonly key: string
  /** Up to where, per log. */
  readonly positions: Readonly<Record<LogId, Position>>
  /** Structured-cloneable. */
  readonly state: unknown
}

export const logLimits = { appendCommitsMax: 256, applyEntriesMax: 1_000 } as const

export interface StoreLog {
  /** Creates the store with this identity and first replica if it is new; adds missing heads for `logs`. */
  ensureStore(first: {
    readonly store: string
    readonly replica: ReplicaId
    readonly logs: readonly LogId[]
  }): Promise<{
    readonly record: StoreRecord
    readonly created: boolean
  }>
  readRecord(): Promise<StoreRecord>
  /**
   * Fence + 1, and every head continues its lineage with the new replica (core/lineage.ts: continueLineage).
   *
   * @param fence given by a leader that takes another name: nothing is done if it does not lead any more, and the
   *   record then names another replica
   */
  mintLeader(replica: ReplicaId, fence?: number): Promise<StoreRecord>

  appendCommits(write: AppendCommits): Promise<Written>
  applyEntries(write: ApplyEntries): Promise<Written>
  reviseOutbox(write: ReviseOutbox): Promise<Written>
  /** Also drops the snapshots that hold dropped entries. */
  resetLog(write: ResetLog): Promise<Written>

  /** Ascending entries with position > after, at most `max`. */
  readEntries(log: LogId, after: Position, max: number): Promise<readonly Entry[]>
  /** Ascending entries that hold events of the stream, with position > after, at most `max`. */
  readStreamEntries(log: LogId, stream: StreamName, after: Position, max: number): Promise<readonly Entry[]>
  readOutbox(log: LogId): Promise<readonly Commit[]>
  /** Record, outboxes and inbox, and the entries after the given positions, of one moment. */
  readNews(
    after: Readonly<Record<LogId, Position>>,
    entriesMax: number,
  ): Promise<{
    readonly record: StoreRecord
    readonly entries: Readonly<Record<LogId, readonly Entry[]>>
    readonly outboxes: Readonly<Record<LogId, readonly Commit[]>>
    /** Of all logs, without what was dismissed. */
    readonly inbox: readonly InboxItem[]
  }>

  readInbox(): Promise<readonly InboxItem[]>
  /** The user has seen it. Unknown items are ignored. */
  dismissInbox(log: LogId, dot: Dot): Promise<void>

  saveSnapshots(fence: number, snapshots: readonly Snapshot[]): Promise<'written' | 'fenced'>
  readSnapshots(keys: readonly string[]): Promise<readonly Snapshot[]>

  /** After it every call fails with `closed`. Idempotent. */
  close(): Promise<void>
  /** Called once if the store goes away from under us (site data cleared, a newer schema): every later call fails. */
  onGone(listener: (code: 'store_gone' | 'store_newer') => void): () => void
}
