import { expectTypeOf, test } from 'vitest'
import { Account, Cart, type Line, Payment } from '../core/cart.fixture.ts'
import { given } from './given.ts'

const shirt: Line = { sku: 'shirt', unitPrice: 20, quantity: 1 }

test('events, inputs and reasons are typed by the stream', () => {
  const when = given(Cart, ['itemAdded', shirt]).when(Cart.commands.checkOut)
  when.expect(['checkedOut', { orderId: 'id-1', total: 20, at: 0 }])
  when.expectRejected('cart_empty')
  when.expectRejected('undecidable')
  given(Cart).when(Cart.commands.checkOut, undefined, { now: 5 })
  given(Payment)
    .reading(Account, 'a', ['deposited', { amount: 1 }])
    .when(Payment.commands.pay, { account: 'a', amount: 1 }, { seed: 'x' })
  // @ts-expect-error there is no such reason
  when.expectRejected('cart_full')
  // @ts-expect-error there is no such event
  given(Cart, ['exploded', {}])
  // @ts-expect-error an event must satisfy its schema
  given(Cart, ['itemAdded', { sku: 'shirt' }])
  // @ts-expect-error an expected event must be one of this stream
  when.expect(['checkedOut', { total: 20 }])
  // @ts-expect-error addItem wants its input
  given(Cart).when(Cart.commands.addItem)
  // @ts-expect-error a command of another stream
  given(Cart).when(Account.commands.deposit, { amount: 1 })
  // @ts-expect-error the other stream's events are typed as well
  given(Payment).reading(Account, 'a', ['itemAdded', shirt])
  expectTypeOf(when).not.toHaveProperty('then')
})
