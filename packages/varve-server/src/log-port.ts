/**
 * The log port: what a server remembers, and the only way to it.
 *
 * `write` runs a function that sees all that was written before and becomes durable as a whole or not at all; writes
 * run one after the other, and a promise resolves only when what it wrote is on disk. Several writes may share one
 * disk flush (group commit); one that fails leaves the others alone. Inside the function only the transaction may be
 * awaited: waiting for anything else holds everybody up, and waiting for the log itself would wait for ever.
 *
 * Places the commits that it is told to place. Whether they may be placed is asked before, with the facts that it
 * gives: see place.ts. It knows no model, no principal's rights and no network.
 */
import type {
  AcceptFacts,
  Commit,
  CommitRef,
  Entry,
  Hash,
  LogId,
  Position,
  ReplicaId,
  StreamName,
  Touch,
} from 'varve/core'

export interface LogHead {
  /** Cannot be guessed, and is known before the log is; a log that comes back from a backup gets a new one. */
  readonly epoch: string
  readonly position: Position
  readonly chain: Hash
  /** The time of the last entry; 0 before the first. */
  readonly time: number
}

/** What `accept` said, and who and when. */
export interface Placing {
  readonly commit: Commit
  readonly history: Hash
  readonly outcome: Hash
  readonly principal: string | null
  /** Ms since 1970; the entry's time is never smaller than that of the entry before. */
  readonly time: number
}

/** One reaction of a policy to one trigger. */
export interface PolicyRun {
  readonly policy: string
  readonly trigger: CommitRef
  /** What it wrote; none if it had nothing to do. */
  readonly written: readonly CommitRef[]
  /** 1 for a trigger that no policy wrote, else one more than that of the run that wrote it. */
  readonly depth: number
}

/** Which run of which policy wrote a commit. */
export interface Origin {
  readonly policy: string
  readonly trigger: CommitRef
  readonly depth: number
}

export interface PolicyFailure {
  readonly policy: string
  readonly trigger: CommitRef
  readonly position: Position
  /** A rejection's reason, or `handler_failed`, `too_deep`, `unreadable_event`, `bad_target`. */
  readonly reason: string
  readonly message: string
  /** Ms since 1970. */
  readonly time: number
}

export interface TouchPage {
  readonly after: Position
  readonly upTo: Position
  readonly max: number
}

export interface LogTx {
  /** Null for a log that was never written to. */
  head(log: LogId): Promise<LogHead | null>
  /** The same, and creates the log if it is new. */
  ensureLog(log: LogId): Promise<LogHead>
  /** Entries with position > after, at most `max`, ascending. */
  entries(log: LogId, after: Position, max: number): Promise<readonly Entry[]>
  /** What `accept` asks about a commit. The log must exist. */
  facts(commit: Commit, held: ReadonlySet<StreamName>): Promise<AcceptFacts>
  /** The last entry with position > after that wrote to a stream and is foreign to the commit's author; null if none. */
  lastForeign(commit: Commit, stream: StreamName, after: Position): Promise<Position | null>
  /** Entries with after < position <= upTo that wrote to a stream, at most `max`, ascending. */
  touching(commit: Commit, stream: StreamName, page: TouchPage): Promise<readonly Touch[]>
  /** Who writes as this replica, on whatever log; undefined if nobody does. */
  owner(replica: ReplicaId): Promise<string | undefined>
  /** From now on this replica writes for this owner. Throws a defect if it writes for another. */
  claim(replica: ReplicaId, owner: string): Promise<void>
  /** Places the commit after the head. The caller has asked `accept`. */
  place(placing: Placing): Promise<Entry>

  /** Up to where a policy has reacted to a log; 0 at first. */
  checkpoint(policy: string, log: LogId): Promise<Position>
  saveCheckpoint(policy: string, log: LogId, position: Position): Promise<void>
  hasRun(policy: string, trigger: CommitRef): Promise<boolean>
  /** Throws a defect if the policy has run on this trigger. */
  saveRun(run: PolicyRun): Promise<void>
  originOf(written: CommitRef): Promise<Origin | null>
  /** Replaces an earlier failure of the same policy and trigger. */
  saveFailure(failure: PolicyFailure): Promise<void>
  clearFailure(policy: string, trigger: CommitRef): Promise<void>
}

export interface LogName {
  readonly log: LogId
  readonly head: Position
}

export interface ServerLog {
  write<T>(fn: (tx: LogTx) => Promise<T> | T): Promise<T>
  /** Committed only, as all that follows. Null for a log that was never written to. */
  head(log: LogId): Promise<LogHead | null>
  /** The epoch that the log has, or will have when it is first written to. Nothing is created. */
  epochOf(log: LogId): Promise<string>
  /** Entries with position > after, at most `max`, ascending. */
  entries(log: LogId, after: Position, max: number): Promise<readonly Entry[]>
  /** The same as JSON, one text per entry, ending before `charsMax` characters are exceeded, but with at least one. */
  entryTexts(
    log: LogId,
    after: Position,
    page: { readonly max: number; readonly charsMax: number },
  ): Promise<readonly string[]>
  /** The chain at a position, or null if the log does not reach it. Every log reaches 0. */
  chainAt(log: LogId, position: Position): Promise<Hash | null>
  logs(): Promise<readonly LogName[]>
  checkpoint(policy: string, log: LogId): Promise<Position>
  /** How many logs there are, at a cost that does not grow with them. */
  logCount(): Promise<number>
  /** A policy's failures, the oldest first, at most `max`. */
  failures(policy: string, max: number): Promise<readonly PolicyFailure[]>
  /** How many there are, counted up to `max`. */
  failureCount(policy: string, max: number): Promise<number>
  /** Waits for writes under way; after it every call fails with `closed`. Idempotent. */
  close(): Promise<void>
}
