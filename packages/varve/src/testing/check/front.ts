/** Places of a side of which none can do all that another one can, and how often what happened to each. */
import { type Fault, faultNames } from './client-steps.ts'

/** Where a side is. All numbers are those of `createSides`. */
export interface Place {
  readonly members: number
  /** What was sent and may still be placed. */
  readonly frames: number
  /** How often each fault happened to it: two bits each, in the order of `faultNames`. */
  readonly spent: number
  readonly from: Place | null
  readonly step: string
  /** How long the log was then. */
  readonly at: number
}

/** The places of which none can do what another one can. */
export function createFront(framesOf: (set: number) => readonly number[]) {
  const places: Place[] = []
  const byMembers = new Map<number, Place[]>()

  function add(place: Place): void {
    const known = byMembers.get(place.members)
    if (known?.some((other) => isWithin(other.spent, place.spent) && isSubset(place.frames, other.frames)))
      return
    if (known === undefined) byMembers.set(place.members, [place])
    else known.push(place)
    places.push(place)
  }

  function isSubset(set: number, other: number): boolean {
    if (set === other) return true
    const others = framesOf(other)
    return framesOf(set).every((id) => others.includes(id))
  }

  return { places, add }
}

/** `spent` is below it. */
export const spentMax = 4 ** faultNames.length

export function shiftOf(fault: Fault): number {
  return 2 * faultNames.indexOf(fault)
}

export function digitOf(spent: number, fault: Fault): number {
  return (spent >> shiftOf(fault)) & 3
}

/** No fault more often than there. */
export function isWithin(spent: number, other: number): boolean {
  return spent === other || faultNames.every((fault) => digitOf(spent, fault) <= digitOf(other, fault))
}
