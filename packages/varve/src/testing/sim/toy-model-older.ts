/**
 * The toy as the build before knew it: nobody queues for a seat, and a like says nothing about itself. It decides
 * `takeOrQueue` otherwise, and does not know `avoid`.
 */
import { event } from '../../core/event.ts'
import { defineModel } from '../../core/model.ts'
import { defineProjection } from '../../core/projection.ts'
import { defineStream } from '../../core/stream.ts'
import { anything, free } from './toy-shapes.ts'

export const olderSeatsOf = <const Type extends string>(type: Type) =>
  defineStream(type, {
    initial: free,
    events: {
      taken: event(anything<{ readonly by: string }>()),
      freed: event(anything<Record<string, never>>()),
    },
    evolve: {
      taken: (seat, { by }) => ({ ...seat, taker: by }),
      freed: (seat) => ({ ...seat, taker: null }),
    },
    commands: ({ command, emit, reject, at }) => ({
      take: command((seat, { newId }) =>
        seat.taker === null ? emit.taken({ by: newId() }) : reject('taken'),
      ),
      put: command((_seat, { newId }) => emit.taken({ by: newId() })),
      free: command((seat) => (seat.taker === null ? undefined : emit.freed({}))),
      takeOrQueue: command((seat, { newId }) =>
        seat.taker === null ? emit.taken({ by: newId() }) : reject('taken'),
      ),
      follow: command(
        anything<{ readonly other: string }>(),
        { reads: ({ other }) => ({ other: at(other) }) },
        (_seat, _input, { reads, newId }) =>
          reads.other.taker === null ? reject('empty') : emit.taken({ by: newId() }),
      ),
    }),
  })

export const OlderSeat = olderSeatsOf('seat')

export const OlderLikes = defineStream('likes', {
  concurrency: 'commute',
  initial: 0,
  events: { liked: event(anything<Record<string, never>>()) },
  evolve: { liked: (count) => count + 1 },
  commands: ({ command, emit }) => ({ like: command(() => emit.liked({})) }),
})

export const OlderTaken = defineProjection('taken', {
  from: [OlderSeat],
  initial: 0,
  on: { 'seat.taken': (count) => count + 1 },
})

export const OlderLiked = defineProjection('liked', {
  from: [OlderLikes],
  initial: 0,
  on: { 'likes.liked': (count) => count + 1 },
})

export const olderToy = defineModel('toy', {
  logs: { toy: [OlderSeat, OlderLikes] },
  projections: [OlderTaken, OlderLiked],
})
