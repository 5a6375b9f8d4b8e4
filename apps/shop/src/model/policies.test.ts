import { expect, test } from 'vitest'
import { answerCancel, answerOrder, type Offer } from './fulfilment.ts'
import { settleMade, settleRefused } from './settlement.ts'

const orderId = '0b8c2c3e-6a4d-4a53-9d57-0a4e5bb3d001'
const mug = { sku: 'CE01-001', quantity: 2, priceCents: 1250 }
const tea = { sku: 'TC00-000', quantity: 1, priceCents: 2289 }
const offers =
  (bySku: Record<string, Offer>) =>
  (sku: string): Offer =>
    bySku[sku] ?? { free: 0, priceCents: 0 }

test('everything there at the price seen: all lines are reserved', () => {
  const offerOf = offers({
    [mug.sku]: { free: 2, priceCents: 1250 },
    [tea.sku]: { free: 9, priceCents: 2289 },
  })
  expect(answerOrder(orderId, [mug, tea], offerOf)).toEqual([
    { stream: `stock/${mug.sku}`, name: 'reserve', input: { orderId, pieces: 2 } },
    { stream: `stock/${tea.sku}`, name: 'reserve', input: { orderId, pieces: 1 } },
    { stream: `reservation/${orderId}`, name: 'make', input: { lines: [mug, tea] } },
  ])
})

test('one line short: nothing is reserved, and the short line is named', () => {
  const offerOf = offers({
    [mug.sku]: { free: 1, priceCents: 1250 },
    [tea.sku]: { free: 9, priceCents: 2289 },
  })
  const lines = [{ sku: mug.sku, quantity: 2, free: 1, priceCents: 1250 }]
  expect(answerOrder(orderId, [mug, tea], offerOf)).toEqual([
    { stream: `reservation/${orderId}`, name: 'refuse', input: { reason: 'out_of_stock', lines } },
  ])
})

test('another price than the one seen: refused, with the present one', () => {
  const offerOf = offers({ [mug.sku]: { free: 5, priceCents: 1300 } })
  const lines = [{ sku: mug.sku, quantity: 2, free: 5, priceCents: 1300 }]
  expect(answerOrder(orderId, [mug], offerOf)).toEqual([
    { stream: `reservation/${orderId}`, name: 'refuse', input: { reason: 'price_changed', lines } },
  ])
})

test('what is not sold at all is out of stock', () => {
  const [refuse] = answerOrder(orderId, [mug], offers({}))
  expect(refuse?.input).toEqual({
    reason: 'out_of_stock',
    lines: [{ sku: mug.sku, quantity: 2, free: 0, priceCents: 1250 }],
  })
})

test('a cancelled order frees what was reserved, and nothing else', () => {
  expect(answerCancel(orderId, { status: 'made', lines: [mug] })).toEqual([
    { stream: `stock/${mug.sku}`, name: 'release', input: { orderId } },
    { stream: `reservation/${orderId}`, name: 'release' },
  ])
  expect(answerCancel(orderId, { status: 'refused', lines: [] })).toEqual([])
  expect(answerCancel(orderId, { status: 'released', lines: [mug] })).toEqual([])
})

test('a reservation places the order', () => {
  expect(settleMade(orderId)).toEqual([{ stream: `order/${orderId}`, name: 'place' }])
})

test('a refusal declines it and gives the lines back at the prices of today', () => {
  const refusal = {
    reason: 'price_changed' as const,
    lines: [{ sku: mug.sku, quantity: 2, free: 5, priceCents: 1300 }],
  }
  expect(settleRefused(orderId, 'ann', [mug, tea], refusal)).toEqual([
    { stream: `order/${orderId}`, name: 'decline', input: refusal },
    { stream: 'cart/ann', name: 'restore', input: { orderId, lines: [{ ...mug, priceCents: 1300 }, tea] } },
  ])
})
