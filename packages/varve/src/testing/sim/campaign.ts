/** Many seeds, one after the other: each draws a history and runs it; one that fails is made short. */
import { type Action, defaultFaults, drawHistory, type FaultKind } from './history.ts'
import { shrink } from './shrink.ts'
import { runHistory, type Simulated, type SimulationOptions } from './simulate.ts'

export interface SeedOptions extends SimulationOptions {
  readonly seed: number
  /** Default: 2 or 3, by the seed. */
  readonly devices?: number
  /** What users do and what goes wrong, in a history. Default: 40. */
  readonly actions?: number
  /** What may go wrong; each seed enables a part of it. Default: all. */
  readonly faults?: readonly FaultKind[]
  /** Of the drawn actions only these, by their ids: the short history that a failing run was told as. */
  readonly keep?: readonly number[] | undefined
}

export interface SimulationResult extends Simulated {
  /** With a violation: the fewest actions that were found to bring it about. */
  readonly actions: readonly Action[] | null
}

/** Runs one seed. Never throws for a violation: it is in the result, with a short history that leads to it. */
export async function simulateSeed(options: SeedOptions): Promise<SimulationResult> {
  const { seed, devices = 2 + (seed % 2), actions = 40, faults = defaultFaults, keep } = options
  const drawn = drawHistory({ seed, devices, actions, faults })
  const history =
    keep === undefined ? drawn : { ...drawn, actions: drawn.actions.filter(({ id }) => keep.includes(id)) }
  const result = await runHistory(history, options)
  if (result.violation === null) return { ...result, actions: null }
  const short = await shrink(history, (each) => runHistory(each, options))
  return { ...short.result, actions: short.history.actions }
}
