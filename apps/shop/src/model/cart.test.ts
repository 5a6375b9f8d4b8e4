import { given } from 'varve/testing'
import { describe, test } from 'vitest'
import { Cart } from './cart.ts'
import { linesMax, piecesPerLineMax } from './line.ts'
import { Order } from './order.ts'

const { addItem, changeQuantity, removeItem, checkOut, restore } = Cart.commands
const mug = { sku: 'CE01-001', quantity: 2, priceCents: 1250 }
const tea = { sku: 'TC00-000', quantity: 1, priceCents: 2289 }
const orderId = '0b8c2c3e-6a4d-4a53-9d57-0a4e5bb3d001'
const otherOrderId = '0b8c2c3e-6a4d-4a53-9d57-0a4e5bb3d002'
const reviewed = { orderId, generation: 0, lines: [mug] }

describe('filling the cart', () => {
  test('an item is added', () => {
    given(Cart).when(addItem, mug).expect(['itemAdded', mug])
  })
  test('the same item again is one line', () => {
    given(Cart, ['itemAdded', mug], ['itemAdded', mug])
      .when(checkOut, { ...reviewed, lines: [{ ...mug, quantity: 4 }] })
      .expect(['checkedOut', { ...reviewed, lines: [{ ...mug, quantity: 4 }] }])
  })
  test('a line holds so many pieces and no more', () => {
    given(Cart, ['itemAdded', { ...mug, quantity: piecesPerLineMax }])
      .when(addItem, { ...mug, quantity: 1 })
      .expectRejected('too_many')
  })
  test('the cart holds so many products and no more', () => {
    const items = Array.from(
      { length: linesMax },
      (_, i) => ['itemAdded', { ...mug, sku: `CE01-${String(i + 100)}` }] as const,
    )
    given(Cart, ...items)
      .when(addItem, tea)
      .expectRejected('cart_full')
    given(Cart, ...items)
      .when(addItem, { ...mug, sku: 'CE01-100' })
      .expect(['itemAdded', { ...mug, sku: 'CE01-100' }])
  })
  test('a quantity is changed, of what is there', () => {
    given(Cart, ['itemAdded', mug])
      .when(changeQuantity, { sku: mug.sku, quantity: 5 })
      .expect(['quantityChanged', { sku: mug.sku, quantity: 5 }])
    given(Cart).when(changeQuantity, { sku: mug.sku, quantity: 5 }).expectRejected('not_in_cart')
  })
  test('an item is removed; one that is gone already is no reason to complain', () => {
    given(Cart, ['itemAdded', mug])
      .when(removeItem, { sku: mug.sku })
      .expect(['itemRemoved', { sku: mug.sku }])
    given(Cart).when(removeItem, { sku: mug.sku }).expectNothing()
    given(Cart, ['itemAdded', mug])
      .theirs(['itemRemoved', { sku: mug.sku }])
      .when(removeItem, { sku: mug.sku })
      .expectNothing()
  })
})

describe('checking out', () => {
  test('takes what was reviewed', () => {
    given(Cart, ['itemAdded', mug]).when(checkOut, reviewed).expect(['checkedOut', reviewed])
  })
  test('an empty cart cannot be checked out', () => {
    given(Cart).when(checkOut, reviewed).expectRejected('cart_empty')
  })
  test('two devices check out one cart: the second is told that it was closed', () => {
    given(Cart, ['itemAdded', mug])
      .theirs(['checkedOut', { ...reviewed, orderId: otherOrderId }])
      .when(checkOut, reviewed)
      .expectRejected('cart_closed')
  })
  test('it stays closed for the old generation also when the same things are put in again', () => {
    given(Cart, ['itemAdded', mug])
      .theirs(['checkedOut', { ...reviewed, orderId: otherOrderId }], ['itemAdded', mug])
      .when(checkOut, reviewed)
      .expectRejected('cart_closed')
  })
  test('what another device added meanwhile does not matter, and stays for the next order', () => {
    given(Cart, ['itemAdded', mug])
      .theirs(['itemAdded', tea])
      .when(checkOut, reviewed)
      .expect(['checkedOut', reviewed])
    given(Cart, ['itemAdded', mug], ['itemAdded', tea], ['checkedOut', reviewed])
      .when(checkOut, { orderId: otherOrderId, generation: 1, lines: [tea] })
      .expect(['checkedOut', { orderId: otherOrderId, generation: 1, lines: [tea] }])
  })
  test('what another device took out or made smaller is a question for the customer', () => {
    given(Cart, ['itemAdded', mug], ['itemAdded', tea])
      .theirs(['itemRemoved', { sku: mug.sku }])
      .when(checkOut, reviewed)
      .expectRejected('cart_changed', { skus: [mug.sku] })
    given(Cart, ['itemAdded', mug])
      .theirs(['quantityChanged', { sku: mug.sku, quantity: 1 }])
      .when(checkOut, reviewed)
      .expectRejected('cart_changed', { skus: [mug.sku] })
  })
})

describe('getting things back', () => {
  const restored = { orderId, lines: [mug] }
  const lines = [mug]
  const requested = ['requested', { lines, totalCents: 2500, at: 0 }] as const
  const refusal = {
    reason: 'out_of_stock' as const,
    lines: [{ sku: mug.sku, quantity: 2, free: 0, priceCents: 1250 }],
  }

  test('a declined order is merged into what the cart holds now', () => {
    given(Cart, ['itemAdded', mug], ['checkedOut', reviewed], ['itemAdded', { ...mug, quantity: 1 }])
      .reading(Order, orderId, requested, ['declined', refusal])
      .when(restore, restored)
      .expect(['restored', restored])
    given(
      Cart,
      ['itemAdded', mug],
      ['checkedOut', reviewed],
      ['itemAdded', { ...mug, quantity: 1 }],
      ['restored', restored],
    )
      .when(checkOut, { orderId: otherOrderId, generation: 1, lines: [{ ...mug, quantity: 3 }] })
      .expect(['checkedOut', { orderId: otherOrderId, generation: 1, lines: [{ ...mug, quantity: 3 }] }])
  })
  test('an order that was cancelled meanwhile brings nothing back', () => {
    given(Cart).reading(Order, orderId, requested, ['cancelled', {}]).when(restore, restored).expectNothing()
  })
})
