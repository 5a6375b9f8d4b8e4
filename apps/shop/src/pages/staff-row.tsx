/** One product for staff: its price and its stock, each with a small form. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { useStore } from 'varve/react'
import { ProductArt } from '../art/product-art.tsx'
import { perform } from '../data/perform.ts'
import type { ProductItem } from '../data/use-catalogue.ts'
import { formatCents, parseCents } from '../model/money.ts'
import { Product } from '../model/product.ts'
import { Stock } from '../model/stock.ts'
import type { StockRow } from '../model/stock-levels.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { showToast } from '../ui/toast.tsx'

interface Props {
  readonly item: ProductItem
  readonly stock: StockRow
}

export function StaffRow({ item, stock }: Props) {
  return (
    <article
      aria-label={item.name}
      className="grid gap-4 rounded-3xl border border-line bg-surface p-4 md:grid-cols-[1fr_auto_auto] md:items-center md:gap-6"
    >
      <div className="flex min-w-0 items-center gap-4">
        <ProductArt art={item.art} className="size-14 shrink-0 rounded-2xl" />
        <div className="min-w-0">
          <h2 className="truncate font-sans font-semibold">{item.name}</h2>
          <p className="truncate text-muted text-sm">
            {item.sku}, {item.variant.unit}
          </p>
        </div>
      </div>
      <PriceForm item={item} />
      <StockForm item={item} stock={stock} />
    </article>
  )
}

function PriceForm({ item }: { readonly item: ProductItem }) {
  const store = useStore()
  const [text, setText] = useState('')
  const cents = parseCents(text)
  const submit = async () => {
    if (cents === null) return showToast('That is no price. Write it like 12.50.', { tone: 'bad' })
    const wish = Product.commands.changePrice(item.sku, { seenCents: item.priceCents, priceCents: cents })
    if ((await perform(store.dispatch(wish))) !== null) setText('')
  }
  return (
    <InlineForm
      label={`New price of ${item.name}, in euros`}
      value={text}
      placeholder="12.50"
      button="Set price"
      onChange={setText}
      onSubmit={submit}
    >
      <span className="font-semibold tabular-nums">{formatCents(item.priceCents)}</span>
      {item.pricePending && <Badge tone="warn">Not sent yet</Badge>}
    </InlineForm>
  )
}

function StockForm({ item, stock }: Props) {
  const store = useStore()
  const [text, setText] = useState('')
  const submit = async () => {
    const by = Number(text.replace('−', '-'))
    if (!Number.isInteger(by) || text.trim() === '') {
      return showToast('Write how many came or went, like 5 or -2.', { tone: 'bad' })
    }
    if ((await perform(store.dispatch(Stock.commands.adjust(item.sku, { by })))) !== null) setText('')
  }
  return (
    <InlineForm
      label={`Change the stock of ${item.name} by`}
      value={text}
      placeholder="+5 or -2"
      button="Adjust"
      onChange={setText}
      onSubmit={submit}
    >
      <span className="font-semibold tabular-nums">{stock.free} free</span>
      {stock.reserved > 0 && (
        <span className="text-muted text-sm tabular-nums">{stock.reserved} reserved</span>
      )}
      {stock.pending && <Badge tone="warn">Not sent yet</Badge>}
    </InlineForm>
  )
}

interface InlineFormProps {
  readonly label: string
  readonly value: string
  readonly placeholder: string
  readonly button: string
  readonly onChange: (value: string) => void
  readonly onSubmit: () => unknown
  readonly children: ReactNode
}

function InlineForm({ label, value, placeholder, button, onChange, onSubmit, children }: InlineFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void onSubmit()
  }
  return (
    <form onSubmit={submit} className="grid gap-1.5 md:w-64">
      <p className="flex min-h-6 items-center gap-2 whitespace-nowrap">{children}</p>
      <div className="flex gap-2">
        <input
          aria-label={label}
          value={value}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
          className="h-10 w-full min-w-0 rounded-full border border-line-strong bg-paper px-4 tabular-nums placeholder:text-muted"
        />
        <Button type="submit" look="quiet" size="small" className="min-h-10">
          {button}
        </Button>
      </div>
    </form>
  )
}
