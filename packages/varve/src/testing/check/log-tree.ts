/**
 * Explores a small world to its end, log by log: the logs that the server can come to hold are a tree, which is walked
 * depth first.
 *
 *   log      [] ── [a1] ── [a1 b1] ── …        for each log   the places of a's side  ×  the places of b's side
 *             └─── [b1] ── …                                  that have sent what stands in it
 *
 * Why not state by state, as explore.ts does: two clients touch nothing in common but the log, which only grows, and
 * a client may read what came long ago as well as what came just now. So where one can be does not depend on where the
 * other is, only on the log: each combination can happen, as far as there are faults left for both. (A test compares the
 * worlds of both explorations.) Only what becomes of a restored server is more than can happen: there the places of
 * both sides come from all the logs that it can have lost, be it not the same one.
 *
 * A calm end needs no walk of its own. Every turn of a calm round is a step, and each that changes something leads on in
 * a tree that ends: so it suffices that all is well wherever nobody has anything left to read or to push.
 */

import { dotKey } from '../../core/dot.ts'
import type { Client } from './client-state.ts'
import { faultNames } from './client-steps.ts'
import { digitOf, isWithin, type Place, spentMax } from './front.ts'
import { createMemory } from './memory.ts'
import { clientFault, endFault, logFault, lostFault } from './oracle.ts'
import { emptyLog, type Log, ledgerOf, offer, restore, verdictOf } from './server.ts'
import { createSides, type Here, type Looked } from './sides.ts'
import { mustBePossible, type Scope } from './steps.ts'
import type { Protocol } from './switches.ts'
import { fatesFault } from './told-fates.ts'

export interface Walked {
  readonly logs: number
  /** Places of a side, summed over the logs. */
  readonly places: number
  /** Combinations of log, places and faults left. */
  readonly worlds: number
  readonly violation: Found | null
}

/** The first fault, the log, and how each side came to where it was. `explore` gives a shortest way. */
export interface Found {
  readonly fault: string
  readonly log: string
  readonly runs: readonly string[]
}

export interface WalkOptions {
  /** RangeError beyond so many places. */
  readonly placesMax?: number
  /** `[3, 8]`: of the branches of restored logs only each eighth, from the third on. What leads there counts for the first. */
  readonly part?: readonly [number, number]
  /** For each log: where the sides are. */
  readonly onWorld?: (log: Log, clients: readonly Client[]) => void
  /** Called after each log. `done`: the part of the tree that was walked, if all branches of a log are taken for equal. */
  readonly onLog?: (walked: Omit<Walked, 'violation'> & { readonly done: number }) => void
}

type Both = readonly [readonly Place[], readonly Place[]]

/** How a log is come to: from where the sides were, as the next one or not, and which part of all that is to be walked. */
interface Coming {
  readonly from: Both
  readonly isNext: boolean
  readonly part: number
}

