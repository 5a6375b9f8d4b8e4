/** The table behind every list of products: all that a card, a search and a product page show, but the stock. */
import * as v from 'valibot'
import { defineTable } from 'varve'
import { PriceCents } from './money.ts'
import { Product, ProductDetails } from './product.ts'

const Row = v.object({
  ...ProductDetails.entries,
  priceCents: PriceCents,
  /** The price before the last change, or null. */
  wasCents: v.nullable(PriceCents),
  /** True while the price is our own change that the server has not placed. */
  pricePending: v.boolean(),
})
export type CatalogueRow = v.InferOutput<typeof Row>

export const Catalogue = defineTable('catalogue', {
  from: [Product],
  key: (event) => event.streamId,
  row: Row,
  on: {
    'product.listed': (_row, { data }) => ({ ...data, wasCents: null, pricePending: false }),
    'product.priceChanged': (row, { data, position }) =>
      row === undefined
        ? null
        : { ...row, priceCents: data.priceCents, wasCents: data.fromCents, pricePending: position === null },
  },
})
