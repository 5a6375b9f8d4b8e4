/**
 * `reservation/<orderId>`: the shop's answer to an order. All lines or none. Everybody may read this log, so nothing
 * personal stands here: whose order it is, only the customer's own log and the server know.
 */
import * as v from 'valibot'
import { defineStream, event } from 'varve'
import { Lines, ShortLine } from './line.ts'

export const RefusalReason = v.picklist(['out_of_stock', 'price_changed'])
export type RefusalReason = v.InferOutput<typeof RefusalReason>

export const Refusal = v.object({ reason: RefusalReason, lines: v.array(ShortLine) })
export type Refusal = v.InferOutput<typeof Refusal>

const Made = v.object({ lines: Lines })

interface ReservationState {
  readonly status: 'none' | 'made' | 'refused' | 'released'
  readonly lines: v.InferOutput<typeof Lines>
}

const unanswered: ReservationState = { status: 'none', lines: [] }

export const Reservation = defineStream('reservation', {
  initial: unanswered,
  events: { made: event(Made), refused: event(Refusal), released: event(v.object({})) },
  evolve: {
    made: (_reservation, { lines }) => ({ status: 'made', lines }),
    refused: (_reservation) => ({ status: 'refused', lines: [] }),
    released: (reservation) => ({ ...reservation, status: 'released' }),
  },
  commands: ({ command, emit, reject }) => ({
    make: command(Made, (reservation, { lines }) =>
      reservation.status === 'none' ? emit.made({ lines }) : reject('already_answered'),
    ),
    refuse: command(Refusal, (reservation, refusal) =>
      reservation.status === 'none' ? emit.refused(refusal) : reject('already_answered'),
    ),
    release: command((reservation) =>
      reservation.status === 'made' ? emit.released({}) : reject('not_made'),
    ),
  }),
})
