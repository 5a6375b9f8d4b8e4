/** The simulation over an app's own model: does it converge, and what is withdrawn, when its users are offline? */
import { type SeedOptions, type SimulationResult, simulateSeed } from './sim/campaign.ts'

export type ModelSimulation = Omit<SeedOptions, 'broken'>

/**
 * Runs one seed: the real engine and the real sync driver on several devices with several tabs, whose users wish at
 * random while the network, the browser, the disk and the server fail them; then quiet, then the checks. `violation` is
 * null, or says what went wrong first; the same seed replays it, and with `keep` only those of its actions that matter.
 */
export function simulateModel(options: ModelSimulation): Promise<SimulationResult> {
  return simulateSeed(options)
}
