/**
 * A round that ends in a kill. What a chapter surely passes it passes if the life begins with it: after another one a
 * store may be there already, or a server may know what it would have been told. So a life that never stood at the
 * point of its death is followed by another one, which begins there.
 */
import type { Profile } from './browser.ts'
import type { Ground } from './ground.ts'
import { type Death, type Outcome, type Round, runRound } from './round.ts'

export interface Sure extends Outcome {
  /** The chapters of each life, by name: one, or two if the first did not come to its point. */
  readonly lives: readonly Pick<Round, 'chapters'>[]
}

export async function runUntilKilled(
  device: Profile,
  ground: Ground,
  round: Round & { readonly death: Death },
): Promise<Sure> {
  const first = await runRound(device, ground, round)
  if (first.diedIn !== null || first.problems.length > 0) return { ...first, lives: [round] }
  const { chapter } = round.death
  const chapters = [chapter, ...round.chapters.filter((each) => each !== chapter)]
  const again = { ...round, name: `${round.name}-again`, chapters }
  return { ...(await runRound(device, ground, again)), lives: [round, again] }
}
