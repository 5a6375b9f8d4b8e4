/**
 * The whole of it, log by log: two clients with three commits each, one pair of programs with each fault, with each two of
 * them and with the mishaps that nobody asks for; all faults in the same run, of fewer commits; and every pair of programs
 * while nothing goes wrong but the network. How far this was walked stands in decisions/0019.
 */
import { type Fault, faultNames, type Program, type Programs } from './client-steps.ts'
import { programsOf } from './scopes.ts'
import type { Scope } from './steps.ts'

/** Cascades, refusals at once and later, choices, and what is free again. */
export const threeAndThree: Programs = [
  ['TAB', 'NB', 'FA'],
  ['TA', 'FA', 'EAB'],
]

/** What nobody asks for, in one run: another tab leads, a profile is copied, the server comes back from a backup. */
export function mishaps(programs: Programs): Scope {
  return { programs, faults: onceEach(['lead', 'clone', 'restore']) }
}

const oneAndOne: Programs = [['TAB'], ['TA']]
export const twoAndOne: Programs = [['TAB', 'NB'], ['TA']]

/** From a second to three hours. */
const growing: readonly Programs[] = [
  twoAndOne,
  [['TAB', 'NB', 'FA'], ['TA']],
  [
    ['TAB', 'NB'],
    ['TA', 'FA'],
  ],
  [
    ['TAB', 'NB', 'FA'],
    ['TA', 'FA'],
  ],
  threeAndThree,
]

/** The faults come first: they say more per minute. */
export function wholeScopes(): readonly Scope[] {
  const single = faultNames.map((fault) => [fault])
  const pairs = faultNames.flatMap((fault, index) =>
    faultNames.slice(index + 1).map((other) => [fault, other]),
  )
  const faulty = [...single, ...pairs].map(
    (names): Scope => ({ programs: threeAndThree, faults: onceEach(names) }),
  )
  return [
    ...faulty,
    ...growing.map(mishaps),
    { programs: oneAndOne, faults: onceEach(['lead', 'clone', 'twin', 'restore']) },
    { programs: oneAndOne, faults: onceEach(faultNames.filter((fault) => fault !== 'twin')) },
    { programs: oneAndOne, faults: onceEach(faultNames) },
    ...pairsOf(programsOf(3)).map((programs): Scope => ({ programs })),
  ]
}

/** a and b can change places: of two worlds that differ in that only, one is explored. */
export function pairsOf(programs: readonly Program[]): readonly Programs[] {
  return programs.flatMap((a, index) => programs.slice(index).map((b): Programs => [a, b]))
}

function onceEach(names: readonly Fault[]): NonNullable<Scope['faults']> {
  return Object.fromEntries(names.map((fault) => [fault, 1]))
}
