/**
 * The toy of PROTOCOL's traces as a model: seats that somebody takes and frees. Small enough to see all of its state,
 * and rich enough for write skew, cascades and choices.
 */
import type { CommandCall } from '../../core/command.ts'
import { event } from '../../core/event.ts'
import { defineModel } from '../../core/model.ts'
import { defineProjection } from '../../core/projection.ts'
import { defineStream } from '../../core/stream.ts'
import { defineTable } from '../../core/table.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { SimulationOptions } from './simulate.ts'
import { olderToy } from './toy-model-older.ts'
import { anything, free } from './toy-shapes.ts'

/** Streams of seats, under this name. */
export const seatsOf = <const Type extends string>(type: Type) =>
  defineStream(type, {
    initial: free,
    events: {
      taken: event(anything<{ readonly by: string }>()),
      freed: event(anything<Record<string, never>>()),
      queued: event(anything<Record<string, never>>()),
    },
    evolve: {
      taken: (seat, { by }) => ({ ...seat, taker: by }),
      freed: (seat) => ({ ...seat, taker: null }),
      queued: (seat) => ({ ...seat, waiting: seat.waiting + 1 }),
    },
    commands: ({ command, emit, reject, at }) => ({
      take: command((seat, { newId }) =>
        seat.taker === null ? emit.taken({ by: newId() }) : reject('taken'),
      ),
      put: command((_seat, { newId }) => emit.taken({ by: newId() })),
      free: command((seat) => (seat.taker === null ? undefined : emit.freed({}))),
      /** Two ways to go on: what is decided again may turn out otherwise. */
      takeOrQueue: command((seat, { newId }) =>
        seat.taker === null ? emit.taken({ by: newId() }) : emit.queued({}),
      ),
      /** Leans on another seat. */
      follow: command(
        anything<{ readonly other: string }>(),
        { reads: ({ other }) => ({ other: at(other) }) },
        (_seat, _input, { reads, newId }) =>
          reads.other.taker === null ? reject('empty') : emit.taken({ by: newId() }),
      ),
      avoid: command(
        anything<{ readonly other: string }>(),
        { reads: ({ other }) => ({ other: at(other) }) },
        (_seat, _input, { reads, newId }) =>
          reads.other.taker === null ? emit.taken({ by: newId() }) : reject('taken'),
      ),
    }),
  })

export const Seat = seatsOf('seat')

export const Likes = defineStream('likes', {
  concurrency: 'commute',
  initial: 0,
  events: {
    liked: event(anything<Record<string, never>>()).revise(anything<{ readonly weight: number }>(), () => ({
      weight: 1,
    })),
  },
  evolve: { liked: (count, { weight }) => count + weight },
  commands: ({ command, emit }) => ({ like: command(() => emit.liked({ weight: 1 })) }),
})

export const Taken = defineProjection('taken', {
  from: [Seat],
  initial: 0,
  on: { 'seat.taken': (count) => count + 1 },
})

export const Takers = defineTable('takers', {
  from: [Seat],
  key: ({ streamId }) => streamId,
  row: anything<{ readonly by: string; readonly times: number }>(),
  on: {
    'seat.taken': (row, { data }) => ({ by: data.by, times: (row?.times ?? 0) + 1 }),
    'seat.freed': () => null,
  },
})

export const Liked = defineProjection('liked', {
  from: [Likes],
  initial: 0,
  on: { 'likes.liked': (count, { data }) => count + data.weight },
})

export const toySimulation: SimulationOptions = {
  model: defineModel('toy', { logs: { toy: [Seat, Likes] }, projections: [Taken, Takers, Liked] }),
  olderModel: olderToy,
  wish: (random) => seatWish(random, Seat.commands) ?? Likes.commands.like('L'),
}

/** Null twice in eleven times. */
export function seatWish(
  random: SeededRandom,
  { take, put, free: freeSeat, takeOrQueue, follow, avoid }: ReturnType<typeof seatsOf>['commands'],
): CommandCall | readonly CommandCall[] | null {
  switch (random.below(11)) {
    case 0:
      return [take('A'), put('B')]
    case 1:
      return follow('C', { other: 'B' })
    case 2:
      return take('A')
    case 3:
    case 4:
      return freeSeat('A')
    case 5:
      return takeOrQueue('A')
    case 6:
      return avoid('B', { other: 'A' })
    case 7:
      return avoid('A', { other: 'B' })
    case 8:
      return freeSeat('B')
    default:
      return null
  }
}
