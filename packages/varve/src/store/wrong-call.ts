/** What a page may hand over that is no commit and no cut, whatever its types said. */
import { VarveError } from '../core/errors.ts'
import type { CommitRef, Cut } from '../core/query.ts'

/** The fields of a ref alone. Throws `invalid_input`. */
export function mustRef(ref: CommitRef): CommitRef {
  const { log, dot, seed } = (ref ?? {}) as Partial<CommitRef>
  if (typeof log === 'string' && typeof dot?.replica === 'string' && isCount(dot.counter))
    return { log, dot, ...(typeof seed === 'string' && { seed }) }
  throw wrong('a commit is named by { log, dot }')
}

/** A cut and nothing else. Throws `invalid_input`. */
export function mustCut(cut: Cut): Cut {
  const { time, log, position } = (cut ?? {}) as Partial<Record<'time' | 'log' | 'position', unknown>>
  if (typeof time === 'number' && Number.isFinite(time)) return { time }
  if (typeof log === 'string' && isCount(position)) return { log, position }
  throw wrong('a past is cut at { time } or { log, position }')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function wrong(what: string): VarveError {
  return new VarveError('invalid_input', `The call is wrong: ${what}.`)
}
