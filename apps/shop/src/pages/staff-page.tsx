/** For staff: prices and stock, one product a row. Works offline like everything else. */
import { SearchX, Store } from 'lucide-react'
import { useState } from 'react'
import { type ProductItem, useCatalogue } from '../data/use-catalogue.ts'
import { useSearch } from '../data/use-search.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, Page, PageSkeleton } from '../ui/page.tsx'
import { selectItems } from './browse-filter.ts'
import { StaffRow } from './staff-row.tsx'

const step = 20

export function StaffPage() {
  const isStaff = useCurrentUser().role === 'staff'
  const { items, stockOf, arriving } = useCatalogue()
  const [query, setQuery] = useState('')
  const [shown, setShown] = useState(step)
  const found = useSearch(items, query)
  const rows: readonly ProductItem[] = selectItems(items, found, {
    sort: found === null ? 'name' : undefined,
  })

  if (!isStaff) {
    return (
      <Page title="Stock and prices">
        <Empty icon={Store} title="This page is for staff">
          Sign in as staff to change prices and stock.
        </Empty>
      </Page>
    )
  }
  if (arriving) return <PageSkeleton />
  return (
    <Page title="Stock and prices" lead="Changes are saved here at once and sent when there is a connection.">
      <label className="mb-5 block max-w-md">
        <span className="mb-1.5 block font-medium text-sm">Find a product</span>
        <input
          type="text"
          inputMode="search"
          placeholder="Name, type or number"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setShown(step)
          }}
          className="h-11 w-full rounded-full border border-line-strong bg-surface px-4 placeholder:text-muted hover:border-ink"
        />
      </label>
      {rows.length === 0 ? (
        <Empty icon={SearchX} title="Nothing like that here" />
      ) : (
        <ul className="grid gap-3">
          {rows.slice(0, shown).map((item) => (
            <li key={item.sku}>
              <StaffRow item={item} stock={stockOf(item.sku)} />
            </li>
          ))}
        </ul>
      )}
      {shown < rows.length && (
        <div className="mt-6 text-center">
          <Button look="quiet" onClick={() => setShown(shown + step)}>
            Show more
          </Button>
        </div>
      )}
    </Page>
  )
}
