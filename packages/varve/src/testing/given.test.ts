import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Account, Cart, type Line, Payment } from '../core/cart.fixture.ts'
import { event } from '../core/event.ts'
import { defineStream } from '../core/stream.ts'
import { given } from './given.ts'

const shirt: Line = { sku: 'shirt', unitPrice: 20, quantity: 1 }
const checkedOut = { orderId: 'id-1', total: 20, at: 0 }

describe('given', () => {
  test('decides a command on a history, with time 0 and readable ids', () => {
    given(Cart, ['itemAdded', shirt]).when(Cart.commands.checkOut).expect(['checkedOut', checkedOut])
    given(Cart, ['itemAdded', shirt])
      .when(Cart.commands.checkOut, undefined, { now: 5, seed: 'order' })
      .expect(['checkedOut', { orderId: 'order-1', total: 20, at: 5 }])
    given(Cart).when(Cart.commands.addItem, shirt).expect(['itemAdded', shirt])
  })

  test('expects rejections, with or without their details', () => {
    given(Cart).when(Cart.commands.checkOut).expectRejected('cart_empty')
    given(Cart, ['checkedOut', checkedOut])
      .when(Cart.commands.checkOut)
      .expectRejected('cart_closed', { by: [] })
    given(Cart, ['checkedOut', checkedOut]).when(Cart.commands.checkOut).expectRejected('cart_closed')
  })

  test('expects nothing', () => {
    given(Cart).when(Cart.commands.removeItem, { sku: 'x' }).expectNothing()
  })

  test('theirs are in the state and seen as foreign', () => {
    given(Cart, ['itemAdded', shirt])
      .theirs(['itemAdded', shirt], ['checkedOut', checkedOut])
      .when(Cart.commands.checkOut)
      .expectRejected('cart_closed', { by: ['cart.itemAdded', 'cart.checkedOut'] })
  })

  test('reading gives the history of another stream, of another type or the same', () => {
    given(Payment)
      .reading(Account, 'a', ['deposited', { amount: 5 }])
      .when(Payment.commands.pay, { account: 'a', amount: 5 })
      .expect(['made', { amount: 5 }])
    given(Payment)
      .reading(Account, 'a')
      .when(Payment.commands.pay, { account: 'a', amount: 5 })
      .expectRejected('too_poor')
    given(Account)
      .reading(Account, 'b', ['deposited', { amount: 5 }])
      .when(Account.commands.level, { with: 'b' })
      .expect(['deposited', { amount: 5 }], ['withdrawn', { amount: 0 }])
  })

  test('a mismatch shows both sides', () => {
    const when = given(Cart, ['itemAdded', shirt]).when(Cart.commands.checkOut)
    expect(() => when.expect(['checkedOut', { ...checkedOut, total: 21 }])).toThrow(
      [
        'Decided otherwise.',
        '  {',
        '    "events": [',
        '      [',
        '        "checkedOut",',
        '        {',
        '          "at": 0,',
        '          "orderId": "id-1",',
        '-         "total": 21',
        '+         "total": 20',
      ].join('\n'),
    )
    expect(() => when.expectNothing()).toThrow('Decided otherwise.')
    expect(() => when.expectRejected('cart_empty')).toThrow('-   "rejected": "cart_empty"')
    expect(() => given(Cart).when(Cart.commands.checkOut).expect()).toThrow('+   "rejected": "cart_empty"')
  })

  test('refuses what could not have been', () => {
    expect(() => given(Cart, ['itemAdded', { sku: 1 } as never])).toThrow(
      'The given cart.itemAdded is not what its schema says',
    )
    expect(() => given(Cart, ['exploded', {}] as never)).toThrow('There is no event cart.exploded.')
    expect(() => given(Cart).when(Account.commands.deposit as never, undefined as never)).toThrow(
      'account.deposit is no command of cart.',
    )
    expect(() => given(Cart).when(Cart.commands.addItem, { sku: 1 } as never)).toThrow('cart.addItem: ')
  })

  test('a schema that throws is told as what it is', () => {
    const checked = v.pipe(
      v.number(),
      v.check(() => {
        throw new Error('boom')
      }),
    )
    const Odd = defineStream('odd', {
      initial: 0,
      events: { counted: event(checked) },
      evolve: { counted: (sum, n) => sum + n },
      commands: ({ command, emit }) => ({ count: command(checked, (_sum, n) => emit.counted(n)) }),
    })
    expect(() => given(Odd).when(Odd.commands.count, 1)).toThrow(
      expect.objectContaining({ code: 'undecidable', message: 'odd.count: its schema threw: boom' }),
    )
    expect(() => given(Odd, ['counted', 1])).toThrow('The schema of the given odd.counted threw: boom')
  })

  test('is no thenable', async () => {
    const when = given(Cart).when(Cart.commands.checkOut)
    expect(await when).toBe(when)
  })
})
