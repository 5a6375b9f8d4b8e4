import { createSyncServer } from 'varve-server'
import { memoryLog } from 'varve-server/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Cart } from '../src/model/cart.ts'
import { Order } from '../src/model/order.ts'
import { Product } from '../src/model/product.ts'
import { Reservation } from '../src/model/reservation.ts'
import { customerLog, shop, shopLog } from '../src/model/shop.ts'
import { Stock } from '../src/model/stock.ts'
import { fulfilment, settlement } from './policies.ts'
import { readCatalogue } from './seed.ts'

const [seed] = readCatalogue()
if (seed === undefined) throw new Error('The catalogue is empty.')
const { sku, stock: _stock, ...listed } = seed
const price = listed.priceCents

async function shopWith(pieces: number) {
  const server = createSyncServer({
    log: memoryLog(),
    insecure: true,
    model: shop,
    policies: [fulfilment, settlement],
  })
  await server.listen()
  onTestFinished(() => server.close({ graceMs: 0 }))
  await server.dispatch(
    shopLog,
    [Product.commands.list(sku, listed), Stock.commands.receive(sku, { pieces })],
    { principal: 'sam' },
  )
  const order = async (userId: string, quantity: number, priceCents = price) => {
    const orderId = crypto.randomUUID()
    const cart = await server.read(customerLog(userId), Cart, userId)
    const lines = [{ sku, quantity, priceCents }]
    const result = await server.dispatch(
      customerLog(userId),
      [
        ...lines.map((line) => Cart.commands.addItem(userId, line)),
        Cart.commands.checkOut(userId, { orderId, generation: cart.generation, lines }),
        Order.commands.request(orderId, { lines }),
      ],
      { principal: userId },
    )
    expect(result).toMatchObject({ ok: true })
    await server.settled()
    return orderId
  }
  return {
    order,
    cancel: async (userId: string, orderId: string) => {
      await server.dispatch(customerLog(userId), Order.commands.cancel(orderId), { principal: userId })
      await server.settled()
    },
    orderOf: (userId: string, orderId: string) => server.read(customerLog(userId), Order, orderId),
    cartOf: (userId: string) => server.read(customerLog(userId), Cart, userId),
    stock: () => server.read(shopLog, Stock, sku),
    reservationOf: (orderId: string) => server.read(shopLog, Reservation, orderId),
    failures: async () => (await server.health()).policies.flatMap(({ failures }) => failures),
  }
}

test('an order whose pieces are there is placed, and they are set aside', async () => {
  const { order, orderOf, cartOf, stock, failures } = await shopWith(5)
  const orderId = await order('ann', 2)
  expect(await orderOf('ann', orderId)).toMatchObject({ status: 'placed' })
  expect(await stock()).toEqual({ free: 3, reservedByOrder: { [orderId]: 2 } })
  expect(await cartOf('ann')).toEqual({ generation: 1, lines: {} })
  expect(await failures()).toEqual([])
})

test('two people want the last piece: one has it, the other finds the order back in the cart', async () => {
  const { order, orderOf, cartOf, stock } = await shopWith(1)
  const first = await order('ann', 1)
  const second = await order('ben', 1)
  expect(await orderOf('ann', first)).toMatchObject({ status: 'placed' })
  expect(await orderOf('ben', second)).toMatchObject({
    status: 'declined',
    refusal: { reason: 'out_of_stock', lines: [{ sku, quantity: 1, free: 0, priceCents: price }] },
  })
  expect((await cartOf('ben')).lines[sku]).toEqual({ sku, quantity: 1, priceCents: price })
  expect(await stock()).toMatchObject({ free: 0 })
})

test('an order at another price than the present one is declined with the present one', async () => {
  const { order, orderOf, cartOf } = await shopWith(5)
  const orderId = await order('ann', 1, price + 100)
  expect(await orderOf('ann', orderId)).toMatchObject({
    status: 'declined',
    refusal: { reason: 'price_changed' },
  })
  expect((await cartOf('ann')).lines[sku]).toMatchObject({ priceCents: price })
})

test('a cancelled order frees its pieces', async () => {
  const { order, cancel, orderOf, stock, reservationOf } = await shopWith(5)
  const orderId = await order('ann', 2)
  await cancel('ann', orderId)
  expect(await orderOf('ann', orderId)).toMatchObject({ status: 'cancelled' })
  expect(await reservationOf(orderId)).toMatchObject({ status: 'released' })
  expect(await stock()).toEqual({ free: 5, reservedByOrder: {} })
})

test('received = free + reserved, whatever is ordered and cancelled', async () => {
  const { order, cancel, stock } = await shopWith(7)
  const orders: string[] = []
  for (const quantity of [3, 3, 3, 1, 2]) orders.push(await order('ann', quantity))
  await cancel('ann', orders[0] ?? '')
  await order('ben', 2)
  const { free, reservedByOrder } = await stock()
  expect(free + Object.values(reservedByOrder).reduce((sum, pieces) => sum + pieces, 0)).toBe(7)
})
