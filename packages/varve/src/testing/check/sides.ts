/**
 * A side is a client together with the copies of its store: all that changes without the other client. Here is where it
 * can be while the log is what it is.
 *
 * Of two places that differ only in what was sent and in how many faults happened, the one with more sent and fewer
 * happened can do whatever the other can; only that one is kept.
 */

import { receive } from './client.ts'
import { type Client, clientKey, framesOf, newClient } from './client-state.ts'
import { type ClientStep, type Fault, ownSteps, pageLengths, rulelessSteps } from './client-steps.ts'
import { createFront, digitOf, type Place, shiftOf, spentMax } from './front.ts'
import { healed } from './identity.ts'
import { lowered } from './lowered.ts'
import { type Memory, pairOf } from './memory.ts'
import { type Frame, frameKey, type Log } from './server.ts'
import type { Scope } from './steps.ts'
import type { Protocol } from './switches.ts'

/** The log, with what the walk knows of it. */
export interface Here {
  readonly log: Log
  /** A number for each beginning of the log, by length; the last is that of the log. */
  readonly numbers: readonly number[]
  /** What the server would do with a frame. */
  readonly kindOf: (frame: number) => string
}

export interface Sides {
  readonly start: (name: string) => Place
  /** All places that follow from these while the log stays. `isNext`: they were closed for the log without its last entry. */
  readonly close: (here: Here, from: readonly Place[], isNext: boolean) => readonly Place[]
  readonly membersOf: (place: Place) => readonly Client[]
  readonly framesOf: (place: Place) => readonly number[]
  /** What a client may send, in order. */
  readonly sentBy: (client: Client) => readonly number[]
  readonly frame: (id: number) => Frame
  /** Without what was sent. */
  readonly silent: (place: Place) => Place
}

/** A client's step that led to a place. */
export interface Looked {
  readonly before: Client
  readonly after: Client
  readonly place: Place
  readonly log: Log
}

