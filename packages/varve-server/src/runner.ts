/** What the runners of policies and of effects have in common: their ground, and how a trigger is found. */
import type { CommitRef, Entry, LogId, Model, Position } from 'varve/core'
import type { Host } from './host.ts'
import type { ServerLimits } from './limits.ts'
import type { PolicyFailure, ServerLog } from './log-port.ts'
import type { PolicyDefinition } from './policy.ts'

export interface Runner {
  /** Catches up with all logs, and tries failures again, in the background. */
  start(): void
  /** The log has moved. */
  wake(log: LogId): void
  isWorking(): boolean
  /** Resolves when there is nothing left to do. */
  settled(): Promise<void>
  /** Finishes the transaction at hand, and waits so long for what is asked outside of one: that is asked again at the next start. */
  stop(graceMs: number): Promise<void>
}

export interface RunnerGround {
  readonly log: ServerLog
  readonly host: Host
  readonly model: Model
  readonly kindOf: (log: LogId) => string | null
  readonly limits: ServerLimits
  /** Monotonic, ms. */
  readonly monotonicMs: () => number
  readonly now: () => number
  readonly moved: (log: LogId, head: Position) => void
  readonly onError: (error: unknown) => void
}

/** Entries looked at in one transaction. */
export const batchMax = 64
/** After this many entries that nobody wanted the checkpoint is saved although nothing was done. */
export const idleEntriesMax = 1_000

/** The kinds of logs on which what sets it off may stand. */
export function kindsFrom(
  model: Model,
  { from }: Pick<PolicyDefinition, 'from'>,
): ReadonlySet<string | undefined> {
  return new Set(from.map(({ type }) => model.logKindOf(type)))
}

export function isWanted({ on }: { readonly on: object }, { commit }: Entry): boolean {
  return commit.events.some((event) => Object.hasOwn(on, event.type))
}

/** Null if another entry stands there now. */
export async function triggerOf(log: ServerLog, { trigger, position }: PolicyFailure): Promise<Entry | null> {
  const [entry] = await log.entries(trigger.log, position - 1, 1)
  return entry !== undefined && isSameRef(trigger, entry) ? entry : null
}

function isSameRef({ log, dot }: CommitRef, { commit }: Entry): boolean {
  return commit.log === log && commit.dot.replica === dot.replica && commit.dot.counter === dot.counter
}
