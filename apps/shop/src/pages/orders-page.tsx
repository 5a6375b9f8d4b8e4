/** All orders, newest first, each with what became of it. */
import { Link } from '@tanstack/react-router'
import { Package } from 'lucide-react'
import { useProjection, useSync } from 'varve/react'
import { ProductArt } from '../art/product-art.tsx'
import { orderWords, unsentOf } from '../data/order-words.ts'
import { useCatalogue } from '../data/use-catalogue.ts'
import { piecesOf } from '../model/line.ts'
import { formatCents } from '../model/money.ts'
import { type OrderRow, Orders } from '../model/orders.ts'
import { mayBeLost } from '../shell/status-words.ts'
import { Badge } from '../ui/badge.tsx'
import { buttonClass } from '../ui/button.tsx'
import { Empty, Page } from '../ui/page.tsx'
import { formatTime } from '../ui/time.ts'

const picturesMax = 4

export function OrdersPage() {
  const rows = useProjection(Orders)
  const orders = [...rows].toSorted(([, a], [, b]) => b.requestedAt - a.requestedAt)
  return (
    <Page title="Your orders">
      {orders.length === 0 ? (
        <Empty
          icon={Package}
          title="No orders yet"
          action={
            <Link to="/" className={buttonClass()}>
              Go to the shop
            </Link>
          }
        >
          Orders appear here as soon as you place one, also without a connection.
        </Empty>
      ) : (
        <ul className="grid gap-4">
          {orders.map(([orderId, order]) => (
            <li key={orderId}>
              <OrderCard orderId={orderId} order={order} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  )
}

function OrderCard({ orderId, order }: { readonly orderId: string; readonly order: OrderRow }) {
  const { bySku } = useCatalogue()
  const words = orderWords(order, unsentOf(false, mayBeLost(useSync())))
  const pieces = piecesOf(order.lines)
  const short = order.refusal?.lines.map(({ sku }) => bySku.get(sku)?.name ?? sku).join(', ')
  return (
    <Link
      to="/orders/$orderId"
      params={{ orderId }}
      className="flex flex-wrap items-center gap-x-6 gap-y-4 rounded-3xl border border-line bg-surface p-4 transition-colors hover:border-line-strong md:p-5"
    >
      <span className="flex -space-x-4">
        {order.lines.slice(0, picturesMax).map(({ sku }) => {
          const product = bySku.get(sku)
          return (
            <span
              key={sku}
              className="size-16 overflow-hidden rounded-2xl bg-sunken ring-3 ring-surface first-of-type:ml-0"
            >
              {product !== undefined && <ProductArt art={product.art} className="size-full" />}
            </span>
          )
        })}
      </span>
      <span className="mr-auto min-w-0">
        <span className="block font-semibold">
          {pieces} {pieces === 1 ? 'piece' : 'pieces'}, {formatCents(order.totalCents)}
        </span>
        <span className="block text-muted text-sm">{formatTime(order.requestedAt)}</span>
        {short !== undefined && <span className="mt-1 block text-sm">{short}</span>}
      </span>
      <Badge tone={words.tone}>{words.text}</Badge>
    </Link>
  )
}
