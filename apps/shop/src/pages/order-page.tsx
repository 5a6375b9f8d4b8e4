/** One order: what it is, what became of it, and everything that happened to it. */
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { PackageX } from 'lucide-react'
import type { FateNowOf } from 'varve'
import { useProjection, useStore, useStream, useSync } from 'varve/react'
import { orderWords, refusalText, unsentOf } from '../data/order-words.ts'
import { perform } from '../data/perform.ts'
import { useCatalogue } from '../data/use-catalogue.ts'
import { useOpenInbox } from '../data/use-open-inbox.ts'
import { useUnsentFate } from '../data/use-unsent-fate.ts'
import { formatCents } from '../model/money.ts'
import { Order } from '../model/order.ts'
import { type OrderRow, Orders } from '../model/orders.ts'
import { customerLog } from '../model/shop.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { mayBeLost } from '../shell/status-words.ts'
import { Badge } from '../ui/badge.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { Card, Empty, Page } from '../ui/page.tsx'
import { formatDate } from '../ui/time.ts'
import { showToast } from '../ui/toast.tsx'
import { LineHead } from './line-head.tsx'
import { OrderHistory } from './order-history.tsx'

const route = getRouteApi('/orders/$orderId')

export function OrderPage() {
  const { orderId } = route.useParams()
  const order = useProjection(Orders, (orders) => orders.get(orderId))
  if (order === undefined) return <MissingOrder orderId={orderId} />
  return <KnownOrder orderId={orderId} order={order} />
}

/** Taken back, withdrawn, or never there. */
function MissingOrder({ orderId }: { readonly orderId: string }) {
  const isWithdrawn = useOpenInbox().some(({ commands }) =>
    commands.some(({ stream }) => stream === Order.at(orderId).stream),
  )
  return (
    <Page title="Order">
      <Empty
        icon={PackageX}
        title={isWithdrawn ? 'This order could not be kept' : 'This order is not here'}
        action={
          <Link to={isWithdrawn ? '/inbox' : '/orders'} className={buttonClass({ look: 'quiet' })}>
            {isWithdrawn ? 'See what happened' : 'Your orders'}
          </Link>
        }
      >
        {isWithdrawn
          ? 'Something else happened first. Nothing was bought with it.'
          : 'It was taken back before it was sent, or it was never yours.'}
      </Empty>
    </Page>
  )
}

function KnownOrder({ orderId, order }: { readonly orderId: string; readonly order: OrderRow }) {
  const { bySku } = useCatalogue()
  const [, , { pending }] = useStream(Order, orderId)
  const fate = useUnsentFate(pending)
  const isAtRisk = mayBeLost(useSync())
  const words = orderWords(order, unsentOf(fate?.status === 'sent', isAtRisk))
  const short = new Set(order.refusal?.lines.map(({ sku }) => sku))
  const nameOf = (sku: string) => bySku.get(sku)?.name ?? sku
  return (
    <Page title="Your order" lead={formatDate(order.requestedAt)}>
      <div className="grid items-start gap-6 lg:grid-cols-[1fr_22rem]">
        <Card className="p-4 md:p-6">
          <div role="status" className="flex flex-wrap items-center justify-between gap-3">
            <Badge tone={words.tone}>{words.text}</Badge>
          </div>
          <p className="mt-3 text-muted text-sm">{explain(order, { fate, isAtRisk, nameOf })}</p>
          <h2 className="sr-only">What you ordered</h2>
          <ul className="mt-3 divide-y divide-line border-line border-t">
            {order.lines.map(({ sku, quantity, priceCents }) => (
              <li key={sku}>
                <LineHead sku={sku} product={bySku.get(sku)}>
                  <div className="mt-1 flex flex-wrap items-baseline justify-between gap-x-4">
                    <p className="text-muted text-sm tabular-nums">
                      {quantity} × {formatCents(priceCents)}
                    </p>
                    <p className="font-semibold tabular-nums">{formatCents(quantity * priceCents)}</p>
                  </div>
                  {short.has(sku) && (
                    <p className="mt-2">
                      <Badge tone="bad">
                        {order.refusal?.reason === 'price_changed'
                          ? 'Price changed meanwhile'
                          : 'Sold out meanwhile'}
                      </Badge>
                    </p>
                  )}
                </LineHead>
              </li>
            ))}
          </ul>
          <dl className="flex items-baseline justify-between border-line border-t pt-4">
            <dt className="text-muted">Total</dt>
            <dd className="font-semibold text-xl tabular-nums">{formatCents(order.totalCents)}</dd>
          </dl>
        </Card>
        <div className="grid gap-6">
          <Actions orderId={orderId} order={order} />
          <OrderHistory orderId={orderId} order={order} />
        </div>
      </div>
    </Page>
  )
}

interface Explained {
  readonly fate: FateNowOf | null
  readonly isAtRisk: boolean
  readonly nameOf: (sku: string) => string
}

function explain(order: OrderRow, { fate, isAtRisk, nameOf }: Explained): string {
  if (fate?.status === 'sent') return 'The shop says that it has this. It is not final before it comes back.'
  if (fate?.status === 'pending' && fate.reverted)
    return 'The shop had this already, and was restored from an older copy. It is sent again.'
  if (order.refusal !== null && order.status === 'declined') return refusalText(order.refusal, nameOf)
  if (order.status === 'placed') return 'Everything is set aside for you.'
  if (order.status === 'cancelled') return 'What was set aside for you is free again.'
  if (order.placedInLog) return 'The shop has your order and looks whether everything is there.'
  return isAtRisk
    ? 'Not sent, and it may be lost: this device does not keep it any more.'
    : 'Kept on this device, and sent by itself when the shop can be reached.'
}

function Actions({ orderId, order }: { readonly orderId: string; readonly order: OrderRow }) {
  const user = useCurrentUser()
  const store = useStore()
  const navigate = useNavigate()
  const [, commands, { pending }] = useStream(Order, orderId)
  const unsent = pending.find((note) => note.commands.includes('request'))

  const cancel = async () => {
    // Never sent: it is taken back as a whole, and the cart is as it was.
    if (unsent !== undefined && (await store.cancel({ log: customerLog(user.id), dot: unsent.dot }))) {
      showToast('Your order was taken back. Everything is in your cart again.')
      await navigate({ to: '/cart' })
      return
    }
    if ((await perform(commands.cancel())) !== null) showToast('Your order was cancelled.')
  }

  if (order.status === 'declined') {
    return (
      <Link to="/cart" className={buttonClass()}>
        Go to your cart
      </Link>
    )
  }
  if (order.status === 'cancelled') return null
  return (
    <Button look="quiet" onClick={cancel}>
      {unsent === undefined ? 'Cancel order' : 'Take order back'}
    </Button>
  )
}
