import { given } from 'varve/testing'
import { test } from 'vitest'
import { Product } from './product.ts'

const { list, changePrice } = Product.commands
const mug = {
  name: 'Aldra mug',
  category: 'Ceramics',
  type: 'mug',
  variant: { material: 'stoneware', unit: '300 ml', colour: 'Chalk' },
  currency: 'EUR' as const,
  taxClass: 'standard' as const,
  weightGrams: 300,
  description: 'A mug.',
  tags: ['mug'],
  art: { shape: 'cup' as const, background: '#f3efe6', accent: '#a9b4bd', seed: 1 },
  priceCents: 1250,
}

test('a product is listed once', () => {
  given(Product).when(list, mug).expect(['listed', mug])
  given(Product, ['listed', mug]).when(list, mug).expectRejected('already_listed')
})

test('a price is changed by somebody who has seen the present one', () => {
  given(Product, ['listed', mug])
    .when(changePrice, { seenCents: 1250, priceCents: 1100 })
    .expect(['priceChanged', { fromCents: 1250, priceCents: 1100 }])
})

test('two people change one price without knowing of each other: the second is asked', () => {
  given(Product, ['listed', mug])
    .theirs(['priceChanged', { fromCents: 1250, priceCents: 1300 }])
    .when(changePrice, { seenCents: 1250, priceCents: 1100 })
    .expectRejected('price_moved', { priceCents: 1300 })
})

test('a price that does not change, or of nothing, is refused', () => {
  given(Product, ['listed', mug])
    .when(changePrice, { seenCents: 1250, priceCents: 1250 })
    .expectRejected('same_price')
  given(Product).when(changePrice, { seenCents: 1250, priceCents: 1100 }).expectRejected('not_listed')
})
