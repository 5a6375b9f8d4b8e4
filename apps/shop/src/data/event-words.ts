/** Events and commands of withdrawn commits, told as things that people did. */
import type { InboxNote } from 'varve'
import { formatCents } from '../model/money.ts'

type NameOf = (sku: string) => string

interface Fields {
  readonly sku?: string
  readonly quantity?: number
  readonly pieces?: number
  readonly by?: number
  readonly priceCents?: number
  readonly fromCents?: number
  readonly totalCents?: number
  readonly lines?: readonly { readonly sku: string; readonly quantity: number }[]
}

export function eventText({ type, stream, data }: InboxNote['mine'][number], nameOf: NameOf): string {
  const fields = (data ?? {}) as Fields
  const id = stream.slice(stream.indexOf('/') + 1)
  const lines = fields.lines?.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')
  switch (type) {
    case 'cart.itemAdded':
      return `Added ${fields.quantity} × ${nameOf(fields.sku ?? '')}`
    case 'cart.quantityChanged':
      return `Set ${nameOf(fields.sku ?? '')} to ${fields.quantity}`
    case 'cart.itemRemoved':
      return `Removed ${nameOf(fields.sku ?? '')}`
    case 'cart.checkedOut':
      return `Checked out: ${lines}`
    case 'cart.restored':
      return `Put back: ${lines}`
    case 'order.requested':
      return `Ordered for ${formatCents(fields.totalCents ?? 0)}`
    case 'order.placed':
      return 'The shop confirmed the order'
    case 'order.declined':
      return 'The shop could not fulfil the order'
    case 'order.cancelled':
      return 'Cancelled the order'
    case 'product.priceChanged':
      return `${nameOf(id)}: price from ${formatCents(fields.fromCents ?? 0)} to ${formatCents(fields.priceCents ?? 0)}`
    case 'stock.received':
      return `${nameOf(id)}: ${fields.pieces} received`
    case 'stock.adjusted':
      return `${nameOf(id)}: stock ${signed(fields.by ?? 0)}`
    case 'stock.reserved':
      return `${nameOf(id)}: ${fields.pieces} reserved for an order`
    case 'stock.released':
      return `${nameOf(id)}: ${fields.pieces} freed again`
    default:
      return type
  }
}

/** What was wished, in a headline. */
export function wishText({ commands }: Pick<InboxNote, 'commands'>, nameOf: NameOf): string {
  const [first] = commands
  if (first === undefined) return 'A change'
  const id = first.stream.slice(first.stream.indexOf('/') + 1)
  switch (first.name) {
    case 'checkOut':
      return 'Your order'
    case 'cancel':
      return 'Cancelling an order'
    case 'changePrice':
      return `The price of ${nameOf(id)}`
    case 'adjust':
    case 'receive':
      return `The stock of ${nameOf(id)}`
    default:
      return 'A change of your cart'
  }
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : `−${Math.abs(value)}`
}
