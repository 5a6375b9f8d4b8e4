/** The toy with a second log, and a value that is folded from both: a store has one name for all of its logs. */
import { defineModel } from '../../core/model.ts'
import { defineProjection } from '../../core/projection.ts'
import type { SimulationOptions } from './simulate.ts'
import { Liked, Likes, Seat, seatsOf, seatWish, Taken, toySimulation } from './toy-model.ts'
import { OlderLiked, OlderLikes, OlderSeat, OlderTaken, olderSeatsOf } from './toy-model-older.ts'

const Chair = seatsOf('chair')
const OlderChair = olderSeatsOf('chair')

/** Tells the order in which things were taken. */
const onTrail = {
  'seat.taken': (trail: number) => (Math.imul(trail, 31) + 1) | 0,
  'chair.taken': (trail: number) => (Math.imul(trail, 31) + 2) | 0,
}
const Trail = defineProjection('trail', { from: [Seat, Chair], initial: 0, on: onTrail })
const OlderTrail = defineProjection('trail', { from: [OlderSeat, OlderChair], initial: 0, on: onTrail })

const twoLogs: SimulationOptions = {
  model: defineModel('toys', {
    logs: { toy: [Seat, Likes], yard: [Chair] },
    projections: [Taken, Liked, Trail],
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
