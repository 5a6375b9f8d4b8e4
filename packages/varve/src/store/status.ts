/**
 * The status line: what the engine says of log and server, covered by what only the page can know (the worker is gone,
 * the store was lost, signing in is the user's turn). It must not say more than is known: while a worker is being
 * replaced nothing is "synced".
 */
import type { Problem, StoreStatus } from '../core/query.ts'
import type { Failed, Loss } from '../worker/contract.ts'

export interface Known {
  /** As the engine last said, or null before it has spoken. */
  readonly told: StoreStatus | null
  readonly worker: 'up' | 'starting'
  /** The store cannot be used (any more). */
  readonly failure: Failed | null
  /** The store waits to be opened. */
  readonly held: Failed | null
  readonly lost: Loss | null
  /** The server wants a token, and `auth` has given none that it takes. */
  readonly signIn: boolean
}

export const nothingKnown: Known = Object.freeze({
  told: null,
  worker: 'starting',
  failure: null,
  held: null,
  lost: null,
  signIn: false,
})

/** Before it is open: nothing is claimed. */
export const statusAtFirst: StoreStatus = Object.freeze({
  phase: 'connecting',
  pending: 0,
  withdrawn: 0,
  problem: null,
  stalled: null,
  leading: false,
  replica: '',
  store: '',
  logs: [],
  failures: [],
  syncedAt: null,
})

export function statusOf({ told, worker, failure, held, lost, signIn }: Known): StoreStatus {
  const status = told ?? statusAtFirst
  if (failure !== null) return { ...status, phase: 'halted', problem: failure, stalled: null, leading: false }
  const problem =
    (signIn ? signInProblem : null) ?? held ?? status.problem ?? (lost === null ? null : lossProblems[lost])
  const isStale = worker !== 'up' && (status.phase === 'syncing' || status.phase === 'synced')
  const phase = isStale ? 'connecting' : status.phase
  if (phase === status.phase && problem === status.problem) return status
  return { ...status, phase, problem, stalled: phase === 'syncing' ? status.stalled : null }
}

/** The server does not take the token: a fresh one may help. */
export function wantsToken({ problem }: Pick<StoreStatus, 'problem'>): boolean {
  return problem !== null && tokenCodes.has(problem.code)
}

const tokenCodes: ReadonlySet<string> = new Set(['unauthorized', 'token_expired'])

const signInProblem: Problem = Object.freeze({
  code: 'sign_in',
  message: 'The server wants you to sign in.',
  hint: 'Sign in again; work goes on meanwhile and is saved on this device.',
})

const lossProblems: Readonly<Record<Loss, Problem>> = Object.freeze({
  store_lost: {
    code: 'store_lost',
    message: 'What this site had saved on this device is gone.',
    hint: 'The browser or somebody cleared it. What the server has comes back; what was not sent yet is lost.',
  },
  store_rolled_back: {
    code: 'store_rolled_back',
    message: 'The browser has set this store back to an earlier state.',
    hint: 'What the server has comes back; what was not sent and is no longer stored is lost.',
  },
})
