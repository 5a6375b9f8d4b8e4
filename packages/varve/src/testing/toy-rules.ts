/**
 * The toy of PROTOCOL's traces: seats that someone takes and frees. Small enough to see the whole state, and rich
 * enough for write skew, cascades and choices.
 *
 *   TAB takes A if it is free, and writes A and B   ·   NB needs B to be taken   ·   TA takes A if it is free
 *   FA frees A   ·   EAB takes A, else B            ·   RAB reads A, writes B    ·   RBA reads B, writes A
 *   like: appends to L, a stream that commutes
 */
import type { CommandRecord, EventRecord, Guard, Intent } from '../core/commit.ts'
import type { Decision, Rules } from '../core/rules.ts'

/** Number of events and the last taker, per stream; an immutable value. */
export type Seats = ReadonlyMap<string, { readonly taker: string | null; readonly revision: number }>

export const noSeats: Seats = new Map()

export type ToyCommand = 'TAB' | 'NB' | 'TA' | 'FA' | 'EAB' | 'RAB' | 'RBA' | 'like'

export function toy(name: ToyCommand): CommandRecord {
  return { stream: 'seat/A', name }
}

export const toyRules: Rules<Seats> = {
  fork: (seats) => seats,
  apply(seats, { events }) {
    const next = new Map(seats)
    for (const { stream, data } of events) {
      const revision = (next.get(stream)?.revision ?? 0) + 1
      next.set(stream, { taker: data as string | null, revision })
    }
    return next
  },
  decide(seats, { commands, seed }: Intent): Decision {
    const taker = (stream: string) => seats.get(stream)?.taker ?? null
    const decided = (
      reads: readonly string[],
      writes: Readonly<Record<string, string | null>>,
    ): Decision => ({
      ok: true,
      guards: [...new Set([...reads, ...Object.keys(writes)])].map((stream) => guard(seats, stream)),
      events: Object.entries(writes).map(
        ([stream, data]): EventRecord => ({ stream, type: 'seat.set', version: 1, data }),
      ),
    })
    const no = (reason: string): Decision => ({ ok: false, reason })
    const [a, b] = ['seat/A', 'seat/B'] as const
    switch (commands[0]?.name as ToyCommand) {
      case 'TAB':
        return taker(a) === null ? decided([a], { [a]: seed, [b]: seed }) : no('taken')
      case 'NB':
        return taker(b) !== null ? decided([b], { 'seat/C': seed }) : no('empty')
      case 'TA':
        return taker(a) === null ? decided([a], { [a]: seed }) : no('taken')
      case 'FA':
        return decided([a], { [a]: null })
      case 'EAB':
        if (taker(a) === null) return decided([a], { [a]: seed })
        return taker(b) === null ? decided([a, b], { [b]: seed }) : no('taken')
      case 'RAB':
        return taker(a) === null ? decided([a], { [b]: seed }) : no('taken')
      case 'RBA':
        return taker(b) === null ? decided([b], { [a]: seed }) : no('taken')
      case 'like':
        return decided([], { 'like/L': seed })
    }
  },
}

function guard(seats: Seats, stream: string): Guard {
  return {
    stream,
    revision: seats.get(stream)?.revision ?? 0,
    kind: stream.startsWith('like/') ? 'commute' : 'serial',
  }
}