/** The rules that are about a log that grows (A1, A9) must be on: else RangeError. */
export function walkLogs(protocol: Protocol, scope: Scope, options: WalkOptions = {}): Walked {
  const { off } = protocol
  const { faults = {} } = scope
  if (off === 'A1' || off === 'A9') throw new RangeError(`without ${off} a log does not only grow`)
  mustBePossible(faults)
  const { placesMax = 100_000_000, part: [ofParts, parts] = [1, 1], onWorld, onLog } = options
  const memory = createMemory()
  const sides = createSides(protocol, scope, memory, look)
  const count = { logs: 0, places: 0, worlds: 0 }
  let done = 0
  let numbers = 0
  let restored = 0

  /** Gives where the sides can be when the log is this one, or a longer one that the server may lose. */
  function visit(log: Log, before: readonly number[], { from, isNext, part }: Coming): Both {
    const mark = memory.mark()
    const ledger = ledgerOf(protocol, log)
    const kinds = new Map<number, string>()
    const kindOf = (id: number): string => {
      const kind = kinds.get(id) ?? verdictOf(protocol, ledger, sides.frame(id)).kind
      kinds.set(id, kind)
      return kind
    }
    numbers += 1
    const here: Here = { log, numbers: [...before, numbers], kindOf }
    const both = together(from.map((places) => sides.close(here, places, isNext)) as unknown as Both)
    const isShared = log.epoch === 'e' || !isNext
    if (ofParts === 1 || !isShared) tally(both)
    judge(here, both)

    const isRestorable = log.epoch === 'e' && (faults.restore ?? 0) > 0
    const branches = ([0, 1] as const).flatMap((side) => branchesOf(both, side, kindOf))
    const share = part / (branches.length + (isRestorable ? 1 : 0))
    if (share === Number.POSITIVE_INFINITY) done += part
    let beyond: Both = [[], []]
    for (const { id, next } of branches) {
      if (log.epoch !== 'e' && !isNext && !isMine()) continue
      const longer = offer(protocol, log, sides.frame(id)).log
      const ends = visit(longer, here.numbers, { from: next, isNext: true, part: share })
      if (isRestorable) beyond = merged(beyond, ends)
    }
    if (!isRestorable) {
      memory.forget(mark)
      return [[], []]
    }
    if (beyond[0].length > 0) {
      const restored = restore(log, log.entries.length, "e'")
      const shorter = before.map(() => (numbers += 1))
      visit(restored, shorter, { from: beyond, isNext: false, part: share })
    } else done += share
    return merged(beyond, both)
  }

  function isMine(): boolean {
    restored += 1
    return restored % parts === ofParts % parts
  }

  /** What of a side's may be placed next, and where the sides can be then. */
  function branchesOf(
    both: Both,
    side: 0 | 1,
    kindOf: Here['kindOf'],
  ): readonly { id: number; next: Both }[] {
    const placeable = new Set(
      both[side].flatMap((place) => sides.framesOf(place).filter((id) => kindOf(id) === 'place')),
    )
    return [...placeable].flatMap((id) => {
      const senders = both[side].filter((place) => sides.framesOf(place).includes(id))
      const next = together(both.with(side, senders) as unknown as Both)
      return next[0].length === 0 ? [] : [{ id, next }]
    })
  }

  function merged(some: Both, others: Both): Both {
    return some.map((places, side) => {
      const all = new Map(places.map((place) => [place.members * spentMax + place.spent, place]))
      for (const place of others[side] as readonly Place[]) {
        const key = place.members * spentMax + place.spent
        if (!all.has(key)) all.set(key, sides.silent(place))
      }
      return [...all.values()]
    }) as unknown as Both
  }

  /** Those for which there is one on the other side, as far as faults go. */
  function together([a, b]: Both): Both {
    const withSome = (places: readonly Place[], others: readonly number[]) =>
      places.filter(({ spent }) => others.some((other) => isPossible(spent, other)))
    return [withSome(a, spentBy(b)), withSome(b, spentBy(a))]
  }

  function isPossible(spent: number, other: number): boolean {
    return faultNames.every((fault) => digitOf(spent, fault) + digitOf(other, fault) <= (faults[fault] ?? 0))
  }

  function tally([a, b]: Both): void {
    count.logs += 1
    count.places += a.length + b.length
    const [ofA, ofB] = [tallied(a), tallied(b)]
    for (const [spent, n] of ofA)
      for (const [other, m] of ofB) if (isPossible(spent, other)) count.worlds += n * m
    if (count.places > placesMax)
      throw new RangeError(`more than ${placesMax} places: ${JSON.stringify(scope)}`)
    onLog?.({ ...count, done })
  }

  function judge(here: Here, [a, b]: Both): void {
    const { log } = here
    fail(logFault(log.entries), log, [...a.slice(0, 1), ...b.slice(0, 1)])
    const [ofA, ofB] = [a, b].map((places) =>
      places.filter((place) => isAtRest(here, place)),
    ) as unknown as Both
    for (const place of ofA) {
      for (const other of ofB) {
        if (!isPossible(place.spent, other.spent)) continue
        const all = [...sides.membersOf(place), ...sides.membersOf(other)]
        fail(endFault(all, log.entries), log, [place, other])
      }
    }
    if (onWorld === undefined) return
    for (const place of a) {
      for (const other of b)
        if (isPossible(place.spent, other.spent))
          onWorld(log, [...sides.membersOf(place), ...sides.membersOf(other)])
    }
  }

  /** A calm round would change nothing: all is read, and of what is to be pushed the server takes nothing. */
  function isAtRest({ log, kindOf }: Here, place: Place): boolean {
    return sides.membersOf(place).every((client) => {
      if (client.epoch !== log.epoch || client.entries.length < log.entries.length) return false
      const refused = sides.sentBy(client).find((id) => kindOf(id) !== 'known')
      return refused === undefined || kindOf(refused) !== 'place'
    })
  }

  function look({ before, after, place, log }: Looked): void {
    const fault =
      clientFault(after, log.entries, log.epoch) ??
      lostFault([after], log.entries) ??
      fatesFault(protocol, before, after)
    fail(fault, log, [place])
  }

  let violation: Found | null = null
  try {
    visit(emptyLog('e'), [], { from: [[sides.start('a')], [sides.start('b')]], isNext: false, part: 1 })
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    violation = thrown.found
  }
  return { ...count, violation }
}

/** Ends the walk. */
class Fault extends Error {
  readonly found: Found
  constructor(found: Found) {
    super(found.fault)
    this.found = found
  }
}

function fail(fault: string | null, { epoch, entries }: Log, places: readonly Place[]): void {
  if (fault === null) return
  const names = entries.map(
    ({ commit: { dot, withdrawn } }) => `${dotKey(dot)}${withdrawn === null ? '' : '°'}`,
  )
  throw new Fault({ fault, log: [epoch, ...names].join(' '), runs: places.map(runOf) })
}

function runOf(place: Place): string {
  const steps: string[] = []
  for (let at = place; at.from !== null; at = at.from) steps.push(`${at.step} @${at.at}`)
  return steps.reverse().join(', ')
}

function spentBy(places: readonly Place[]): readonly number[] {
  const all = [...new Set(places.map(({ spent }) => spent))]
  return all.filter((spent) => !all.some((other) => other !== spent && isWithin(other, spent)))
}

/** How many different clients there are for each combination of faults that happened. */
function tallied(places: readonly Place[]): ReadonlyMap<number, number> {
  const bySpent = new Map<number, Set<number>>()
  for (const { spent, members } of places) {
    const known = bySpent.get(spent)
    if (known === undefined) bySpent.set(spent, new Set([members]))
    else known.add(members)
  }
  return new Map([...bySpent].map(([spent, members]) => [spent, members.size]))
}
