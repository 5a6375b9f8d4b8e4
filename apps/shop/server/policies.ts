/**
 * The two policies that connect the customers' logs with the shop's. What they decide is pure and lives in the model
 * (fulfilment.ts, settlement.ts); here it is given the states that it needs, read at the head inside the append.
 */
import { definePolicy } from 'varve-server'
import { answerCancel, answerOrder, type Offer } from '../src/model/fulfilment.ts'
import { Order } from '../src/model/order.ts'
import { Product } from '../src/model/product.ts'
import { Reservation } from '../src/model/reservation.ts'
import { settleMade, settleRefused } from '../src/model/settlement.ts'
import { shopLog } from '../src/model/shop.ts'
import { Stock } from '../src/model/stock.ts'

/** customer/… → shop/main: an order is answered, a cancelled one's pieces are freed. */
export const fulfilment = definePolicy('fulfilment', {
  from: [Order],
  on: {
    'order.requested': async (event, { read }) => {
      const offers = new Map<string, Offer>()
      for (const { sku } of event.data.lines) {
        const { free } = await read(shopLog, Stock, sku)
        const { priceCents } = await read(shopLog, Product, sku)
        offers.set(sku, { free, priceCents })
      }
      const offerOf = (sku: string) => offers.get(sku) ?? { free: 0, priceCents: 0 }
      return { log: shopLog, commands: answerOrder(event.streamId, event.data.lines, offerOf) }
    },
    'order.cancelled': async (event, { read }) => {
      const commands = answerCancel(event.streamId, await read(shopLog, Reservation, event.streamId))
      return commands.length === 0 ? null : { log: shopLog, commands }
    },
  },
})

/** shop/main → the log that the order came from. An order that was cancelled meanwhile is left as it is. */
export const settlement = definePolicy('settlement', {
  from: [Reservation],
  on: {
    'reservation.made': async (event, { origin, read }) => {
      if (origin === null) return null
      const order = await read(origin.log, Order, event.streamId)
      return order.status === 'requested' ? { log: origin.log, commands: settleMade(event.streamId) } : null
    },
    'reservation.refused': async (event, { origin, read }) => {
      if (origin === null) return null
      const order = await read(origin.log, Order, event.streamId)
      if (order.status !== 'requested') return null
      const cartId = origin.log.slice(origin.log.indexOf('/') + 1)
      return { log: origin.log, commands: settleRefused(event.streamId, cartId, order.lines, event.data) }
    },
  },
})
