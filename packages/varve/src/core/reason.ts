/** Why a command is refused or a commit withdrawn: a short text, of the domain's own or one of varve's. */
import { VarveError } from './errors.ts'
import { nameFault, type PlainData } from './plain-data.ts'

/** The words that varve and its server use themselves; ERRORS.md explains each. The domain has others. */
export const reservedReasons = [
  'frozen',
  'undecidable',
  'already_applied',
  'cancelled',
  'forbidden',
  'commit_too_large',
  'invalid_commit',
] as const

export type ReservedReason = (typeof reservedReasons)[number]

/** Why details are too large to be kept with a reason, or null. A withdrawn commit must be small enough to be placed. */
export function detailsFault(details: PlainData): string | null {
  const chars = JSON.stringify(details).length
  return chars <= detailsCharsMax
    ? null
    : `Its details take ${chars} of at most ${detailsCharsMax} characters.`
}

const detailsCharsMax = 32 * 1024

/** Throws `bad_name` unless the domain may give this reason: 1 to 256 characters, and none of varve's own. */
export function checkReason(reason: string): void {
  const fault = (reservedReasons as readonly string[]).includes(reason)
    ? `${reason} is one of varve’s own`
    : nameFault(reason, 'reason')
  if (fault !== null) throw new VarveError('bad_name', `This is no reason to reject: ${fault}.`)
}
