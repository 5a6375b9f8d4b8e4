/** The states of an order as the customer is told them. */
import type { OrderRow } from '../model/orders.ts'
import type { Refusal } from '../model/reservation.ts'
import type { Tone } from '../ui/badge.tsx'

export interface OrderWords {
  readonly text: string
  readonly tone: Tone
}

/** How it stands with what is not in the log yet; `sent`: the shop says that it has it. */
export type Unsent = 'waiting' | 'sent' | 'at risk'

export function unsentOf(isSent: boolean, isAtRisk: boolean): Unsent {
  if (isSent) return 'sent'
  return isAtRisk ? 'at risk' : 'waiting'
}

const unsentWords: Readonly<Record<Unsent, OrderWords>> = {
  waiting: { text: 'Waiting to be sent', tone: 'warn' },
  sent: { text: 'Sent, not final yet', tone: 'accent' },
  'at risk': { text: 'Not sent, may be lost', tone: 'warn' },
}

const unsentCancelWords: Readonly<Record<Unsent, string>> = {
  waiting: 'Cancelled, waiting to be sent',
  sent: 'Cancelled, not final yet',
  'at risk': 'Cancelled, but not sent',
}

export function orderWords({ status, placedInLog, refusal }: OrderRow, unsent: Unsent): OrderWords {
  switch (status) {
    case 'requested':
      return placedInLog ? { text: 'Received, checking stock', tone: 'accent' } : unsentWords[unsent]
    case 'placed':
      return { text: 'Confirmed', tone: 'good' }
    case 'declined':
      return refusal?.reason === 'price_changed'
        ? { text: 'Price changed meanwhile: back in your cart', tone: 'bad' }
        : { text: 'Sold out meanwhile: back in your cart', tone: 'bad' }
    case 'cancelled':
      return placedInLog
        ? { text: 'Cancelled', tone: 'plain' }
        : { text: unsentCancelWords[unsent], tone: 'warn' }
  }
}

/** `Sold out meanwhile: Aldra green tea. Your order is back in your cart.` */
export function refusalText({ reason, lines }: Refusal, nameOf: (sku: string) => string): string {
  const names = lines.map(({ sku }) => nameOf(sku)).join(', ')
  const what = reason === 'price_changed' ? 'The price changed meanwhile' : 'Sold out meanwhile'
  return `${what}: ${names}. Your order is back in your cart.`
}
