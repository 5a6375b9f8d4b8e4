/**
 * The status line, which never claims more than is so: what sync reported last is corrected by what this store knows
 * itself. "Synced" with something pending is "syncing"; a store that may not write is "halted".
 */
import { sameDot } from '../core/dot.ts'
import type { EngineStatus, Problem, ProjectionFailure, Stalled } from '../core/query.ts'
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
  /** Since when what the report calls stalled is so, ms since 1970. */
  readonly stalledSince: number
  /** Wishes that are saved, but not in a log yet. */
  readonly saved: number
  /** Outbox revisions of logs that the store has and this engine has not opened. */
  readonly writesElsewhere: number
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
  const phase = halt !== null ? 'halted' : reported === 'synced' && !allHere ? 'syncing' : reported
  return {
    phase,
    stalled: phase === 'syncing' ? stalledIn(facts) : null,
    pending,
    withdrawn: facts.withdrawn,
    problem: halt ?? report?.problem ?? null,
    leading: facts.leading,
    replica: facts.replica,
    store: facts.store,
    logs,
    failures: facts.failures,
    writes: facts.logs.reduce((sum, { head }) => sum + head.outboxRevision, facts.writesElsewhere),
  }
}

/** A report may be older than what is here: what is not pending any more is not stuck. */
function stalledIn({ report, logs, stalledSince: since }: StatusFacts): Stalled | null {
  const stalled = report?.stalled
  if (stalled === undefined || stalled === null) return null
  const { log, dot, why } = stalled
  const commit = logs.find(({ id }) => id === log)?.outbox.find((pending) => sameDot(pending.dot, dot))
  return commit === undefined ? null : { log, dot, commands: commit.commands, since, why }
}
