import { expect, test } from 'vitest'
import type { ProductItem } from '../data/use-catalogue.ts'
import { categoriesOf, selectItems } from './browse-filter.ts'

const item = (sku: string, name: string, category: string, priceCents: number, seed: number) =>
  ({ sku, name, category, priceCents, art: { seed } }) as ProductItem
const mug = item('A', 'Mug', 'Ceramics', 1200, 3)
const tea = item('B', 'Tea', 'Tea and Coffee', 500, 1)
const vase = item('C', 'Vase', 'Ceramics', 2000, 2)
const all = [mug, tea, vase]

test('without a wish the order is shuffled, and always the same', () => {
  expect(selectItems(all, null, {})).toEqual([tea, vase, mug])
})

test('by category and price', () => {
  expect(selectItems(all, null, { category: 'Ceramics', sort: 'priceUp' })).toEqual([mug, vase])
  expect(selectItems(all, null, { category: 'Ceramics', sort: 'priceDown' })).toEqual([vase, mug])
})

test('what a search found stays best first, unless an order is wished', () => {
  expect(selectItems(all, [vase, mug], {})).toEqual([vase, mug])
  expect(selectItems(all, [vase, mug], { sort: 'name' })).toEqual([mug, vase])
})

test('categories come as they are met first', () => {
  expect(categoriesOf(all)).toEqual(['Ceramics', 'Tea and Coffee'])
})
