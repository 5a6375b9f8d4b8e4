import { describe, expectTypeOf, it } from 'vitest'
import { defineEffect } from './effect.ts'
import { definePolicy } from './policy.ts'
import { Order, Stock } from './testing/market.fixture.ts'

describe('definePolicy', () => {
  it('gives handlers their events and states without a type written by hand', () => {
    definePolicy('p', {
      from: [Order],
      on: {
        'order.requested': async (event, ctx) => {
          expectTypeOf(event.data).toEqualTypeOf<{ sku: string; quantity: number }>()
          const stock = await ctx.read('shop', Stock, event.data.sku)
          expectTypeOf(stock).toEqualTypeOf<{ free: number; reserved: number }>()
          return { log: 'shop', commands: [Stock.commands.receive('tee', { quantity: 1 })] }
        },
      },
    })
  })

  it('refuses events that its streams do not have', () => {
    definePolicy('p', {
      from: [Order],
      // @ts-expect-error stock.received is no event of Order
      on: { 'stock.received': () => null },
    })
  })
})

describe('defineEffect', () => {
  it('gives handlers their events, a key and a signal without a type written by hand', () => {
    defineEffect('e', {
      from: [Order],
      since: 0,
      on: {
        'order.declined': async (event, { key, signal, read }) => {
          expectTypeOf(event.data).toEqualTypeOf<{ reason: string }>()
          expectTypeOf(key).toEqualTypeOf<string>()
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
          expectTypeOf(await read('shop', Stock, 'tee')).toEqualTypeOf<{ free: number; reserved: number }>()
          return null
        },
      },
    })
  })

  it('refuses events that its streams do not have', () => {
    defineEffect('e', {
      from: [Order],
      // @ts-expect-error stock.received is no event of Order
      on: { 'stock.received': () => null },
    })
  })
})
