/** Many seeds, one after the other: each draws a history and runs it; one that fails is made short. */
import { VarveError } from '../../core/errors.ts'
import { type Action, defaultFaults, drawHistory, type FaultKind, faultKinds } from './history.ts'
import { shrink } from './shrink.ts'
import { devicesMax, runHistory, type Simulated, type SimulationOptions } from './simulate.ts'

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
  /** With a violation: to be given instead of those options, it brings the same about again. */
  readonly replay: Replay | null
}

export type Replay = Required<Pick<SeedOptions, 'seed' | 'devices' | 'actions' | 'faults' | 'keep'>>

/**
 * Runs one seed. Never throws for a violation, nor for what the model's own functions throw: it is in the result, with a
 * short history that leads to it. Throws `bad_options` for a seed, a number or a fault that there is not.
 */
export async function simulateSeed(options: SeedOptions): Promise<SimulationResult> {
  const { seed, devices = 2 + (seed % 2), actions = 40, faults = defaultFaults, keep } = options
  mustBeDrawable({ seed, devices, actions, faults, keep: keep ?? [] })
  mustHaveTheSameLogs(options)
  const drawn = drawHistory({ seed, devices, actions, faults })
  const history =
    keep === undefined ? drawn : { ...drawn, actions: drawn.actions.filter(({ id }) => keep.includes(id)) }
  const result = await runHistory(history, options)
  if (result.violation === null) return { ...result, actions: null, replay: null }
  const short = await shrink(history, (each) => runHistory(each, options))
  const { actions: left } = short.history
  const replay = { seed, devices, actions, faults, keep: left.map(({ id }) => id) }
  return { ...short.result, actions: left, replay }
}

function mustBe(isSo: boolean, what: string): void {
  if (!isSo) throw new VarveError('bad_options', `This cannot be simulated: ${what}.`)
}

/** Else there would be no time at which all must agree: pages of the older build keep no log that they do not know. */
function mustHaveTheSameLogs({ model, olderModel = model }: SeedOptions): void {
  const [kinds, older] = [model, olderModel].map(({ logKinds }) => logKinds.toSorted().join(', '))
  mustBe(kinds === older, `the model has logs of the kinds ${kinds}, and the older one of ${older}`)
}

function mustBeDrawable({ seed, devices, actions, faults, keep = [] }: Replay): void {
  const whole = (value: number, max: number): boolean =>
    Number.isSafeInteger(value) && value >= 0 && value <= max
  mustBe(whole(seed, Number.MAX_SAFE_INTEGER), `the seed ${seed} is no whole number from 0`)
  mustBe(
    whole(devices, devicesMax) && devices > 0,
    `${devices} is no number of devices from 1 to ${devicesMax}`,
  )
  mustBe(whole(actions, actionsMax), `${actions} is no number of actions from 0 to ${actionsMax}`)
  const unknown = faults.find((fault) => !faultKinds.includes(fault))
  mustBe(unknown === undefined, `there is no fault ${unknown}, but ${faultKinds.join(', ')}`)
  mustBe(
    keep.every((id) => whole(id, actionsMax)),
    'keep is no list of the ids of actions',
  )
}

const actionsMax = 100_000
