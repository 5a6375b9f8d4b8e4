import { describe, expectTypeOf, it } from 'vitest'
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
