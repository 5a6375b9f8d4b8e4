/** How calls across the border fail, in words. Failures cross and stay values; the store throws them. */
import type { Query } from '../core/query.ts'
import type { Failed } from './contract.ts'

/** A method of the contract never throws, so this is a message that could not be sent or read. */
export function defectReply(error: unknown): { readonly ok: false; readonly failure: Failed } {
  const message = error instanceof Error ? error.message : String(error)
  return {
    ok: false,
    failure: { code: 'defect', message, hint: 'This is a bug in varve: please report it.' },
  }
}

export function reportRefusal({ kind }: Query, { code, message }: Failed): void {
  reportError(new Error(`The worker refused a subscription (${kind}): ${code}: ${message}`))
}

export const closedFailure: Failed = {
  code: 'closed',
  message: 'The store was closed.',
  hint: 'Open it again.',
}

export const alreadyOpen: Failed = {
  code: 'already_open',
  message: 'The store was opened already.',
  hint: 'Open it once.',
}

export const lostFailure: Failed = {
  code: 'worker_lost',
  message: 'The worker of the store has ended.',
  hint: 'Reload the page. To have it replaced, give openStore a function that starts the worker.',
}

export function openTimeout(openMs: number): Failed {
  return {
    code: 'worker_timeout',
    message: `The store could not be opened within ${openMs / 1_000} s.`,
    hint: 'Close other tabs of this site and reload: one of them may hold the database.',
  }
}

export function keepsDying(deaths: number, cause: unknown): Failed {
  const last = cause instanceof Error ? ` (${cause.message})` : ''
  return {
    code: 'worker_keeps_dying',
    message: `The worker of the store ended ${deaths} times in a row${last}.`,
    hint: 'Reload the page. If that does not help, look at the console: its script may not load.',
  }
}
