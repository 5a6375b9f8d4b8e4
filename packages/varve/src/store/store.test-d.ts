import type { Observable } from 'rxjs'
import { describe, expectTypeOf, it } from 'vitest'
import {
  Account,
  Cart,
  type CartState,
  type Line,
  Orders,
  Payment,
  Revenue,
  shop,
} from '../core/cart.fixture.ts'
import { openLocalStore } from '../testing/open-test-store.ts'
import { openStore } from './open-store.ts'
import type { Decided, HistoryOf, Store } from './store.ts'

declare const store: Store
declare const worker: Worker
declare const line: Line

describe('dispatch', () => {
  it('S2 the reasons of a command are a literal union', async () => {
    const decided = await store.dispatch(Cart.commands.checkOut('1'))
    if (!decided.ok) expectTypeOf(decided.reason).toEqualTypeOf<'cart_closed' | 'cart_empty'>()
    const added = await store.dispatch(Cart.commands.addItem('1', line))
    if (!added.ok) expectTypeOf(added.reason).toEqualTypeOf<'cart_closed'>()
  })

  it('S2 a switch over the reasons is exhaustive', async () => {
    const decided = await store.dispatch(Cart.commands.checkOut('1'))
    if (decided.ok) return
    switch (decided.reason) {
      case 'cart_closed':
      case 'cart_empty':
        return
      default:
        expectTypeOf(decided.reason).toBeNever()
    }
  })

  it('S2 a reason that no command gives is refused', async () => {
    const decided = await store.dispatch(Cart.commands.checkOut('1'))
    if (decided.ok) return
    // @ts-expect-error: checkOut has no such reason
    decided.reason === 'sold_out'
    // @ts-expect-error: a message is missing
    const messages: Record<typeof decided.reason, string> = { cart_closed: 'Closed' }
    expectTypeOf(messages).toBeObject()
  })

  it('S4 several commands unite their reasons', async () => {
    const decided = await store.dispatch([
      Account.commands.level('1', { with: '2' }),
      Payment.commands.pay('1', { account: '1', amount: 1 }),
    ])
    if (!decided.ok) expectTypeOf(decided.reason).toEqualTypeOf<'nothing_to_level' | 'too_poor'>()
  })

  it('S3 a wrong input is refused', () => {
    // @ts-expect-error: unitPrice and quantity are missing
    Cart.commands.addItem('1', { sku: 'a' })
    // @ts-expect-error: the input is missing
    Cart.commands.addItem('1')
    // @ts-expect-error: checkOut takes no input
    Cart.commands.checkOut('1', line)
    // @ts-expect-error: a state is no call
    store.dispatch(Cart.initial)
  })

  it('S5 a fate is confirmed with a position, or withdrawn with a reason', async () => {
    const decided = await store.dispatch(Cart.commands.checkOut('1'))
    if (!decided.ok) return
    const fate = await decided.fate
    if (fate.status === 'confirmed') expectTypeOf(fate.position).toBeNumber()
    else expectTypeOf(fate.reason).toBeString()
  })

  it('S42 how it stands with a commit is told apart by its status', () => {
    store.fate({ log: 'shop', dot: { replica: 'a', counter: 1 } }).subscribe((fate) => {
      if (fate.status === 'withdrawn') expectTypeOf(fate.reason).toBeString()
      else if (fate.status === 'confirmed') expectTypeOf(fate.position).toBeNumber()
      else if (fate.status !== 'unknown') expectTypeOf(fate.reverted).toBeBoolean()
      // @ts-expect-error: only what the log has placed has a position
      fate.position
    })
    // @ts-expect-error: a dot names no commit without its log
    store.fate({ dot: { replica: 'a', counter: 1 } })
  })

  it('S17 a retry with another command has the reasons of that', async () => {
    const [item] = await store.inbox()
    if (item === undefined) return
    const decided = await store.retry(item, Cart.commands.checkOut('1'))
    if (!decided.ok) expectTypeOf(decided.reason).toEqualTypeOf<'cart_closed' | 'cart_empty'>()
  })
})

describe('watch', () => {
  it('S7 gives the state of a stream, the value of a projection, the rows of a table', () => {
    expectTypeOf(store.watch(Cart, '1')).toEqualTypeOf<Observable<CartState>>()
    expectTypeOf(store.watch(Revenue)).toEqualTypeOf<Observable<number>>()
    expectTypeOf(store.watch(Orders)).toEqualTypeOf<
      Observable<ReadonlyMap<string, { total: number; placedAt: number }>>
    >()
  })

  it('S12 a stream needs an id, and a projection has none', () => {
    // @ts-expect-error: which cart?
    store.watch(Cart)
    // @ts-expect-error: there is one revenue
    store.watch(Revenue, '1')
  })
})

describe('history', () => {
  it('S13 is discriminated by type', () => {
    const read = (event: HistoryOf<typeof Cart>) => {
      expectTypeOf(event.type).toEqualTypeOf<'cart.itemAdded' | 'cart.itemRemoved' | 'cart.checkedOut'>()
      if (event.type === 'cart.itemAdded') expectTypeOf(event.data).toEqualTypeOf<Line>()
    }
    expectTypeOf(read).toBeFunction()
    expectTypeOf(store.history(Cart, '1')).toEqualTypeOf<AsyncIterable<HistoryOf<typeof Cart>>>()
  })

  it('S14 the past is a Store', () => {
    expectTypeOf(store.at({ time: 0 })).toEqualTypeOf<Promise<Store>>()
    expectTypeOf<Awaited<ReturnType<Store['retry']>>>().toEqualTypeOf<Decided>()
  })
})

describe('opening', () => {
  it('S19 every kind of log of the model is named, and no other', () => {
    openStore(shop, worker, { name: 'ann', logs: { customer: 'customer/ann', bank: 'bank' } })
    // @ts-expect-error: the bank is missing
    openStore(shop, worker, { name: 'ann', logs: { customer: 'customer/ann' } })
    // @ts-expect-error: the model has no staff
    openStore(shop, worker, { name: 'ann', logs: { customer: 'customer/ann', bank: 'bank', staff: 'staff' } })
    openLocalStore(shop)
  })
})
