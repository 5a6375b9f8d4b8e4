/**
 * The status line, which never claims more than is so: what sync reported last is corrected by what this store knows
 * itself. "Synced" with something pending is "syncing"; a store that may not write is "halted".
 */
import type { EngineStatus, Problem, ProjectionFailure } from '../core/query.ts'
import type { LogState } from './log-state.ts'
import type { SyncReport } from './sync-port.ts'

export interface StatusFacts {
  /** Null while nobody has reported: a store without a server. */
  readonly report: SyncReport | null
  /** Why this store has stopped writing, or null. */
  readonly halt: Problem | null
  readonly leading: boolean
  readonly store: string
  readonly replica: string
  readonly withdrawn: number
  readonly logs: readonly LogState[]
  /** Wishes that are saved, but not in a log yet. */
  readonly saved: number
  readonly failures: readonly ProjectionFailure[]
}

export function statusOf(facts: StatusFacts): EngineStatus {
  const { report, halt } = facts
  const logs = facts.logs.map(({ id, head, outbox }) => ({
    log: id,
    position: head.position,
    head: report?.heads.find((each) => each.log === id)?.head ?? null,
    pending: outbox.length,
  }))
  const pending = logs.reduce((sum, log) => sum + log.pending, facts.saved)
  const allHere = pending === 0 && logs.every(({ head, position }) => head === null || head <= position)
  const reported = report?.phase ?? 'local'
  return {
    phase: halt !== null ? 'halted' : reported === 'synced' && !allHere ? 'syncing' : reported,
    pending,
    withdrawn: facts.withdrawn,
    problem: halt ?? report?.problem ?? null,
    leading: facts.leading,
    replica: facts.replica,
    store: facts.store,
    logs,
    failures: facts.failures,
  }
}
