/** What the campaigns of the toy model share: seeds one after the other, of which none may fail. */
import { simulateSeed } from './campaign.ts'
import { toyOf } from './toy-two-logs.ts'

export interface SeedRange {
  readonly from: number
  readonly seeds: number
  /** What users do and what goes wrong, in a history. */
  readonly actions: number
}

/** How much happened in all of them. Throws, with the short history, for the first that fails. */
export async function runSeeds({ from, seeds, actions }: SeedRange) {
  const totals = { steps: 0, entries: 0, withdrawn: 0 }
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await simulateSeed({ ...toyOf(seed), seed, actions })
    if (result.violation !== null) {
      const replay = `npm run sim -- --from ${seed} --seeds 1 --actions ${actions}`
      throw new Error(`${result.violation}\n${replay}\n${JSON.stringify(result.actions, null, 1)}`)
    }
    totals.steps += result.steps
    totals.entries += result.entries
    totals.withdrawn += result.withdrawn
  }
  return totals
}
