/** Everything that happened to an order, from its own events. */
import { useEffect, useState } from 'react'
import type { HistoryOf } from 'varve'
import { useStore } from 'varve/react'
import { Order } from '../model/order.ts'
import type { OrderRow } from '../model/orders.ts'
import { Card } from '../ui/page.tsx'
import { formatTime } from '../ui/time.ts'

type OrderEvent = HistoryOf<typeof Order>

const words: Readonly<Record<OrderEvent['type'], string>> = {
  'order.requested': 'You placed the order',
  'order.placed': 'The shop confirmed it',
  'order.declined': 'The shop could not fulfil it',
  'order.cancelled': 'You cancelled it',
}

export function OrderHistory({ orderId, order }: { readonly orderId: string; readonly order: OrderRow }) {
  const events = useOrderHistory(orderId, order)
  return (
    <Card className="p-6">
      <h2 className="text-xl">History</h2>
      <ol className="mt-4 grid min-h-12 gap-4">
        {events.map((event) => (
          <li key={event.revision} className="relative pl-6">
            <span
              aria-hidden="true"
              className={`absolute top-1.5 left-0 size-3 rounded-full border-2 border-accent ${event.position === null ? '' : 'bg-accent'}`}
            />
            <p className="font-medium leading-snug">{words[event.type]}</p>
            <p className="text-muted text-sm">
              {formatTime(event.time ?? event.now)}
              {event.position === null ? ', on this device, not final yet' : `, entry ${event.position}`}
            </p>
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** Read again whenever the order's row changed. */
function useOrderHistory(orderId: string, order: OrderRow): readonly OrderEvent[] {
  const store = useStore()
  const [events, setEvents] = useState<readonly OrderEvent[]>([])
  useEffect(() => {
    let stale = false
    const read = async () => {
      const found: OrderEvent[] = []
      for await (const event of store.history(Order, orderId)) found.push(event)
      if (!stale) setEvents(found)
    }
    // Reading fails only while the store closes; then nobody looks any more.
    read().catch(() => undefined)
    return () => {
      stale = true
    }
  }, [store, orderId, order])
  return events
}
