/** The cart of the README: the model that the core's tests are written against. */
import * as v from 'valibot'
import { event } from './event.ts'
import { defineModel } from './model.ts'
import { defineProjection } from './projection.ts'
import { defineStream } from './stream.ts'
import { defineTable } from './table.ts'

export const Line = v.object({ sku: v.string(), unitPrice: v.number(), quantity: v.number() })
export type Line = v.InferOutput<typeof Line>

export interface CartState {
  readonly lines: Readonly<Record<string, Line>>
  readonly status: 'open' | 'checkedOut'
}

export const emptyCart: CartState = { lines: {}, status: 'open' }

export const Cart = defineStream('cart', {
  initial: emptyCart,
  events: {
    // Once, a line had no quantity.
    itemAdded: event(v.object({ sku: v.string(), unitPrice: v.number() })).revise(Line, (old) => ({
      ...old,
      quantity: 1,
    })),
    itemRemoved: event(v.object({ sku: v.string() })),
    checkedOut: event(v.object({ orderId: v.string(), total: v.number(), at: v.number() })),
  },
  evolve: {
    itemAdded: (cart, line) => ({ ...cart, lines: { ...cart.lines, [line.sku]: line } }),
    itemRemoved: (cart, { sku }) => {
      const { [sku]: _removed, ...lines } = cart.lines
      return { ...cart, lines }
    },
    checkedOut: (cart) => ({ ...cart, status: 'checkedOut' }),
  },
  commands: ({ command, emit, reject }) => ({
    addItem: command(Line, (cart, line) =>
      cart.status === 'checkedOut' ? reject('cart_closed') : emit.itemAdded(line),
    ),
    removeItem: command(v.object({ sku: v.string() }), (cart, { sku }) => {
      if (!(sku in cart.lines)) return
      return emit.itemRemoved({ sku })
    }),
    checkOut: command((cart, { now, newId, theirs }) => {
      if (cart.status === 'checkedOut') return reject('cart_closed', { by: theirs.map((e) => e.type) })
      const lines = Object.values(cart.lines)
      if (lines.length === 0) return reject('cart_empty')
      return emit.checkedOut({
        orderId: newId(),
        total: lines.reduce((sum, l) => sum + l.unitPrice * l.quantity, 0),
        at: now,
      })
    }),
  }),
})

export const Account = defineStream('account', {
  initial: { balance: 0 },
  events: {
    deposited: event(v.object({ amount: v.number() })),
    withdrawn: event(v.object({ amount: v.number() })),
  },
  evolve: {
    deposited: ({ balance }, { amount }) => ({ balance: balance + amount }),
    withdrawn: ({ balance }, { amount }) => ({ balance: balance - amount }),
  },
  commands: ({ command, emit, reject, at }) => ({
    deposit: command(v.object({ amount: v.number() }), (_account, { amount }) => emit.deposited({ amount })),
    /** Takes what another account holds more than this one. */
    level: command(
      v.object({ with: v.string() }),
      { reads: (input) => ({ other: at(input.with) }) },
      ({ balance }, _input, { reads }) => {
        const amount = reads.other.balance - balance
        return amount > 0
          ? [emit.deposited({ amount }), emit.withdrawn({ amount: 0 })]
          : reject('nothing_to_level', { amount })
      },
    ),
  }),
})

export const Payment = defineStream('payment', {
  initial: { paid: 0 },
  events: { made: event(v.object({ amount: v.number() })) },
  evolve: { made: ({ paid }, { amount }) => ({ paid: paid + amount }) },
  commands: ({ command, emit, reject }) => ({
    pay: command(
      v.object({ account: v.string(), amount: v.number() }),
      { reads: (input) => ({ account: Account.at(input.account) }) },
      (_payment, { amount }, { reads, theirs }) => {
        if (reads.account.balance < amount) return reject('too_poor', { seen: theirs.length })
        return emit.made({ amount })
      },
    ),
    payFromCart: command(
      v.object({ cart: v.string() }),
      { reads: ({ cart }) => ({ cart: Cart.at(cart) }) },
      () => emit.made({ amount: 1 }),
    ),
  }),
})

export const Likes = defineStream('likes', {
  concurrency: 'commute',
  initial: 0,
  events: { liked: event(v.object({})) },
  evolve: { liked: (count) => count + 1 },
  commands: ({ command, emit }) => ({ like: command(() => emit.liked({})) }),
})

export const Orders = defineTable('orders', {
  from: [Cart],
  key: (e) => e.streamId,
  row: v.object({ total: v.number(), placedAt: v.number() }),
  indexes: ['placedAt'],
  on: { 'cart.checkedOut': (_row, { data }) => ({ total: data.total, placedAt: data.at }) },
})

export const Revenue = defineProjection('revenue', {
  from: [Cart],
  initial: 0,
  on: { 'cart.checkedOut': (sum, { data }) => sum + data.total },
})

export const shop = defineModel('shop', {
  logs: { customer: [Cart, Likes], bank: [Account, Payment] },
  projections: [Orders, Revenue],
})
