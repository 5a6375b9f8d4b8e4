/**
 * What cannot be structured-cloned cannot leave the worker: a state, a value or a row that holds a function. Whoever
 * watches it is told so in its place, for otherwise they would wait for ever.
 */
import { messageOf, VarveError } from '../core/errors.ts'
import type { Query, UncloneableUpdate } from '../core/query.ts'
import { failureOf } from './host.ts'

/** The update in place of one that could not be cloned, which is reported. `cause` is what the attempt threw. */
export function uncloneable(
  query: Query,
  cause: unknown,
  report: (thrown: unknown) => void,
): UncloneableUpdate {
  const what = 'stream' in query ? query.stream : 'name' in query ? query.name : query.kind
  const error = new VarveError(
    'uncloneable',
    `What ${what} shows cannot leave the worker: ${messageOf(cause).slice(0, causeCharsMax)}`,
    { hint: 'States, values and rows are data that can be structured-cloned, without functions.', cause },
  )
  report(error)
  return { kind: 'uncloneable', failure: failureOf(error) }
}

/** It quotes the function. */
const causeCharsMax = 300
