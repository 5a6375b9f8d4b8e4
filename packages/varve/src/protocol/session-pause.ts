/**
 * How a session leaves a connection: for a moment (`waiting`, with growing pauses) or until something is done about it
 * (`halted`). Nothing is lost by either.
 */
import { type Refuse, refusalClasses } from './messages.ts'
import { type ProblemCode, problemOf } from './problems.ts'
import {
  type Ambient,
  commonOf,
  type SessionState,
  type SessionStep,
  sessionLimits,
} from './session-state.ts'

/** Jitter over the upper half of the pause: a thousand clients that lose one server do not come back as one. */
export function waiting(state: SessionState, { nowMs, random }: Ambient, atLeastMs = 0): SessionState {
  const ceiling = Math.min(sessionLimits.backoffMs * 2 ** state.attempt, sessionLimits.backoffMsMax)
  const retryAtMs = nowMs + atLeastMs + Math.ceil(ceiling * (0.5 + random / 2))
  return { ...commonOf(state), attempt: state.attempt + 1, phase: 'waiting', retryAtMs }
}

export function halted(state: SessionState, code: ProblemCode, nowMs: number): SessionState {
  const needsToken = refusalClassOf(code) === 'sign_in'
  const retryAtMs = needsToken ? Number.POSITIVE_INFINITY : nowMs + sessionLimits.haltedRetryMs
  return { ...commonOf(state), phase: 'halted', problem: problemOf(code), retryAtMs }
}

export function refusalClassOf(code: string): string | undefined {
  return (refusalClasses as Record<string, string>)[code]
}

/** A refusal of the connection as a whole. */
export function refused(state: SessionState, { code, retryAfterMs }: Refuse, ambient: Ambient): SessionStep {
  const kind = refusalClasses[code]
  if (kind === 'sign_in' || kind === 'fatal') {
    return [halted(state, code as ProblemCode, ambient.nowMs), [{ type: 'disconnect' }]]
  }
  return [waiting(state, ambient, retryAfterMs), [{ type: 'disconnect' }]]
}

export function sentAway(state: SessionState, spreadMs: number, ambient: Ambient): SessionStep {
  return [waiting(state, ambient, Math.floor(spreadMs * ambient.random)), [{ type: 'disconnect' }]]
}
