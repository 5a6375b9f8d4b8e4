/** A product in a cart or an order: its picture and name, and whatever is said about it. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ProductArt } from '../art/product-art.tsx'
import type { CatalogueRow } from '../model/catalogue.ts'

interface Props {
  readonly sku: string
  readonly product: CatalogueRow | undefined
  readonly children: ReactNode
}

export function LineHead({ sku, product, children }: Props) {
  return (
    <div className="flex gap-4 py-4 md:py-5">
      <div className="size-20 shrink-0 overflow-hidden rounded-2xl bg-sunken md:size-24">
        {product !== undefined && <ProductArt art={product.art} className="size-full" />}
      </div>
      <div className="min-w-0 flex-1">
        <h3 className="font-semibold leading-snug">
          <Link to="/product/$sku" params={{ sku }} className="hover:underline hover:underline-offset-4">
            {product?.name ?? sku}
          </Link>
        </h3>
        {children}
      </div>
    </div>
  )
}
