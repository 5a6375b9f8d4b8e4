/**
 * The shop's answer to an order, as pure functions: the policy `fulfilment` (server/policies.ts) reads the states at the
 * head of the shop's log and appends what these say. All lines or none.
 */
import type { Line, ShortLine } from './line.ts'
import { type RefusalReason, Reservation } from './reservation.ts'
import { Stock } from './stock.ts'

/** How one product stands at the head of the shop's log. */
export interface Offer {
  readonly free: number
  /** 0 if it is not sold at all. */
  readonly priceCents: number
}

/** The commands for `shop/main` that answer `order.requested`. */
export function answerOrder(orderId: string, lines: readonly Line[], offerOf: (sku: string) => Offer) {
  const short = lines.filter(({ sku, quantity }) => quantity > free(offerOf(sku)))
  if (short.length > 0) return [refuse(orderId, 'out_of_stock', short, offerOf)]
  const dearer = lines.filter(({ sku, priceCents }) => priceCents !== offerOf(sku).priceCents)
  if (dearer.length > 0) return [refuse(orderId, 'price_changed', dearer, offerOf)]
  return [
    ...lines.map(({ sku, quantity }) => Stock.commands.reserve(sku, { orderId, pieces: quantity })),
    Reservation.commands.make(orderId, { lines: [...lines] }),
  ]
}

/** The commands for `shop/main` that answer `order.cancelled`; none if nothing was reserved. */
export function answerCancel(orderId: string, reservation: (typeof Reservation)['initial']) {
  if (reservation.status !== 'made') return []
  return [
    ...reservation.lines.map(({ sku }) => Stock.commands.release(sku, { orderId })),
    Reservation.commands.release(orderId),
  ]
}

function free(offer: Offer): number {
  return offer.priceCents === 0 ? 0 : offer.free
}

function refuse(
  orderId: string,
  reason: RefusalReason,
  lines: readonly Line[],
  offerOf: (sku: string) => Offer,
) {
  const shortLines = lines.map(({ sku, quantity, priceCents }): ShortLine => {
    const offer = offerOf(sku)
    return { sku, quantity, free: free(offer), priceCents: offer.priceCents || priceCents }
  })
  return Reservation.commands.refuse(orderId, { reason, lines: shortLines })
}
