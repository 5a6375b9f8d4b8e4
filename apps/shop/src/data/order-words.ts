/** The states of an order as the customer is told them. */
import type { OrderRow } from '../model/orders.ts'
import type { Refusal } from '../model/reservation.ts'
import type { Tone } from '../ui/badge.tsx'

export interface OrderWords {
  readonly text: string
  readonly tone: Tone
}

/** @param isSent the shop says that it has what is not in the log yet */
export function orderWords({ status, placedInLog, refusal }: OrderRow, isSent = false): OrderWords {
  switch (status) {
    case 'requested':
      return placedInLog
        ? { text: 'Received, checking stock', tone: 'accent' }
        : isSent
          ? { text: 'Sent, not final yet', tone: 'accent' }
          : { text: 'Waiting to be sent', tone: 'warn' }
    case 'placed':
      return { text: 'Confirmed', tone: 'good' }
    case 'declined':
      return refusal?.reason === 'price_changed'
        ? { text: 'Price changed meanwhile: back in your cart', tone: 'bad' }
        : { text: 'Sold out meanwhile: back in your cart', tone: 'bad' }
    case 'cancelled':
      return placedInLog
        ? { text: 'Cancelled', tone: 'plain' }
        : { text: isSent ? 'Cancelled, not final yet' : 'Cancelled, waiting to be sent', tone: 'warn' }
  }
}

/** `Sold out meanwhile: Aldra green tea. Your order is back in your cart.` */
export function refusalText({ reason, lines }: Refusal, nameOf: (sku: string) => string): string {
  const names = lines.map(({ sku }) => nameOf(sku)).join(', ')
  const what = reason === 'price_changed' ? 'The price changed meanwhile' : 'Sold out meanwhile'
  return `${what}: ${names}. Your order is back in your cart.`
}
