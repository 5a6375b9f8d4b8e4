/** The toy with a second log, and a value that is folded from both: a store has one name for all of its logs. */
import { defineModel } from '../../core/model.ts'
import { defineProjection } from '../../core/projection.ts'
import { defineTable } from '../../core/table.ts'
import type { SimulationOptions } from './simulate.ts'
import { Liked, Likes, Seat, seatsOf, seatWish, Taken, Takers, toySimulation } from './toy-model.ts'
import { OlderLiked, OlderLikes, OlderSeat, OlderTaken, olderSeatsOf } from './toy-model-older.ts'
import { anything } from './toy-shapes.ts'

const Chair = seatsOf('chair')
const OlderChair = olderSeatsOf('chair')

/** Tells the order in which things were taken. */
const onTrail = {
  'seat.taken': (trail: number) => (Math.imul(trail, 31) + 1) | 0,
  'chair.taken': (trail: number) => (Math.imul(trail, 31) + 2) | 0,
}
const Trail = defineProjection('trail', { from: [Seat, Chair], initial: 0, on: onTrail })
/** By letter: who took a seat or a chair of it last. */
const Together = defineTable('together', {
  from: [Seat, Chair],
  key: ({ streamId }) => streamId,
  row: anything<{ readonly by: string }>(),
  on: {
    'seat.taken': (_row, { data }) => ({ by: data.by }),
    'chair.taken': (_row, { data }) => ({ by: data.by }),
    'chair.freed': () => null,
  },
})
const OlderTrail = defineProjection('trail', { from: [OlderSeat, OlderChair], initial: 0, on: onTrail })

const twoLogs: SimulationOptions = {
  model: defineModel('toys', {
    logs: { toy: [Seat, Likes], yard: [Chair] },
    projections: [Taken, Takers, Liked, Trail, Together],
  }),
  olderModel: defineModel('toys', {
    logs: { toy: [OlderSeat, OlderLikes], yard: [OlderChair] },
    projections: [OlderTaken, OlderLiked, OlderTrail],
  }),
  wish: (random) =>
    random.chance(0.5)
      ? (seatWish(random, Chair.commands) ?? Chair.commands.put('A'))
      : (seatWish(random, Seat.commands) ?? Likes.commands.like('L')),
}

/** The toy, on one log or two, by the seed unless told. */
export function toyOf(seed: number, logs = 1 + ((seed >> 1) % 2)): SimulationOptions {
  return logs === 2 ? twoLogs : toySimulation
}
