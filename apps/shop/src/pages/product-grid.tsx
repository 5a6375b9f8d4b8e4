/** A grid of products that grows as one scrolls. How far it had grown is remembered, so that "back" finds its place. */
import { useEffect, useRef, useState } from 'react'
import type { ProductItem } from '../data/use-catalogue.ts'
import { ProductCard } from './product-card.tsx'

const step = 24
const grownByList = new Map<string, number>()

export const gridClass = 'grid grid-cols-2 gap-x-4 gap-y-8 sm:grid-cols-3 lg:grid-cols-4 lg:gap-x-6'

interface Props {
  /** Names the list: another filter is another list. */
  readonly list: string
  readonly items: readonly ProductItem[]
  readonly freeOf: (sku: string) => number
  readonly onAdd?: ((item: ProductItem) => void) | undefined
}

export function ProductGrid({ list, items, freeOf, onAdd }: Props) {
  const [, setGrown] = useState(0)
  const shown = grownByList.get(list) ?? step
  const more = shown < items.length
  const end = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const node = end.current
    if (node === null || !more) return
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return
        grownByList.set(list, shown + step)
        setGrown(shown + step)
      },
      { rootMargin: '900px' },
    )
    observer.observe(node)
    return () => observer.disconnect()
  }, [list, shown, more])

  return (
    <>
      <ul className={gridClass}>
        {items.slice(0, shown).map((item) => (
          <li key={item.sku}>
            <ProductCard item={item} free={freeOf(item.sku)} onAdd={onAdd} />
          </li>
        ))}
      </ul>
      <div ref={end} className={more ? 'h-40' : 'h-0'} />
    </>
  )
}

export function GridSkeleton() {
  return (
    <ul aria-hidden="true" className={gridClass}>
      {Array.from({ length: 12 }, (_, i) => (
        <li key={i} className="flex flex-col gap-3">
          <div className="skeleton aspect-square w-full rounded-2xl" />
          <div className="skeleton h-5 w-3/4" />
          <div className="skeleton h-4 w-1/2" />
        </li>
      ))}
    </ul>
  )
}
