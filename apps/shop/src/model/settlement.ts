/**
 * What the shop's answer means to the customer, as pure functions: the policy `settlement` (server/policies.ts) appends it
 * to the log that the order came from.
 */
import { Cart } from './cart.ts'
import type { Line } from './line.ts'
import { Order } from './order.ts'
import type { Refusal } from './reservation.ts'

export function settleMade(orderId: string) {
  return [Order.commands.place(orderId)]
}

/** What was ordered goes back into the cart, at the prices of today where they are known. */
export function settleRefused(orderId: string, cartId: string, lines: readonly Line[], refusal: Refusal) {
  const prices = new Map(refusal.lines.map(({ sku, priceCents }) => [sku, priceCents]))
  const restored = lines.map((line) => ({ ...line, priceCents: prices.get(line.sku) ?? line.priceCents }))
  return [
    Order.commands.decline(orderId, refusal),
    Cart.commands.restore(cartId, { orderId, lines: restored }),
  ]
}
