/**
 * Who may read and write which log, and what. Everybody reads the shop; staff write prices and stock to it. A customer's
 * log is theirs alone, but not all of it is theirs to say: an order is placed by the shop, not by who wants it.
 */
import type { LogRights } from 'varve-server'
import { customerLog, shopLog } from '../src/model/shop.ts'
import type { User } from '../src/model/users.ts'

const staffEvents: ReadonlySet<string> = new Set([
  'product.listed',
  'product.priceChanged',
  'stock.received',
  'stock.adjusted',
])
const customerEvents: ReadonlySet<string> = new Set([
  'cart.itemAdded',
  'cart.quantityChanged',
  'cart.itemRemoved',
  'cart.checkedOut',
  'order.requested',
  'order.cancelled',
])

export function accessOf(user: User, log: string): LogRights {
  const isStaff = user.role === 'staff'
  const isOwn = log === customerLog(user.id)
  const writable = log === shopLog && isStaff ? staffEvents : isOwn ? customerEvents : null
  return {
    read: log === shopLog || isOwn || isStaff,
    append:
      writable !== null &&
      (({ events }) => events.every(({ type }) => writable.has(type)) || 'This is not theirs to say.'),
  }
}
