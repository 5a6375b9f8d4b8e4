/** What the negative controls share: seeds one after the other, until what is broken on purpose is noticed. */
import { defaultFaults, drawHistory, type FaultKind } from './history.ts'
import { runHistory, type SimulationOptions } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

export interface Control extends Partial<SimulationOptions> {
  /** Default: 1. */
  readonly from?: number
  readonly seeds: number
  /** Default: all. */
  readonly faults?: readonly FaultKind[]
}

/** What the first violated run says, without its seed; or null. */
export async function firstViolation({ from = 1, seeds, faults = defaultFaults, ...broken }: Control) {
  for (let seed = from; seed < from + seeds; seed++) {
    const history = drawHistory({ seed, devices: 2 + (seed % 2), actions: 40, faults })
    const { violation } = await runHistory(history, { ...toySimulation, ...broken })
    if (violation !== null) return violation.replace(`seed ${seed}: `, '')
  }
  return null
}
