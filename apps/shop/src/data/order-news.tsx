/** Says what became of an order, wherever the customer is when the answer comes. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useProjection } from 'varve/react'
import { Orders } from '../model/orders.ts'
import { showToast } from '../ui/toast.tsx'
import { refusalText } from './order-words.ts'
import { useCatalogue } from './use-catalogue.ts'

export function OrderNews() {
  const orders = useProjection(Orders)
  const { bySku } = useCatalogue()
  const navigate = useNavigate()
  const before = useRef(orders)
  useEffect(() => {
    for (const [id, order] of orders) {
      const old = before.current.get(id)
      if (old?.status !== 'requested' || order.status === 'requested') continue
      if (location.pathname === `/orders/${id}`) continue
      const action = {
        label: 'See order',
        run: () => void navigate({ to: '/orders/$orderId', params: { orderId: id } }),
      }
      if (order.status === 'placed') showToast('Your order is confirmed.', { action })
      if (order.refusal !== null) {
        showToast(
          refusalText(order.refusal, (sku) => bySku.get(sku)?.name ?? sku),
          { action },
        )
      }
    }
    before.current = orders
  }, [orders, bySku, navigate])
  return null
}
