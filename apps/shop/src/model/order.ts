/**
 * `order/<orderId>`: what a customer asked for and what became of it. requested → placed | declined, and cancelled from
 * either side of `placed`. The device writes `requested` and `cancelled`, the policy `settlement` the rest.
 */
import * as v from 'valibot'
import { defineStream, event } from 'varve'
import { Lines, totalOf } from './line.ts'
import { SumCents } from './money.ts'
import { Refusal } from './reservation.ts'

export const orderStatuses = ['requested', 'placed', 'declined', 'cancelled'] as const

interface OrderState {
  readonly status: 'none' | (typeof orderStatuses)[number]
  readonly lines: v.InferOutput<typeof Lines>
  readonly totalCents: number
  /** Why and for which lines it was declined. */
  readonly refusal: Refusal | null
}

const unknown: OrderState = { status: 'none', lines: [], totalCents: 0, refusal: null }

export const Order = defineStream('order', {
  initial: unknown,
  events: {
    // The prices are those that the customer saw: the shop sells at them or not at all.
    requested: event(v.object({ lines: Lines, totalCents: SumCents, at: v.number() })),
    placed: event(v.object({})),
    declined: event(Refusal),
    cancelled: event(v.object({})),
  },
  evolve: {
    requested: (order, { lines, totalCents }) => ({ ...order, status: 'requested', lines, totalCents }),
    placed: (order) => ({ ...order, status: 'placed' }),
    declined: (order, refusal) => ({ ...order, status: 'declined', refusal }),
    cancelled: (order) => ({ ...order, status: 'cancelled' }),
  },
  commands: ({ command, emit, reject }) => ({
    request: command(v.object({ lines: Lines }), (order, { lines }, { now }) =>
      order.status === 'none'
        ? emit.requested({ lines, totalCents: totalOf(lines), at: now })
        : reject('order_exists'),
    ),
    // The outcome of an order that was cancelled meanwhile changes nothing: its stock is released by the policy.
    place: command((order) => {
      if (order.status === 'cancelled') return []
      return order.status === 'requested' ? emit.placed({}) : reject('not_requested')
    }),
    decline: command(Refusal, (order, refusal) => {
      if (order.status === 'cancelled') return []
      return order.status === 'requested' ? emit.declined(refusal) : reject('not_requested')
    }),
    cancel: command((order) => {
      if (order.status === 'requested' || order.status === 'placed') return emit.cancelled({})
      return reject(order.status === 'cancelled' ? 'already_cancelled' : 'not_cancellable')
    }),
  }),
})
