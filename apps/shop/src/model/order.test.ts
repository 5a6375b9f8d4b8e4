import { given } from 'varve/testing'
import { test } from 'vitest'
import { Order } from './order.ts'

const { request, place, decline, cancel } = Order.commands
const lines = [
  { sku: 'CE01-001', quantity: 2, priceCents: 1250 },
  { sku: 'TC00-000', quantity: 1, priceCents: 2289 },
]
const requested = ['requested', { lines, totalCents: 4789, at: 7 }] as const
const refusal = {
  reason: 'price_changed' as const,
  lines: [{ sku: 'CE01-001', quantity: 2, free: 9, priceCents: 1350 }],
}

test('an order is requested once, with its total and time', () => {
  given(Order).when(request, { lines }, { now: 7 }).expect(requested)
  given(Order, requested).when(request, { lines }).expectRejected('order_exists')
})

test('a requested order is placed or declined', () => {
  given(Order, requested).when(place).expect(['placed', {}])
  given(Order, requested).when(decline, refusal).expect(['declined', refusal])
})

test('an order has one outcome', () => {
  given(Order, requested, ['placed', {}]).when(place).expectRejected('not_requested')
  given(Order, requested, ['placed', {}]).when(decline, refusal).expectRejected('not_requested')
  given(Order, requested, ['declined', refusal]).when(place).expectRejected('not_requested')
  given(Order).when(decline, refusal).expectRejected('not_requested')
})

test('the outcome of an order that was cancelled meanwhile changes nothing', () => {
  given(Order, requested, ['cancelled', {}]).when(place).expectNothing()
  given(Order, requested, ['cancelled', {}]).when(decline, refusal).expectNothing()
})

test('an order is cancelled before and after it was placed, also when that came in between', () => {
  given(Order, requested).when(cancel).expect(['cancelled', {}])
  given(Order, requested, ['placed', {}]).when(cancel).expect(['cancelled', {}])
  given(Order, requested).theirs(['placed', {}]).when(cancel).expect(['cancelled', {}])
})

test('an order that is over, or never was, is not cancelled', () => {
  given(Order, requested, ['cancelled', {}]).when(cancel).expectRejected('already_cancelled')
  given(Order, requested).theirs(['declined', refusal]).when(cancel).expectRejected('not_cancellable')
  given(Order).when(cancel).expectRejected('not_cancellable')
})
