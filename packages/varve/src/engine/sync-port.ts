/** What the sync module needs of an engine, and may do to it. The engine does not know that there is a network. */
import type { Commit, Entry, WithdrawnFor } from '../core/commit.ts'
import type { Dot, LogId, Position, ReplicaId } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import type { LogStatus, Problem, Stalled, SyncPhase } from '../core/query.ts'
import type { LogHead } from '../log/port.ts'

/** What of a log a sync session acts on; `head` and `outbox` are of one moment. */
export interface SyncedLog {
  readonly head: LogHead
  /** All pending commits in the order they were decided, withdrawing ones included. */
  readonly outbox: readonly Commit[]
}

export interface SyncReport {
  readonly phase: SyncPhase
  readonly problem: Problem | null
  readonly heads: readonly LogReport[]
  /** Work that is stuck though the session is live. */
  readonly stalled?: StallReport | null
}

/** `forMs`: for how long, as far as this thread ran. */
export interface StallReport extends Pick<Stalled, 'log' | 'dot' | 'why'> {
  readonly forMs: number
}

export interface LogReport extends Pick<LogStatus, 'log' | 'head'> {
  /** The last of our pending commits of which the server has said that it has it, with all before it. */
  readonly sent?: Dot | null
}

export interface SyncPort {
  /** Takes over as the tab that talks to the server: fences the leader before, and mints this replica. */
  lead(replica: ReplicaId): Promise<void>
  /** Another tab leads, or may: what this one still does as a leader is answered `fenced`. */
  follow(): void
  /** Why this tab writes nothing more, or null. What `logs` still says then may be on no disk. */
  halted(): Problem | null
  /** As stored and folded here; what other tabs wrote since the last `refresh` is not in it. */
  logs(): readonly SyncedLog[]
  /**
   * Reconciles and stores a page in one transaction. Entries that are here already are skipped; `gap` if the page
   * starts beyond the next position, `fenced` if another tab leads now.
   */
  applyEntries(log: LogId, epoch: string, entries: readonly Entry[]): Promise<'applied' | 'gap' | 'fenced'>
  /** The chain at each of these positions, none beyond what is stored here. */
  readChains(log: LogId, positions: readonly Position[]): Promise<readonly Hash[]>
  /**
   * The server's log, of this epoch, has only the entries up to `fork` in common with ours: goes back to there, and
   * takes what was ours into the outbox again (rule C7).
   */
  heal(log: LogId, epoch: string, fork: Position): Promise<'done' | 'fenced'>
  /** The server holds another command under this dot of ours: from it on all that is pending gets new dots (rule C8). */
  rename(log: LogId, from: Dot): Promise<'done' | 'fenced'>
  /** The server will never place this commit as it is: it becomes withdrawn, and what leaned on it is decided again. */
  withdraw(log: LogId, dot: Dot, why: WithdrawnFor): Promise<'done' | 'fenced'>
  /** Another tab may have changed something: look. */
  refresh(): Promise<void>
  report(report: SyncReport): void
  /** Called after each change of an outbox or head, of this tab, and when it found the store set back; returns the way to stop. */
  onChange(listener: () => void): () => void
}
