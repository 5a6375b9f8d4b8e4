/**
 * `stock/<sku>`: how many pieces there are. Staff count them, the policy `fulfilment` reserves them; customers never
 * write here.
 *
 * Invariant: received + adjusted = free + reserved, and neither is ever below zero.
 */
import * as v from 'valibot'
import { defineStream, event } from 'varve'
import { OrderId, Quantity } from './line.ts'

const piecesMax = 100_000
const Pieces = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(piecesMax))
const Change = v.pipe(v.number(), v.integer(), v.minValue(-piecesMax), v.maxValue(piecesMax))
const Reserved = v.object({ orderId: OrderId, pieces: Quantity })

interface StockState {
  readonly free: number
  /** Pieces by the order they are kept for. */
  readonly reservedByOrder: Readonly<Record<string, number>>
}

const none: StockState = { free: 0, reservedByOrder: {} }

export const Stock = defineStream('stock', {
  initial: none,
  events: {
    received: event(v.object({ pieces: Pieces })),
    adjusted: event(v.object({ by: Change })),
    reserved: event(Reserved),
    released: event(Reserved),
  },
  evolve: {
    received: (stock, { pieces }) => ({ ...stock, free: stock.free + pieces }),
    adjusted: (stock, { by }) => ({ ...stock, free: stock.free + by }),
    reserved: (stock, { orderId, pieces }) => ({
      free: stock.free - pieces,
      reservedByOrder: { ...stock.reservedByOrder, [orderId]: pieces },
    }),
    released: (stock, { orderId, pieces }) => {
      const { [orderId]: _gone, ...others } = stock.reservedByOrder
      return { free: stock.free + pieces, reservedByOrder: others }
    },
  },
  commands: ({ command, emit, reject }) => ({
    receive: command(v.object({ pieces: Pieces }), (stock, { pieces }) =>
      stock.free + pieces > piecesMax ? reject('too_many') : emit.received({ pieces }),
    ),
    // A difference, not a count: two people who each take one broken cup off the shelf are both right.
    adjust: command(v.object({ by: Change }), (stock, { by }) => {
      if (by === 0) return reject('no_change')
      if (stock.free + by < 0) return reject('out_of_stock', { free: stock.free })
      return stock.free + by > piecesMax ? reject('too_many') : emit.adjusted({ by })
    }),
    reserve: command(Reserved, (stock, { orderId, pieces }) => {
      if (orderId in stock.reservedByOrder) return reject('already_reserved')
      return pieces > stock.free
        ? reject('out_of_stock', { free: stock.free })
        : emit.reserved({ orderId, pieces })
    }),
    release: command(v.object({ orderId: OrderId }), (stock, { orderId }) => {
      const pieces = stock.reservedByOrder[orderId]
      return pieces === undefined ? reject('not_reserved') : emit.released({ orderId, pieces })
    }),
  }),
})
