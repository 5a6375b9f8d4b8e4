/** Which products are shown and in which order: what stands in the address of the list. */
import * as v from 'valibot'
import type { ProductItem } from '../data/use-catalogue.ts'

export const sorts = {
  featured: 'Featured',
  priceUp: 'Price, low to high',
  priceDown: 'Price, high to low',
  name: 'Name',
}
export type Sort = keyof typeof sorts

export const BrowseSearch = v.object({
  q: v.optional(v.fallback(v.optional(v.string()), undefined)),
  category: v.optional(v.fallback(v.optional(v.string()), undefined)),
  sort: v.optional(v.fallback(v.optional(v.picklist(Object.keys(sorts) as Sort[])), undefined)),
})
export type BrowseSearch = v.InferOutput<typeof BrowseSearch>

// The seed of a product's picture is as good as shuffled, and the same on every device.
const orders: Record<Sort, (a: ProductItem, b: ProductItem) => number> = {
  featured: (a, b) => a.art.seed - b.art.seed,
  priceUp: (a, b) => a.priceCents - b.priceCents || a.name.localeCompare(b.name),
  priceDown: (a, b) => b.priceCents - a.priceCents || a.name.localeCompare(b.name),
  name: (a, b) => a.name.localeCompare(b.name),
}

/** `found` are the search's results, best first, or null; without a sort they stay in that order. */
export function selectItems(
  items: readonly ProductItem[],
  found: readonly ProductItem[] | null,
  { category, sort }: BrowseSearch,
): readonly ProductItem[] {
  const wanted = (found ?? items).filter((item) => category === undefined || item.category === category)
  if (found !== null && sort === undefined) return wanted
  return wanted.toSorted(orders[sort ?? 'featured'])
}

export function categoriesOf(items: readonly ProductItem[]): readonly string[] {
  return [...new Set(items.map(({ category }) => category))]
}
