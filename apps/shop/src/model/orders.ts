/** The table of a customer's orders, by order id. */
import * as v from 'valibot'
import { defineTable } from 'varve'
import { Lines } from './line.ts'
import { SumCents } from './money.ts'
import { Order, orderStatuses } from './order.ts'
import { Refusal } from './reservation.ts'

const Row = v.object({
  status: v.picklist(orderStatuses),
  lines: Lines,
  totalCents: SumCents,
  /** By the clock of the device that asked. */
  requestedAt: v.number(),
  /** Whether the server has placed the newest event of it, our own wish included. */
  placedInLog: v.boolean(),
  refusal: v.nullable(Refusal),
})
export type OrderRow = v.InferOutput<typeof Row>

export const Orders = defineTable('orders', {
  from: [Order],
  key: (event) => event.streamId,
  row: Row,
  indexes: ['requestedAt'],
  on: {
    'order.requested': (_row, { data, position }) => ({
      status: 'requested',
      lines: data.lines,
      totalCents: data.totalCents,
      requestedAt: data.at,
      placedInLog: position !== null,
      refusal: null,
    }),
    'order.placed': (row) => (row ? { ...row, status: 'placed', placedInLog: true } : null),
    'order.declined': (row, { data }) =>
      row ? { ...row, status: 'declined', placedInLog: true, refusal: data } : null,
    'order.cancelled': (row, { position }) =>
      row ? { ...row, status: 'cancelled', placedInLog: position !== null } : null,
  },
})
