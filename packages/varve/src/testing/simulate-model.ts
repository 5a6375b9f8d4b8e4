/** The simulation over an app's own model: does it converge, and what is withdrawn, when its users are offline? */
import type { CommandCall } from '../core/command.ts'
import { rulesOf } from '../core/decide.ts'
import type { StreamName } from '../core/dot.ts'
import type { Model } from '../core/model.ts'
import { validateCommands } from '../core/validate-commands.ts'
import { createWorld, type World } from '../core/world.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type SimulationFaults, type SimulationResult, simulate } from './simulation.ts'

export interface ModelSimulation {
  readonly seed: number
  readonly model: Model
  /** Which kind of log is simulated. */
  readonly logKind: string
  /**
   * What a user wishes next: one call, or several as one atomic commit. `read` gives the present state of a stream on
   * the device where the wish is made.
   */
  readonly wish: (
    random: SeededRandom,
    read: (stream: StreamName) => unknown,
  ) => CommandCall | readonly CommandCall[]
  /** Devices; 3 if not given. */
  readonly replicas?: number
  /** Wishes and faults; 100 if not given. */
  readonly actions?: number
  readonly faults?: Partial<SimulationFaults>
}

/**
 * Runs one seed: devices that wish at random over a network that loses, doubles and reorders, then quiet, then the
 * checks. `violation` is null, or says what went wrong first; the same seed replays it.
 */
export function simulateModel({ model, logKind, wish, ...options }: ModelSimulation): SimulationResult {
  const streams = new Set<StreamName>()
  return simulate<World>({
    ...options,
    rules: rulesOf(model, logKind),
    initial: () => createWorld(model, logKind),
    show: (world) => [...streams].sort().map((stream) => [stream, world.get(stream)]),
    wish(random, world) {
      const wished = wish(random, (stream) => world.get(stream).state)
      const { commands } = validateCommands(model, Array.isArray(wished) ? wished : [wished as CommandCall])
      for (const { stream } of commands) streams.add(stream)
      return commands
    },
  })
}
