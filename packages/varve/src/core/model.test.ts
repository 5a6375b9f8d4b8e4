import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Account, Cart, Likes, Orders, Payment, Revenue, shop } from './cart.fixture.ts'
import { event } from './event.ts'
import { projectionFingerprint, streamFingerprint, worldFingerprint } from './fingerprint.ts'
import { defineModel } from './model.ts'
import { defineProjection } from './projection.ts'
import { defineStream } from './stream.ts'

describe('defineModel', () => {
  test('looks things up', () => {
    expect(shop.logKinds).toEqual(['customer', 'bank'])
    expect(shop.streamOf('cart')).toBe(Cart)
    expect(shop.streamOf('constructor')).toBeUndefined()
    expect(shop.logKindOf('payment')).toBe('bank')
    expect(shop.streamsOf('customer')).toEqual([Cart, Likes])
    expect(shop.eventOf('cart.itemAdded')).toMatchObject({ name: 'itemAdded', streamPrefix: 'cart/' })
    expect(shop.projections.get('orders')).toBe(Orders)
    expect(shop.projectionsFrom('customer')).toEqual([Orders, Revenue])
    expect(shop.projectionsFrom('bank')).toEqual([])
    expect([shop.streamsOf('ship'), shop.projectionsFrom('ship')]).toEqual([[], []])
  })

  const otherCart = defineStream('cart', { initial: 0, events: {}, evolve: {}, commands: () => ({}) })
  const mistakes: readonly [string, Parameters<typeof defineModel>[1]][] = [
    ['it has no logs', { logs: {} }],
    ['two streams are called cart', { logs: { a: [Cart], b: [otherCart] } }],
    ['the stream cart stands twice in the log a', { logs: { a: [Cart, Cart] } }],
    [
      'the stream cart stands in the logs a and b, and a stream belongs to one log',
      { logs: { a: [Cart], b: [Cart] } },
    ],
    ['two projections are called revenue', { logs: { a: [Cart] }, projections: [Revenue, Revenue] }],
    [
      'the projection revenue is folded from cart, which is in none of the logs',
      { logs: { a: [Payment] }, projections: [Revenue] },
    ],
    [
      'the projection revenue is folded from another stream called cart',
      { logs: { a: [otherCart] }, projections: [Revenue] },
    ],
    [
      'the projection lost is folded from no stream',
      { logs: { a: [Cart] }, projections: [defineProjection('lost', { from: [], initial: 0, on: {} })] },
    ],
    [
      'the projection odd handles cart.exploded, which none of its streams has',
      {
        logs: { a: [Cart] },
        projections: [
          defineProjection('odd', { from: [Cart], initial: 0, on: { 'cart.exploded': () => 1 } as object }),
        ],
      },
    ],
  ]
  test.each(mistakes)('refuses: %s', (sentence, spec) => {
    expect(() => defineModel('m', spec)).toThrow(
      expect.objectContaining({ code: 'bad_model', message: `The model m cannot be: ${sentence}.` }),
    )
  })
})

describe('defineProjection', () => {
  test.each(['', '1st', 'my orders', 'orders/1'])('refuses the name %j', (name) => {
    expect(() => defineProjection(name, { from: [Cart], initial: 0, on: {} })).toThrow(
      expect.objectContaining({ code: 'bad_name', hint: expect.stringContaining('such as orders') }),
    )
  })
})

describe('fingerprints', () => {
  const counter = (by: number, version?: number, evolve: (n: number) => number = (n) => n + 1) =>
    defineStream('counter', {
      initial: by,
      events: { counted: event(v.object({})) },
      evolve: { counted: evolve },
      commands: () => ({}),
      ...(version === undefined ? {} : { version }),
    })

  test('are those of name, version, handlers, upcasters and initial', () => {
    expect(streamFingerprint(counter(0))).toMatch(/^counter@1-[\w-]{8}$/)
    expect(streamFingerprint(counter(0))).toBe(streamFingerprint(counter(0)))
    expect(streamFingerprint(counter(1))).not.toBe(streamFingerprint(counter(0)))
    expect(streamFingerprint(counter(0, 2))).toMatch(/^counter@2-/)
    expect(streamFingerprint(counter(0, 1, (n) => n + 2))).not.toBe(streamFingerprint(counter(0)))
    const { itemAdded } = Cart.events
    const revised = {
      ...Cart,
      events: { ...Cart.events, itemAdded: itemAdded.revise(v.object({}), () => ({})) },
    }
    expect(streamFingerprint(revised)).not.toBe(streamFingerprint(Cart))
  })

  test('see into a state that JSON cannot say', () => {
    const of = (initial: unknown) =>
      projectionFingerprint(defineProjection('p', { from: [Cart], initial, on: {} }))
    const states = [
      ...[1n, 2n, undefined, null, { a: undefined }, {}, () => 1, () => 2],
      ...[new Map([[1, 2]]), new Map([[1, 3]]), new Set([1]), new Set([2])],
    ]
    const prints = states.map(of)
    expect(new Set(prints).size).toBe(states.length)
    expect(states.map(of)).toEqual(prints)
  })

  test('of projections change with the upcasters that they read through', () => {
    expect(projectionFingerprint(Orders)).toMatch(/^orders@1-/)
    const revised = {
      ...Cart,
      events: { ...Cart.events, checkedOut: Cart.events.checkedOut.revise(v.object({}), () => ({})) },
    }
    expect(projectionFingerprint({ ...Revenue, from: [revised] })).not.toBe(projectionFingerprint(Revenue))
  })

  test('of a world change with any of its streams', () => {
    const one = defineModel('m', { logs: { a: [Account, counter(0)] } })
    const two = defineModel('m', { logs: { a: [Account, counter(1)] } })
    expect(worldFingerprint(one, 'a')).not.toBe(worldFingerprint(two, 'a'))
  })
})
