/** The shop's model. Customers never write stock; the server's policies (fulfilment.ts, settlement.ts) connect the logs. */
import { defineModel } from 'varve'
import { Cart } from './cart.ts'
import { Catalogue } from './catalogue.ts'
import { Order } from './order.ts'
import { Orders } from './orders.ts'
import { Product } from './product.ts'
import { Reservation } from './reservation.ts'
import { Stock } from './stock.ts'
import { StockLevels } from './stock-levels.ts'

export const shop = defineModel('shop', {
  logs: { shop: [Product, Stock, Reservation], customer: [Cart, Order] },
  projections: [Catalogue, StockLevels, Orders],
})

/** The one log of the shop itself. */
export const shopLog = 'shop/main'

export function customerLog(userId: string): string {
  return `customer/${userId}`
}
