/** The shop's front: all products, by category, by search, in some order. */
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { CloudOff, SearchX } from 'lucide-react'
import { useMemo } from 'react'
import { useAddToCart } from '../data/use-add-to-cart.ts'
import { useCatalogue } from '../data/use-catalogue.ts'
import { useSearch } from '../data/use-search.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, useTitle } from '../ui/page.tsx'
import { categoriesOf, type Sort, selectItems, sorts } from './browse-filter.ts'
import { GridSkeleton, ProductGrid } from './product-grid.tsx'

const route = getRouteApi('/')

export function BrowsePage() {
  const filter = route.useSearch()
  const { items, stockOf, arriving, unreachable } = useCatalogue()
  const found = useSearch(items, filter.q ?? '')
  const shown = useMemo(() => selectItems(items, found, filter), [items, found, filter])
  const onAdd = useAddToCart()
  const isPlain = filter.q === undefined && filter.category === undefined
  useTitle(filter.q ?? filter.category ?? 'Everyday things, made to last')

  return (
    <>
      <header className="pt-6 pb-5 md:pt-12 md:pb-7">
        <h1 className="text-3xl md:text-5xl">
          {filter.q !== undefined ? `“${filter.q}”` : (filter.category ?? 'Everyday things, made to last.')}
        </h1>
        {isPlain && (
          <p className="mt-3 max-w-prose text-muted md:text-lg">
            Browse, fill a cart and order, with or without a connection.
          </p>
        )}
      </header>
      {arriving ? (
        <CategoriesSkeleton />
      ) : (
        <Categories categories={categoriesOf(items)} current={filter.category} />
      )}
      <div className="mt-4 mb-6 flex min-h-11 items-center justify-between gap-4">
        <p role="status" className="text-muted text-sm">
          {arriving ? '' : `${shown.length} ${shown.length === 1 ? 'product' : 'products'}`}
        </p>
        <SortSelect />
      </div>
      <h2 className="sr-only">Products</h2>
      {arriving && <Arriving unreachable={unreachable} />}
      {!arriving && shown.length === 0 && (
        <Empty
          icon={SearchX}
          title="Nothing like that here"
          action={
            <Link to="/" className={buttonClass({ look: 'quiet' })}>
              Show everything
            </Link>
          }
        >
          Try another word, or look through the categories.
        </Empty>
      )}
      {!arriving && shown.length > 0 && (
        <ProductGrid
          list={JSON.stringify(filter)}
          items={shown}
          freeOf={(sku) => stockOf(sku).free}
          onAdd={onAdd}
        />
      )}
    </>
  )
}

function Arriving({ unreachable }: { readonly unreachable: boolean }) {
  if (unreachable) {
    return (
      <Empty icon={CloudOff} title="You are offline, and this is your first visit">
        The catalogue has never been on this device. It comes by itself as soon as the shop can be reached;
        after that you will not need a connection to browse.
      </Empty>
    )
  }
  return (
    <>
      <p role="status" className="mb-6 text-muted">
        Getting the catalogue…
      </p>
      <GridSkeleton />
    </>
  )
}

function Categories({
  categories,
  current,
}: {
  readonly categories: readonly string[]
  readonly current: string | undefined
}) {
  const chip =
    'inline-flex min-h-10 items-center whitespace-nowrap rounded-full border border-line bg-surface px-4 text-sm hover:border-line-strong ' +
    'aria-[current]:border-transparent aria-[current]:bg-ink aria-[current]:text-paper'
  return (
    <nav aria-label="Categories" className="-mx-4 min-h-12 md:mx-0">
      <ul className="no-scrollbar flex gap-2 overflow-x-auto px-4 py-1 md:flex-wrap md:px-0">
        <li>
          <Link
            to="/"
            search={(before) => ({ ...before, category: undefined })}
            className={chip}
            aria-current={current === undefined ? 'true' : undefined}
          >
            Everything
          </Link>
        </li>
        {categories.map((category) => (
          <li key={category}>
            <Link
              to="/"
              search={(before) => ({ ...before, category })}
              className={chip}
              aria-current={current === category ? 'true' : undefined}
            >
              {category}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** About as many and as wide as the real ones, so that what is below stays where it is. */
function CategoriesSkeleton() {
  const widths = [102, 130, 92, 100, 76, 88, 86, 84, 88, 136, 70, 130, 114]
  return (
    <ul aria-hidden="true" className="flex gap-2 overflow-hidden py-1 md:flex-wrap">
      {widths.map((width, i) => (
        <li key={i} className="skeleton h-10 shrink-0 rounded-full" style={{ width }} />
      ))}
    </ul>
  )
}

function SortSelect() {
  const { q, sort } = route.useSearch()
  const navigate = useNavigate({ from: '/' })
  return (
    <label className="flex items-center gap-2 text-muted text-sm">
      Sort by
      <select
        className="min-h-10 rounded-full border border-line bg-surface px-3 text-ink hover:border-line-strong"
        value={sort ?? (q === undefined ? 'featured' : '')}
        onChange={(event) =>
          navigate({
            search: (before) => ({ ...before, sort: (event.target.value || undefined) as Sort | undefined }),
          })
        }
      >
        {q !== undefined && <option value="">Best match</option>}
        {Object.entries(sorts).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}
