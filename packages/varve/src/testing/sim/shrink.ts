/**
 * A failing history made short: actions are taken away, by halves and then one by one, as long as what is left fails in
 * the same way (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
 */
import type { Action, History } from './history.ts'
import type { Simulated } from './simulate.ts'

export interface Shrunk {
  readonly history: History
  readonly result: Simulated
}

/** @param run runs a history; at most `runsMax` times. */
export async function shrink(
  failing: History,
  run: (history: History) => Promise<Simulated>,
  runsMax = 400,
): Promise<Shrunk> {
  let best: Shrunk = { history: failing, result: await run(failing) }
  const wanted = signatureOf(best.result)
  let runs = 0
  for (let size = Math.ceil(failing.actions.length / 2); size >= 1; ) {
    let removed = false
    for (let start = 0; start < best.history.actions.length && runs < runsMax; ) {
      const { actions } = best.history
      const kept: readonly Action[] = [...actions.slice(0, start), ...actions.slice(start + size)]
      const history = { ...failing, actions: kept }
      const result = await run(history)
      runs += 1
      if (signatureOf(result) === wanted) {
        best = { history, result }
        removed = true
      } else start += size
    }
    // One by one until nothing more can go: to take one away may make another one idle.
    if (size > 1) size = Math.ceil(size / 2)
    else if (!removed || runs >= runsMax) break
  }
  return best
}

/** What is violated, without names and numbers: those change as actions go. */
function signatureOf({ violation }: Simulated): string | null {
  return violation?.replace(/\bid-\d+|[a-z]\/?\d+|\d+|\b[a-z]\b/g, '#').slice(0, 60) ?? null
}
