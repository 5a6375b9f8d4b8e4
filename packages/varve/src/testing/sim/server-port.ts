/**
 * The server as the simulation drives it: a process that is talked to in frames, that may crash between any two of its
 * steps, and that remembers what it made durable. The campaign runs over each implementation: the ledger of core
 * (ledger-server.ts), and in varve-server's tests the real conversation over its logs.
 */
import type { Entry } from '../../core/commit.ts'
import type { LogId } from '../../core/dot.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Scheduler } from './scheduler.ts'

/** The server's end of a connection. */
export interface ServerEnd {
  receive(text: string): void
  close(): void
}

export interface ClientEnd {
  onText(text: string): void
  onClose(): void
}

/** Where a server may die: now, or at its next write, before or after that is durable. */
export type CrashPoint = 'now' | 'before_flush' | 'after_flush'

export interface SimServer {
  /** Null if nobody listens. */
  connect(client: ClientEnd): ServerEnd | null
  isUp(): boolean
  /** All connections end; what was not durable is gone. */
  crash(point: CrashPoint): void
  start(): void
  /**
   * Another process is started on the same disk, though the one before still lives and keeps its connections. What the
   * one before is about to write must not count any more. Where a disk has one process at a time, the other is refused
   * until that one ends, which it does at its next write.
   */
  takeOver(): void
  /** Remembers all that is durable now. */
  backup(): void
  /** While it is down: the log as it was at the last backup, under a new epoch. */
  restore(): void
  /** What is durable, for the auditor: grows in place, and is another list after a restore. */
  entries(log: LogId): readonly Entry[]
  /** True while it works on something outside virtual time; null if it never does. */
  readonly isBusy: (() => boolean) | null
}

export interface ServerGround {
  readonly logs: readonly LogId[]
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  /** The time of day. */
  readonly wallClock: () => number
}

export type OpenSimServer = (ground: ServerGround) => SimServer
