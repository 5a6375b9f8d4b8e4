/** `product/<sku>`: what the shop sells. Staff change it; everybody reads it. */
import * as v from 'valibot'
import { defineStream, event } from 'varve'
import { PriceCents } from './money.ts'

export const artShapes = [
  'leaf',
  'cup',
  'page',
  'plant',
  'weave',
  'lamp',
  'pan',
  'tent',
  'block',
  'wave',
  'drop',
  'desk',
] as const
export type ArtShape = (typeof artShapes)[number]

const Colour = v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/))
const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(80))

/** How a picture of it is drawn (src/art). */
export const Art = v.object({
  shape: v.picklist(artShapes),
  background: Colour,
  accent: Colour,
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x7fff_ffff)),
})
export type Art = v.InferOutput<typeof Art>

export const ProductDetails = v.object({
  name: Text,
  category: Text,
  type: Text,
  variant: v.object({ material: Text, unit: Text, colour: Text }),
  currency: v.literal('EUR'),
  taxClass: v.picklist(['standard', 'reduced']),
  weightGrams: v.pipe(v.number(), v.integer(), v.minValue(1)),
  description: v.pipe(v.string(), v.maxLength(600)),
  tags: v.pipe(v.array(Text), v.maxLength(12)),
  art: Art,
})

const Listed = v.object({ ...ProductDetails.entries, priceCents: PriceCents })

interface ProductState {
  readonly listed: boolean
  /** 0 before it is listed. */
  readonly priceCents: number
}

const unlisted: ProductState = { listed: false, priceCents: 0 }

export const Product = defineStream('product', {
  initial: unlisted,
  events: {
    listed: event(Listed),
    priceChanged: event(v.object({ fromCents: PriceCents, priceCents: PriceCents })),
  },
  evolve: {
    listed: (_product, { priceCents }) => ({ listed: true, priceCents }),
    priceChanged: (product, { priceCents }) => ({ ...product, priceCents }),
  },
  commands: ({ command, emit, reject }) => ({
    list: command(Listed, (product, details) =>
      product.listed ? reject('already_listed') : emit.listed(details),
    ),
    // `seenCents`: two people who change one price without knowing of each other are not both right.
    changePrice: command(
      v.object({ seenCents: PriceCents, priceCents: PriceCents }),
      (product, { seenCents, priceCents }) => {
        if (!product.listed) return reject('not_listed')
        if (product.priceCents === priceCents) return reject('same_price')
        if (product.priceCents !== seenCents) return reject('price_moved', { priceCents: product.priceCents })
        return emit.priceChanged({ fromCents: product.priceCents, priceCents })
      },
    ),
  }),
})
