/**
 * The whole of it: two clients with three commits each, log by log. Every pair of programs while nothing goes wrong but
 * the network; one pair with each fault, and with each two of them; and all faults in the same run of smaller worlds,
 * for with three commits each that is more than can be walked.
 */
import { type Fault, faultNames, type Program, type Programs } from './client-steps.ts'
import { programsOf } from './scopes.ts'
import type { Scope } from './steps.ts'

/** Cascades, refusals at once and later, choices, and what is free again. */
export const threeAndThree: Programs = [
  ['TAB', 'NB', 'FA'],
  ['TA', 'FA', 'EAB'],
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
  const all = faultNames.filter((fault) => fault !== 'twin')
  return [
    { programs: [['TAB'], ['TA']], faults: onceEach(all) },
    { programs: [['TAB', 'NB'], ['TA']], faults: onceEach(all) },
    ...faulty,
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
