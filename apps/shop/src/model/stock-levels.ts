/** The table of what is free and what is reserved, by sku. To a customer it is advice, never a promise. */
import * as v from 'valibot'
import { defineTable } from 'varve'
import { Stock } from './stock.ts'

const Row = v.object({
  free: v.number(),
  reserved: v.number(),
  /** True while our own change of it is not placed. */
  pending: v.boolean(),
})
export type StockRow = v.InferOutput<typeof Row>

const none: StockRow = { free: 0, reserved: 0, pending: false }

export const StockLevels = defineTable('stockLevels', {
  from: [Stock],
  key: (event) => event.streamId,
  row: Row,
  on: {
    'stock.received': (row = none, { data, position }) => ({
      ...row,
      free: row.free + data.pieces,
      pending: position === null,
    }),
    'stock.adjusted': (row = none, { data, position }) => ({
      ...row,
      free: row.free + data.by,
      pending: position === null,
    }),
    'stock.reserved': (row = none, { data }) => ({
      ...row,
      free: row.free - data.pieces,
      reserved: row.reserved + data.pieces,
    }),
    'stock.released': (row = none, { data }) => ({
      ...row,
      free: row.free + data.pieces,
      reserved: row.reserved - data.pieces,
    }),
  },
})
