/** The shop in small: an order on a customer's log, answered by the stock of the shop's log, in two hops. */

import { appendFileSync } from 'node:fs'
import * as v from 'valibot'
import { defineModel, defineStream, event } from 'varve/core'
import { defineEffect, type EffectDefinition } from '../effect.ts'
import { definePolicy } from '../policy.ts'

interface OrderState {
  readonly status: 'none' | 'requested' | 'placed' | 'declined'
}

const noOrder: OrderState = { status: 'none' }

const Request = v.object({ sku: v.string(), quantity: v.number() })

export const Order = defineStream('order', {
  initial: noOrder,
  events: {
    requested: event(Request),
    placed: event(v.object({})),
    declined: event(v.object({ reason: v.string() })),
  },
  evolve: {
    requested: (_order) => ({ status: 'requested' }),
    placed: (_order) => ({ status: 'placed' }),
    declined: (_order) => ({ status: 'declined' }),
  },
  commands: ({ command, emit, reject }) => ({
    request: command(Request, (order, request) =>
      order.status === 'none' ? emit.requested(request) : reject('already_requested'),
    ),
    place: command((order) => (order.status === 'requested' ? emit.placed({}) : reject('not_requested'))),
    decline: command(v.object({ reason: v.string() }), (order, input) =>
      order.status === 'requested' ? emit.declined(input) : reject('not_requested'),
    ),
  }),
})

const Quantity = v.object({ quantity: v.number() })
const Reserve = v.object({ quantity: v.number(), orderId: v.string() })

export const Stock = defineStream('stock', {
  initial: { free: 0, reserved: 0 },
  events: { received: event(Quantity), reserved: event(Reserve) },
  evolve: {
    received: (stock, { quantity }) => ({ ...stock, free: stock.free + quantity }),
    reserved: (stock, { quantity }) => ({ free: stock.free - quantity, reserved: stock.reserved + quantity }),
  },
  commands: ({ command, emit, reject }) => ({
    receive: command(Quantity, (_stock, input) => emit.received(input)),
    reserve: command(Reserve, (stock, input) =>
      stock.free < input.quantity ? reject('sold_out') : emit.reserved(input),
    ),
  }),
})

interface ReservationState {
  readonly outcome: 'none' | 'made' | 'refused'
}

const noReservation: ReservationState = { outcome: 'none' }

export const Reservation = defineStream('reservation', {
  initial: noReservation,
  events: { made: event(v.object({})), refused: event(v.object({ reason: v.string() })) },
  evolve: {
    made: (_reservation) => ({ outcome: 'made' }),
    refused: (_reservation) => ({ outcome: 'refused' }),
  },
  commands: ({ command, emit }) => ({
    make: command(() => emit.made({})),
    refuse: command(v.object({ reason: v.string() }), (_reservation, input) => emit.refused(input)),
  }),
})

export const market = defineModel('market', { logs: { shop: [Stock, Reservation], customer: [Order] } })

export const fulfilment = definePolicy('fulfilment', {
  from: [Order],
  on: {
    'order.requested': async ({ streamId: orderId, data: { sku, quantity } }, { read }) => {
      const { free } = await read('shop', Stock, sku)
      if (free < quantity)
        return { log: 'shop', commands: [Reservation.commands.refuse(orderId, { reason: 'sold_out' })] }
      return {
        log: 'shop',
        commands: [Stock.commands.reserve(sku, { quantity, orderId }), Reservation.commands.make(orderId)],
      }
    },
  },
})

export const settlement = definePolicy('settlement', {
  from: [Reservation],
  revealOrigin: true,
  on: {
    'reservation.made': ({ streamId }, { origin }) =>
      origin && { log: origin.log, commands: [Order.commands.place(streamId)] },
    'reservation.refused': ({ streamId, data }, { origin }) =>
      origin && { log: origin.log, commands: [Order.commands.decline(streamId, data)] },
  },
})

/** Where the courier of a server on this log file leaves what was sent. */
export const mailOf = (file: string): string => `${file}.mail`

/** Writes to the customer what became of an order: a line with the order and the key, in a file of the world's. */
export function courier(mailFile: string, sent: () => void = () => {}): EffectDefinition {
  const send = async (id: string, key: string): Promise<null> => {
    appendFileSync(mailFile, `${id} ${key}\n`)
    sent()
    return null
  }
  return defineEffect('courier', {
    from: [Order],
    on: {
      'order.placed': ({ streamId }, { key }) => send(streamId, key),
      'order.declined': ({ streamId }, { key }) => send(streamId, key),
    },
  })
}
