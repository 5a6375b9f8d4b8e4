/**
 * A history: plain data that says what happens when, drawn from one seed before the run begins. Each action has a seed
 * of its own for whatever else it draws, so that a history from which some are taken away still means the same.
 */
import { type SeededRandom, seededRandom } from '../seeded-random.ts'

/** What users do. */
const deeds = ['wish', 'cancel', 'dismiss', 'retry', 'openTab', 'saveSnapshots'] as const

/** What may go wrong. */
export const faultKinds = [
  'loss',
  'duplication',
  'reordering',
  'truncation',
  'partition',
  'cut',
  'crashTab',
  'crashDevice',
  'closeTab',
  'freeze',
  'steal',
  'quota',
  'clockJump',
  'slowDisk',
  'serverCrash',
  'clone',
  'rollback',
  'serverRestore',
  'upgrade',
  'abort',
  'takeOver',
  'twin',
] as const

export type FaultKind = (typeof faultKinds)[number]
/** See directions.ts. */
export type Direction = 'goOffline' | 'shut' | 'sleep' | 'backup' | 'restore'
export type ActionKind = FaultKind | (typeof deeds)[number] | Direction

/** They need an identity that is used twice, or a log that is set back, to be repaired (C7, C8). */
const identityFaults: readonly FaultKind[] = ['clone', 'rollback', 'serverRestore', 'twin']
export const identityFaultsAreOn = true

export const defaultFaults: readonly FaultKind[] = faultKinds.filter(
  (kind) => identityFaultsAreOn || !identityFaults.includes(kind),
)

export interface Action {
  /** Its place in the history as it was drawn: what a replay line names. */
  readonly id: number
  readonly atMs: number
  readonly kind: ActionKind
  /** Index of the device. */
  readonly device: number
  readonly seed: number
}

export interface DeviceSetup {
  readonly tabs: number
  /** How far its clock is off, ms. */
  readonly skewMs: number
  readonly latencyMs: number
  /** Its pages are loaded in the build of the model before the newest. */
  readonly isOlder?: boolean
}

export interface History {
  readonly seed: number
  readonly devices: readonly DeviceSetup[]
  readonly actions: readonly Action[]
}

export interface HistoryOptions {
  readonly seed: number
  readonly devices: number
  readonly actions: number
  /** Of which each seed enables a part. */
  readonly faults: readonly FaultKind[]
}

/** Most of what happens is work; a fault now and then is worse than a storm in which nothing is done. */
const weights: Readonly<Record<(typeof deeds)[number], number>> = {
  wish: 24,
  cancel: 3,
  dismiss: 1,
  retry: 2,
  openTab: 1,
  saveSnapshots: 1,
}
const faultWeight = 3
const actionEveryMs = 150
const tenYearsMs = 10 * 365 * 24 * 3_600_000

export function drawHistory({ seed, devices, actions, faults }: HistoryOptions): History {
  const random = seededRandom(seed)
  const enabled = faults.filter((kind) => randomOf(seed, kind).chance(0.3))
  const kinds: ActionKind[] = deeds.flatMap((deed) => Array<ActionKind>(weights[deed]).fill(deed))
  for (const fault of enabled) kinds.push(...Array<ActionKind>(faultWeight).fill(fault))
  const older = randomOf(seed, 'older')
  let atMs = 200
  return {
    seed,
    devices: Array.from({ length: devices }, () => ({
      tabs: 1 + random.below(2),
      skewMs: drawSkew(random),
      latencyMs: 1 + random.below(random.chance(0.5) ? 40 : 400),
      ...(enabled.includes('upgrade') && older.chance(0.7) ? { isOlder: true } : null),
    })),
    actions: Array.from({ length: actions }, (_, id) => {
      atMs += random.below(2 * actionEveryMs)
      return {
        id,
        atMs,
        kind: random.pick(kinds),
        device: random.below(devices),
        seed: random.below(2 ** 31),
      }
    }),
  }
}

/** Of its own for each kind of fault: with another one added, seeds that do not draw it mean what they meant. */
function randomOf(seed: number, what: string): SeededRandom {
  let mixed = seed
  for (const char of what) mixed = Math.imul(mixed ^ char.charCodeAt(0), 0x5bd1e995)
  return seededRandom(mixed >>> 0)
}

export function drawSkew(random: SeededRandom): number {
  return random.chance(0.5) ? 0 : random.below(2 * tenYearsMs) - tenYearsMs
}
