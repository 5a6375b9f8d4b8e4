/** Failures cross the worker border as values; here they become errors again. */
import { type Code, codes, VarveError } from '../core/errors.ts'
import type { FailedUpdate } from '../core/query.ts'
import type { Failed, Reply } from '../worker/contract.ts'

/** The value of a reply; throws the failure. */
export function mustReply<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value
  throw errorOf(reply.failure)
}

export function errorOf({ code, message, hint }: Failed): VarveError {
  if (code === 'closed') return closedError()
  // A worker of another version may know a code that this page does not.
  const known = (codes as readonly string[]).includes(code) ? (code as Code) : 'defect'
  return new VarveError(known, known === code ? message : `${code}: ${message}`, hint === '' ? {} : { hint })
}

export function failureOf(error: unknown): Failed {
  if (error instanceof VarveError) return { code: error.code, message: error.message, hint: error.hint ?? '' }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'defect', message, hint: 'This is a bug in varve: please report it.' }
}

export function failedError({ failure }: FailedUpdate): VarveError {
  const { projection, message, type, position } = failure
  return new VarveError(
    'projection_failed',
    `${projection} stands still at ${type} (${position ?? 'pending'}): ${message}`,
    { hint: 'Mend its handler, or update the program; then reload.' },
  )
}

export const closedError = () =>
  new VarveError('closed', 'The store was closed.', {
    hint: 'What was acknowledged is saved and will be sent. Look for the rest when it is open again, before you repeat it.',
  })

export const readOnlyError = () =>
  new VarveError('read_only', 'The past cannot be changed.', { hint: 'Dispatch to the present store.' })
