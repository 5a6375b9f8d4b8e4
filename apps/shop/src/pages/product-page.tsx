/** One product: what it is, what it costs, how many are left, and more like it. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronRight, PackageX, ShoppingBag } from 'lucide-react'
import { useState } from 'react'
import { ProductArt } from '../art/product-art.tsx'
import { useAddToCart } from '../data/use-add-to-cart.ts'
import { type ProductItem, useCatalogue } from '../data/use-catalogue.ts'
import { piecesPerLineMax } from '../model/line.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Empty, PageSkeleton, useTitle } from '../ui/page.tsx'
import { Quantity } from '../ui/quantity.tsx'
import { StockAdvice } from '../ui/stock-advice.tsx'
import { Price, ProductCard } from './product-card.tsx'
import { gridClass } from './product-grid.tsx'

const route = getRouteApi('/product/$sku')

export function ProductPage() {
  const { sku } = route.useParams()
  const { items, bySku, arriving, unreachable } = useCatalogue()
  const row = bySku.get(sku)
  useTitle(row?.name ?? 'Product')
  if (row === undefined && arriving && !unreachable) return <PageSkeleton />
  if (row === undefined) {
    return (
      <div className="pt-10">
        <Empty
          icon={PackageX}
          title="This product is not here"
          action={
            <Link to="/" className={buttonClass({ look: 'quiet' })}>
              Back to the shop
            </Link>
          }
        >
          {unreachable
            ? 'The catalogue has not arrived on this device yet.'
            : 'There is nothing with this number.'}
        </Empty>
      </div>
    )
  }
  const item: ProductItem = { ...row, sku }
  const alike = items.filter((other) => other.type === item.type && other.sku !== sku).slice(0, 4)
  return (
    <>
      <nav aria-label="Breadcrumb" className="pt-6 pb-4 text-muted text-sm md:pt-8">
        <ol className="flex items-center gap-1.5">
          <li>
            <Link to="/" className="hover:text-ink hover:underline">
              Shop
            </Link>
          </li>
          <ChevronRight className="size-4" aria-hidden="true" />
          <li>
            <Link to="/" search={{ category: item.category }} className="hover:text-ink hover:underline">
              {item.category}
            </Link>
          </li>
        </ol>
      </nav>
      <div className="grid gap-8 md:grid-cols-2 md:gap-12">
        <div className="overflow-hidden rounded-3xl bg-sunken">
          <ProductArt art={item.art} className="aspect-square w-full" />
        </div>
        <Details key={sku} item={item} />
      </div>
      {alike.length > 0 && <Alike items={alike} />}
    </>
  )
}

function Details({ item }: { readonly item: ProductItem }) {
  const [quantity, setQuantity] = useState(1)
  const { free } = useCatalogue().stockOf(item.sku)
  const onAdd = useAddToCart()
  return (
    <div className="self-center">
      <p className="text-muted">{item.category}</p>
      <h1 className="mt-1 text-3xl md:text-5xl">{item.name}</h1>
      <p className="mt-4 text-2xl">
        <Price item={item} />
      </p>
      <p className="mt-1 text-muted text-sm">Price includes tax.</p>
      <p className="mt-6 max-w-prose leading-relaxed">{item.description}</p>
      {onAdd !== undefined && (
        <div className="mt-8 flex flex-wrap items-center gap-4">
          <Quantity
            value={quantity}
            max={piecesPerLineMax}
            label={`Pieces of ${item.name}`}
            onChange={setQuantity}
          />
          <Button size="large" disabled={free === 0} onClick={() => onAdd(item, quantity)}>
            <ShoppingBag className="size-5" aria-hidden="true" />
            Add to cart
          </Button>
        </div>
      )}
      <p className="mt-4">
        <StockAdvice free={free} always />
      </p>
      <dl className="mt-8 grid grid-cols-[auto_1fr] gap-x-8 gap-y-2 border-line border-t pt-6 text-sm">
        <Fact name="Made of" value={item.variant.material} />
        <Fact name="Size" value={item.variant.unit} />
        <Fact name="Colour" value={item.variant.colour} />
        <Fact name="Weight" value={`${item.weightGrams} g`} />
        <Fact name="Number" value={item.sku} />
      </dl>
    </div>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

function Alike({ items }: { readonly items: readonly ProductItem[] }) {
  const { stockOf } = useCatalogue()
  return (
    <section aria-labelledby="alike" className="mt-16 md:mt-24">
      <h2 id="alike" className="mb-6 text-2xl">
        More like this
      </h2>
      <ul className={gridClass}>
        {items.map((item) => (
          <li key={item.sku}>
            <ProductCard item={item} free={stockOf(item.sku).free} />
          </li>
        ))}
      </ul>
    </section>
  )
}
