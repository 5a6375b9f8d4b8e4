/** The last look before ordering. What is seen here is what is ordered, at these prices or not at all. */
import { Link, useNavigate } from '@tanstack/react-router'
import { CloudOff, ShoppingBag } from 'lucide-react'
import { useState } from 'react'
import { useStore, useSync } from 'varve/react'
import { perform } from '../data/perform.ts'
import { useCart } from '../data/use-cart.ts'
import { Cart } from '../model/cart.ts'
import { totalOf } from '../model/line.ts'
import { formatCents } from '../model/money.ts'
import { Order } from '../model/order.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { Card, Empty, Page } from '../ui/page.tsx'
import { StockAdvice } from '../ui/stock-advice.tsx'
import { LineHead } from './line-head.tsx'

export function CheckoutPage() {
  const { lines, generation } = useCart()
  const { phase } = useSync()
  const user = useCurrentUser()
  const store = useStore()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)

  const placeOrder = async () => {
    setBusy(true)
    const orderId = crypto.randomUUID()
    const wanted = lines.map(({ sku, quantity, priceCents }) => ({ sku, quantity, priceCents }))
    // One commit: the cart is emptied and the order exists, or neither.
    const placed = await perform(
      store.dispatch([
        Cart.commands.checkOut(user.id, { orderId, generation, lines: wanted }),
        Order.commands.request(orderId, { lines: wanted }),
      ]),
    )
    if (placed === null) return setBusy(false)
    await navigate({ to: '/orders/$orderId', params: { orderId }, replace: true })
  }

  if (lines.length === 0 && !busy) {
    return (
      <Page title="Check out">
        <Empty
          icon={ShoppingBag}
          title="There is nothing to order"
          action={
            <Link to="/" className={buttonClass()}>
              Go to the shop
            </Link>
          }
        />
      </Page>
    )
  }
  return (
    <Page title="Check out" lead="Have a last look. Nothing is ordered until you say so.">
      <div className="grid items-start gap-6 lg:grid-cols-[1fr_20rem]">
        <Card className="px-4 md:px-6">
          <h2 className="sr-only">What you order</h2>
          <ul className="divide-y divide-line">
            {lines.map(({ sku, quantity, priceCents, seenCents, free, product }) => (
              <li key={sku}>
                <LineHead sku={sku} product={product}>
                  <div className="mt-1 flex flex-wrap items-baseline justify-between gap-x-4">
                    <p className="text-muted text-sm tabular-nums">
                      {quantity} × {formatCents(priceCents)}
                    </p>
                    <p className="font-semibold tabular-nums">{formatCents(quantity * priceCents)}</p>
                  </div>
                  {priceCents !== seenCents && (
                    <p className="mt-1 text-sm text-warn">
                      It was {formatCents(seenCents)} when you put it in.
                    </p>
                  )}
                  {free < quantity && (
                    <p className="mt-1 text-sm">
                      <StockAdvice free={free} always />
                    </p>
                  )}
                </LineHead>
              </li>
            ))}
          </ul>
        </Card>
        <Card className="p-6 lg:sticky lg:top-24">
          <h2 className="text-xl">For {user.name}</h2>
          <dl className="mt-4 flex items-baseline justify-between">
            <dt className="text-muted">Total</dt>
            <dd className="font-semibold text-2xl tabular-nums">{formatCents(totalOf(lines))}</dd>
          </dl>
          <p className="mt-1 text-muted text-sm">Tax included, delivery is free.</p>
          <Button size="large" className="mt-6 w-full" disabled={busy} onClick={placeOrder}>
            Place order
          </Button>
          {phase === 'offline' && (
            <p className="mt-4 flex gap-2.5 rounded-2xl bg-warn-soft p-3.5 text-sm text-warn">
              <CloudOff className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
              You are offline. Your order is kept on this device and sent by itself later; only then is the
              stock checked.
            </p>
          )}
          <Link to="/cart" className={`mt-3 w-full ${buttonClass({ look: 'plain' })}`}>
            Back to the cart
          </Link>
        </Card>
      </div>
    </Page>
  )
}
