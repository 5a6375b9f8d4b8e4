/**
 * Where two copies of a log part: pure. Each round asks about some positions between the last that is known to be the
 * same and the first that is known not to be; 32 per round find the fork among a million entries in four rounds.
 */
import type { Position } from '../core/dot.ts'

export interface ForkSearch {
  /** Up to here both are the same. */
  readonly common: Position
  /** From here on they are not. */
  readonly apart: Position
  readonly askedAtMs: number
}

const pointsPerRound = 32

/** Of a copy that goes up to `position`, all of which is in doubt. */
export function startForkSearch(position: Position): ForkSearch {
  return { common: 0, apart: position + 1, askedAtMs: Number.NEGATIVE_INFINITY }
}

export function isFound({ common, apart }: ForkSearch): boolean {
  return apart - common <= 1
}

/** Ascending; the last one first of all, because most often nothing or little is lost. */
export function pointsToAsk({ common, apart }: ForkSearch): readonly Position[] {
  const between = apart - common - 1
  const count = Math.min(between, pointsPerRound)
  return Array.from({ length: count }, (_, index) => common + Math.floor((between * (index + 1)) / count))
}

/** After the answer: the last of the points that both have, or 0. An answer to another question changes nothing. */
export function narrowed(search: ForkSearch, answer: Position): ForkSearch {
  const points = pointsToAsk(search)
  if (answer !== 0 && !points.includes(answer)) return search
  return {
    common: Math.max(search.common, answer),
    apart: points.find((position) => position > answer) ?? search.apart,
    askedAtMs: Number.NEGATIVE_INFINITY,
  }
}
