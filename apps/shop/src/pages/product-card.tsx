/** One product in a list: picture, name, price, what is left, and a button to take it. */
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { memo } from 'react'
import { ProductArt } from '../art/product-art.tsx'
import type { ProductItem } from '../data/use-catalogue.ts'
import { formatCents } from '../model/money.ts'
import { StockAdvice } from '../ui/stock-advice.tsx'

interface Props {
  readonly item: ProductItem
  readonly free: number
  /** Absent where nobody can buy. */
  readonly onAdd?: ((item: ProductItem) => void) | undefined
}

export const ProductCard = memo(function ProductCard({ item, free, onAdd }: Props) {
  return (
    <article className="card-row group relative flex flex-col gap-3 rounded-2xl">
      <div className="relative overflow-hidden rounded-2xl bg-sunken">
        <ProductArt
          art={item.art}
          className={`aspect-square w-full transition-transform duration-300 motion-safe:group-hover:scale-[1.03] ${free === 0 ? 'opacity-55 saturate-50' : ''}`}
        />
        {onAdd !== undefined && free > 0 && (
          <button
            type="button"
            aria-label={`Add ${item.name} to the cart`}
            className="absolute right-2.5 bottom-2.5 z-10 grid size-11 place-items-center rounded-full bg-surface text-ink shadow-lift transition-colors hover:bg-accent hover:text-accent-ink"
            onClick={() => onAdd(item)}
          >
            <Plus className="size-5" aria-hidden="true" />
          </button>
        )}
      </div>
      <div className="px-0.5">
        <h3 className="font-semibold leading-snug">
          {/* The whole card is the link's target; the button lies above it. */}
          <Link
            to="/product/$sku"
            params={{ sku: item.sku }}
            className="after:absolute after:inset-0 after:rounded-2xl group-hover:underline group-hover:underline-offset-4"
          >
            {item.name}
          </Link>
        </h3>
        <p className="mt-0.5 truncate text-muted text-sm">
          {item.variant.material}, {item.variant.unit}
        </p>
        <div className="mt-1.5 flex flex-wrap items-baseline justify-between gap-x-3 gap-y-0.5">
          <Price item={item} />
          <p className="text-sm">
            <StockAdvice free={free} />
          </p>
        </div>
      </div>
    </article>
  )
})

export function Price({ item }: { readonly item: Pick<ProductItem, 'priceCents' | 'wasCents'> }) {
  const isLower = item.wasCents !== null && item.wasCents > item.priceCents
  return (
    <span className="tabular-nums">
      {isLower && item.wasCents !== null && (
        <del className="mr-2 text-muted text-sm">
          <span className="sr-only">was </span>
          {formatCents(item.wasCents)}
        </del>
      )}
      {formatCents(item.priceCents)}
    </span>
  )
}
