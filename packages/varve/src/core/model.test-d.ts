import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import {
  Account,
  Cart,
  type CartState,
  Likes,
  type Line,
  Orders,
  Payment,
  Revenue,
  type shop,
} from './cart.fixture.ts'
import type { CommandCall, InputArgs, ReasonOf } from './command.ts'
import { event } from './event.ts'
import type { EventOf } from './log-event.ts'
import { defineModel, type LogKindOf } from './model.ts'
import { defineProjection, type ValueOf } from './projection.ts'
import { defineStream, type StateOf, type StreamRef } from './stream.ts'
import { defineTable, type RowOf } from './table.ts'
import { createView } from './view.ts'

describe('event', () => {
  test('revise types the old data by the schema before and the event by the newest', () => {
    const added = event(v.object({ sku: v.string() }))
    added.revise(v.object({ sku: v.string(), count: v.optional(v.number(), 1) }), (old) => {
      expectTypeOf(old).toEqualTypeOf<{ sku: string }>()
      return old
    })
    // @ts-expect-error an upcaster must give what the next schema takes
    added.revise(v.object({ sku: v.string(), count: v.number() }), (old) => old)
  })
})

describe('defineStream', () => {
  test('literal reasons reach the call', () => {
    expectTypeOf(Cart.commands.checkOut('1')).toEqualTypeOf<
      CommandCall<'cart_closed' | 'cart_empty', CartState>
    >()
    expectTypeOf<ReasonOf<typeof Cart.commands.addItem>>().toEqualTypeOf<'cart_closed'>()
    expectTypeOf<ReasonOf<typeof Cart.commands.removeItem>>().toEqualTypeOf<never>()
    expectTypeOf<ReasonOf<ReturnType<typeof Payment.commands.pay>>>().toEqualTypeOf<'too_poor'>()
    const both = [
      Cart.commands.checkOut('1'),
      Payment.commands.pay('1', { account: 'a', amount: 1 }),
    ] as const
    expectTypeOf<ReasonOf<typeof both>>().toEqualTypeOf<'cart_closed' | 'cart_empty' | 'too_poor'>()
  })

  test('calls are typed by the input schema', () => {
    expectTypeOf<InputArgs<typeof Cart.commands.checkOut>>().toEqualTypeOf<[]>()
    expectTypeOf<InputArgs<typeof Cart.commands.addItem>>().toEqualTypeOf<[input: Line]>()
    // @ts-expect-error checkOut takes no input
    Cart.commands.checkOut('1', {})
    // @ts-expect-error addItem wants its input
    Cart.commands.addItem('1')
    // @ts-expect-error an input must satisfy its schema
    Cart.commands.addItem('1', { sku: 1 })
    // @ts-expect-error there is no such command
    Cart.commands.fly
  })

  test('states, references and events', () => {
    expectTypeOf<StateOf<typeof Cart>>().toEqualTypeOf<CartState>()
    expectTypeOf<StateOf<typeof Likes>>().toEqualTypeOf<number>()
    expectTypeOf(Cart.at('1')).toEqualTypeOf<StreamRef<typeof Cart>>()
    expectTypeOf<EventOf<typeof Cart>['type']>().toEqualTypeOf<
      'cart.itemAdded' | 'cart.itemRemoved' | 'cart.checkedOut'
    >()
    const read = (e: EventOf<typeof Cart> | EventOf<typeof Account>) => {
      if (e.type === 'cart.itemAdded') expectTypeOf(e.data).toEqualTypeOf<Line>()
      if (e.type === 'account.deposited') expectTypeOf(e.data).toEqualTypeOf<{ amount: number }>()
    }
    expectTypeOf(read).returns.toBeVoid()
  })

  test('evolve and the kit are typed by state and events', () => {
    const counted = { counted: event(v.object({ by: v.number() })) }
    const initial: { readonly count: number; readonly parity: 'even' | 'odd' } = { count: 0, parity: 'even' }
    defineStream('counter', {
      initial,
      events: counted,
      // @ts-expect-error evolve must give back a state
      evolve: { counted: (state) => ({ ...state, parity: 'neither' }) },
      commands: () => ({}),
    })
    defineStream('counter', {
      initial,
      events: counted,
      // @ts-expect-error every event must be folded
      evolve: {},
      commands: () => ({}),
    })
    defineStream('counter', {
      initial,
      events: counted,
      evolve: { counted: (state, { by }) => ({ ...state, count: state.count + by }) },
      commands: ({ command, emit, reject }) => ({
        count: command((state, { theirs, reads }) => {
          expectTypeOf(state).toEqualTypeOf<typeof initial>()
          expectTypeOf(theirs[0]?.type).toEqualTypeOf<'counter.counted' | undefined>()
          // @ts-expect-error this command reads nothing
          reads.account
          return [emit.counted({ by: 1 }), emit.counted({ by: 2 })]
        }),
        // @ts-expect-error emit takes what the event's schema takes
        misspelt: command(() => emit.counted({ bye: 1 })),
        // @ts-expect-error there is no such event
        unknown: command(() => emit.discounted({})),
        // @ts-expect-error a handler is synchronous
        later: command(async () => reject('too_late')),
        // @ts-expect-error a handler returns what emit or reject made
        raw: command(() => ({ type: 'counted', by: 1 })),
      }),
    })
  })

  test('a reason is a literal, and none of varve’s own', () => {
    const Door = defineStream('door', {
      initial: 0,
      events: { opened: event(v.object({})) },
      evolve: { opened: (count) => count + 1 },
      commands: ({ command, emit, reject }) => ({
        open: command((count) => {
          if (count > 9) return reject('worn_out', { count })
          return count > 0 ? reject(count > 1 ? 'jammed' : 'open_already') : emit.opened({})
        }),
        // @ts-expect-error the user's word for a commit that was taken back
        cancel: command(() => reject('cancelled')),
        // @ts-expect-error varve's word for a stream that cannot be folded
        freeze: command((count) => reject(count > 0 ? 'stuck' : 'frozen')),
      }),
    })
    expectTypeOf<ReasonOf<typeof Door.commands.open>>().toEqualTypeOf<
      'worn_out' | 'jammed' | 'open_already'
    >()
  })

  test('reads are typed by what is declared', () => {
    defineStream('transfer', {
      initial: 0,
      events: { made: event(v.object({ amount: v.number() })) },
      evolve: { made: (sum, { amount }) => sum + amount },
      commands: ({ command, emit, at }) => ({
        make: command(
          v.object({ from: v.string(), other: v.string() }),
          { reads: (input) => ({ from: Account.at(input.from), other: at(input.other) }) },
          (_sum, input, { reads, theirs }) => {
            expectTypeOf(input.from).toEqualTypeOf<string>()
            expectTypeOf(reads.from).toEqualTypeOf<{ balance: number }>()
            expectTypeOf(reads.other).toEqualTypeOf<number>()
            for (const e of theirs) {
              if (e.type === 'transfer.made' || e.type === 'account.deposited')
                expectTypeOf(e.data).toEqualTypeOf<{ amount: number }>()
            }
            // @ts-expect-error only declared streams can be read
            reads.to
            return emit.made({ amount: reads.from.balance })
          },
        ),
      }),
    })
  })
})