/** @param look is shown each step of a client, and throws if something is wrong with it. */
export function createSides(
  protocol: Protocol,
  { programs, faults = {}, keepsBases = false }: Scope,
  memory: Memory,
  look: (looked: Looked) => void,
): Sides {
  const texts = memory.numbers((text: string) => text)
  const clients = memory.numbers((client: Client) => clientKey(client, texts.idOf))
  const frames = memory.numbers(frameKey)
  const tuples = memory.numbers(keyOfTuple)
  const sets = memory.numbers((ids: readonly number[]) => ids.join())
  const nothing = sets.idOf([])
  const sent = memory.known<readonly number[]>()
  const unions = memory.known<number>()
  const own = memory.known<readonly Moved[]>()
  const read = memory.known<number>()
  const looked = memory.known<true>()

  /** A client's step, by numbers. */
  interface Moved {
    readonly name: string
    readonly after: number
    readonly spent: number
    readonly other: number | null
  }

  const idOf = (client: Client): number => clients.idOf(keepsBases ? client : lowered(client))

  function sentBy(id: number): readonly number[] {
    return once(sent, id, () => framesOf(clients.of(id)).map(frames.idOf))
  }

  function start(name: string): Place {
    const members = tuples.idOf([idOf(newClient(name, 'e'))])
    return { members, frames: nothing, spent: 0, from: null, step: 'start', at: 0 }
  }

  function close(here: Here, from: readonly Place[], isNext: boolean): readonly Place[] {
    const { log, numbers } = here
    const { places, add } = createFront((id) => sets.of(id))
    const alive = new Map<number, number>()
    const overtaken = new Map<number, boolean>()
    const steps = new Map<number, readonly Moved[]>()
    for (const place of from) {
      const left = aliveOf(place.frames)
      add(left === place.frames ? place : { ...place, frames: left })
    }
    const known = isNext ? places.length : 0
    // The list grows while it is walked.
    for (let index = 0; index < places.length; index += 1) {
      const place = places[index] as Place
      const ids = tuples.of(place.members)
      // Whatever else it could do first, it could do while the log was longer, and the others can do it afterwards.
      const late = ids.findIndex(isOvertaken)
      for (const [member, id] of ids.entries()) {
        if (late >= 0 && member !== late) continue
        const steps = late >= 0 ? [learns(id)] : stepsOf(id, place.spent, index < known)
        for (const step of steps) add(moved(place, member, step))
      }
    }
    return places.filter(({ members }) => !tuples.of(members).some(isOvertaken))

    function stepsOf(id: number, spent: number, isKnown: boolean): readonly Moved[] {
      const key = pairOf(id, isKnown ? spentMax : spent)
      return once(steps, key, () => stepsFrom(id, spent, isKnown))
    }

    function stepsFrom(id: number, spent: number, isKnown: boolean): readonly Moved[] {
      const client = clients.of(id)
      const reading = client.epoch === log.epoch ? pulls(id, isKnown) : [learns(id)]
      const ruleless = [...rulelessSteps(protocol, client, log)].map(numbered)
      return [...reading, ...ruleless, ...(isKnown ? [] : ownOf(id, spent))]
    }

    /** What a place could do when the log was shorter is among the places already. */
    function pulls(id: number, isKnown: boolean): readonly Moved[] {
      const { entries } = clients.of(id)
      const behind = log.entries.length - entries.length
      const lengths = isKnown
        ? pageLengths(behind).slice(-1)
        : Array.from({ length: behind }, (_, n) => n + 1)
      return lengths.map((length) => {
        const upTo = entries.length + length
        const after = once(read, pairOf(id, numbers[upTo] as number), () =>
          idOf(receive(protocol, clients.of(id), log.entries.slice(entries.length, upTo))),
        )
        return { name: `pulls ${length}`, after, spent: 0, other: null }
      })
    }

    function learns(id: number): Moved {
      const after = once(read, pairOf(id, numbers.at(-1) as number), () =>
        idOf(healed(protocol, clients.of(id), log)),
      )
      return { name: 'learns of the fork', after, spent: 0, other: null }
    }

    function moved(place: Place, member: number, { name, after, spent, other }: Moved): Place {
      const ids = tuples.of(place.members)
      const id = ids[member] as number
      const all = [...ids.with(member, after), ...(other === null ? [] : [other])]
      const withSent = other === null ? union(place.frames, after) : union(union(place.frames, after), other)
      const next: Place = {
        members: tuples.idOf(all),
        frames: aliveOf(withSent),
        spent: place.spent + spent,
        from: place,
        step: `${clients.of(id).name} ${name}`,
        at: log.entries.length,
      }
      once(looked, pairOf(id, after), () => {
        look({ before: clients.of(id), after: clients.of(after), place: next, log })
        return true
      })
      return next
    }

    /** As in steps.ts: what can never be placed any more is left out. */
    function aliveOf(set: number): number {
      const is = alive.get(set)
      if (is !== undefined) return is
      const isAlive = (id: number): boolean => ['place', 'gap'].includes(here.kindOf(id))
      const left = sets.idOf(sets.of(set).filter(isAlive))
      alive.set(set, left)
      return left
    }

    /**
     * Who has not learned of the fork can do no more than who has; unless the log grows again as it was, and what is
     * learned then is another thing.
     */
    function isOvertaken(id: number): boolean {
      return once(overtaken, id, () => {
        const { epoch, entries } = clients.of(id)
        const { length } = log.entries
        if (epoch === log.epoch) return false
        return (
          entries.length <= length || (length > 0 && entries[length - 1]?.chain !== log.entries.at(-1)?.chain)
        )
      })
    }
  }

  function ownOf(id: number, spent: number): readonly Moved[] {
    return once(own, pairOf(id, spent), () => {
      const isLeft = (fault: Fault): boolean => digitOf(spent, fault) < (faults[fault] ?? 0)
      return [...ownSteps(protocol, programs, clients.of(id), isLeft)].map(numbered)
    })
  }

  function numbered({ name, after, fault, other }: ClientStep): Moved {
    return {
      name,
      after: idOf(after),
      spent: fault === undefined ? 0 : 1 << shiftOf(fault),
      other: other === undefined ? null : idOf(other),
    }
  }

  function union(set: number, client: number): number {
    return once(unions, pairOf(set, client), () => {
      const all = new Set([...sets.of(set), ...sentBy(client)])
      return sets.idOf([...all].sort((a, b) => a - b))
    })
  }

  return {
    start,
    close,
    membersOf: ({ members }) => tuples.of(members).map(clients.of),
    framesOf: (place) => sets.of(place.frames),
    sentBy: (client) => sentBy(clients.idOf(client)),
    frame: frames.of,
    silent: (place) => ({ ...place, frames: nothing }),
  }
}

/** Nobody has more than one copy but in a run with a clone and a twin. */
function keyOfTuple(ids: readonly number[]): string | number {
  const [first, second, ...others] = ids as readonly [number, number?, ...number[]]
  if (second === undefined) return first
  return others.length === 0 ? pairOf(first, second) : ids.join()
}

function once<V>(
  known: { get(key: number): V | undefined; set(key: number, value: V): void },
  key: number,
  make: () => V,
): V {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
