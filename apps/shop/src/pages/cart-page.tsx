/** The cart: how many of what, and what it comes to. */
import { Link } from '@tanstack/react-router'
import { ArrowRight, ShoppingBag, Trash2 } from 'lucide-react'
import { useSync } from 'varve/react'
import { perform } from '../data/perform.ts'
import { type CartLine, useCart } from '../data/use-cart.ts'
import { useUnsentFate } from '../data/use-unsent-fate.ts'
import { piecesOf, piecesPerLineMax, totalOf } from '../model/line.ts'
import { formatCents } from '../model/money.ts'
import { mayBeLost } from '../shell/status-words.ts'
import { Badge } from '../ui/badge.tsx'
import { buttonClass } from '../ui/button.tsx'
import { Card, Empty, Page } from '../ui/page.tsx'
import { Quantity } from '../ui/quantity.tsx'
import { StockAdvice } from '../ui/stock-advice.tsx'
import { showToast } from '../ui/toast.tsx'
import { LineHead } from './line-head.tsx'

export function CartPage() {
  const { lines, pending } = useCart()
  const isSent = useUnsentFate(pending)?.status === 'sent'
  const isAtRisk = mayBeLost(useSync())
  if (lines.length === 0) {
    return (
      <Page title="Your cart">
        <Empty
          icon={ShoppingBag}
          title="Nothing in it yet"
          action={
            <Link to="/" className={buttonClass()}>
              Go to the shop
            </Link>
          }
        >
          What you put in stays here, on all your devices, with or without a connection.
        </Empty>
      </Page>
    )
  }
  const pieces = piecesOf(lines)
  return (
    <Page title="Your cart" lead={`${pieces} ${pieces === 1 ? 'piece' : 'pieces'}`}>
      <div className="grid items-start gap-6 lg:grid-cols-[1fr_20rem]">
        <Card className="px-4 md:px-6">
          <h2 className="sr-only">What is in it</h2>
          <ul className="divide-y divide-line">
            {lines.map((line) => (
              <li key={line.sku}>
                <Line line={line} />
              </li>
            ))}
          </ul>
        </Card>
        <Card className="p-6 lg:sticky lg:top-24">
          <h2 className="text-xl">Summary</h2>
          <dl className="mt-4 flex items-baseline justify-between">
            <dt className="text-muted">Total</dt>
            <dd className="font-semibold text-2xl tabular-nums">{formatCents(totalOf(lines))}</dd>
          </dl>
          <p className="mt-1 text-muted text-sm">Tax included, delivery is free.</p>
          <Link to="/checkout" className={`mt-6 w-full ${buttonClass({ size: 'large' })}`}>
            Check out
            <ArrowRight className="size-5" aria-hidden="true" />
          </Link>
          <p className="mt-4 flex min-h-6 justify-center">
            {pending.length > 0 && (
              <Badge tone={isSent ? 'accent' : 'warn'}>{unsentWords(isSent, isAtRisk)}</Badge>
            )}
          </p>
        </Card>
      </div>
    </Page>
  )
}

function unsentWords(isSent: boolean, isAtRisk: boolean): string {
  if (isSent) return 'Sent, not final yet'
  return isAtRisk ? 'Not sent, may be lost' : 'Saved here, not sent yet'
}

function Line({ line }: { readonly line: CartLine }) {
  const { commands } = useCart()
  const { sku, quantity, priceCents, seenCents, free, product } = line
  const name = product?.name ?? sku
  const remove = async () => {
    if ((await perform(commands.removeItem({ sku }))) === null) return
    const undo = () => void perform(commands.addItem({ sku, quantity, priceCents: seenCents }))
    showToast(`${name} was removed.`, { action: { label: 'Undo', run: undo } })
  }
  return (
    <LineHead sku={sku} product={product}>
      <p className="mt-0.5 text-muted text-sm tabular-nums">{formatCents(priceCents)} each</p>
      {priceCents !== seenCents && (
        <p className="mt-1 text-sm text-warn">It was {formatCents(seenCents)} when you put it in.</p>
      )}
      {free < quantity && (
        <p className="mt-1 text-sm">
          <StockAdvice free={free} always />
        </p>
      )}
      <div className="mt-3 flex flex-wrap items-center justify-between gap-3">
        <div className="flex items-center gap-2">
          <Quantity
            value={quantity}
            max={piecesPerLineMax}
            label={`Pieces of ${name}`}
            onChange={(next) => void perform(commands.changeQuantity({ sku, quantity: next }))}
          />
          <button
            type="button"
            aria-label={`Remove ${name}`}
            className="grid size-10 place-items-center rounded-full text-muted hover:bg-bad-soft hover:text-bad"
            onClick={remove}
          >
            <Trash2 className="size-4.5" aria-hidden="true" />
          </button>
        </div>
        <p className="font-semibold tabular-nums">{formatCents(priceCents * quantity)}</p>
      </div>
    </LineHead>
  )
}