describe('projections and tables', () => {
  test('handlers are typed by the event that they are for', () => {
    expectTypeOf<ValueOf<typeof Revenue>>().toEqualTypeOf<number>()
    expectTypeOf<RowOf<typeof Orders>>().toEqualTypeOf<{ total: number; placedAt: number }>()
    defineProjection('both', {
      from: [Cart, Account],
      initial: 0,
      on: {
        'cart.itemAdded': (sum, { data, position }) => {
          expectTypeOf(data).toEqualTypeOf<Line>()
          expectTypeOf(position).toExtend<number | null>()
          return sum
        },
        'account.deposited': (sum, { data }) => sum + data.amount,
      },
    })
    // @ts-expect-error the cart has no such event
    defineProjection('x', { from: [Cart], initial: 0, on: { 'cart.exploded': (n) => n } })
    // @ts-expect-error a value keeps its type
    defineProjection('x', { from: [Cart], initial: 0, on: { 'cart.checkedOut': () => 'a lot' } })
  })

  test('rows are typed by their schema', () => {
    const row = v.object({ total: v.number() })
    defineTable('t', {
      from: [Cart, Likes],
      key: (e) => (e.type === 'cart.checkedOut' ? [e.data.orderId] : null),
      row,
      on: { 'cart.checkedOut': (before, { data }) => (before === undefined ? { total: data.total } : null) },
    })
    // @ts-expect-error indexes are columns of the row
    defineTable('t', { from: [Cart], key: (e) => e.streamId, row, indexes: ['price'], on: {} })
    const wrong = () => ({ total: 'x' })
    // @ts-expect-error a handler gives a row or null
    defineTable('t', { from: [Cart], key: (e) => e.streamId, row, on: { 'cart.checkedOut': wrong } })
  })

  test('views are typed by what they show', () => {
    expectTypeOf(createView(Revenue).value()).toEqualTypeOf<number>()
    expectTypeOf(createView(Orders).row('1')).toEqualTypeOf<{ total: number; placedAt: number } | undefined>()
  })
})

describe('defineModel', () => {
  test('the kinds of log are literals', () => {
    expectTypeOf<LogKindOf<typeof shop>>().toEqualTypeOf<'customer' | 'bank'>()
    // @ts-expect-error a log holds streams
    defineModel('m', { logs: { shop: [Revenue] } })
  })
})
