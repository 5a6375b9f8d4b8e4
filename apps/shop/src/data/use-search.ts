/** Full-text search over the catalogue, on the device. */
import MiniSearch from 'minisearch'
import { useMemo } from 'react'
import type { ProductItem } from './use-catalogue.ts'

/** Items that match, best first; null when nothing is searched for. */
export function useSearch(items: readonly ProductItem[], query: string): readonly ProductItem[] | null {
  const index = useMemo(() => createIndex(items), [items])
  const bySku = useMemo(() => new Map(items.map((item) => [item.sku, item])), [items])
  return useMemo(() => {
    if (query.trim() === '') return null
    return index.search(query).flatMap(({ id }) => bySku.get(String(id)) ?? [])
  }, [index, bySku, query])
}

function createIndex(items: readonly ProductItem[]): MiniSearch<ProductItem> {
  const index = new MiniSearch<ProductItem>({
    idField: 'sku',
    fields: ['name', 'type', 'category', 'tags', 'material', 'sku'],
    extractField: (item, field) => {
      if (field === 'material') return `${item.variant.material} ${item.variant.colour}`
      const value = (item as unknown as Record<string, unknown>)[field]
      return Array.isArray(value) ? value.join(' ') : String(value)
    },
    searchOptions: {
      prefix: true,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      combineWith: 'AND',
      boost: { name: 3, type: 2 },
    },
  })
  index.addAll(items)
  return index
}
