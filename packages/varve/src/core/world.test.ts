import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Cart, emptyCart, type Line, shop } from './cart.fixture.ts'
import type { EventRecord } from './commit.ts'
import { event } from './event.ts'
import { defineModel } from './model.ts'
import { defineStream } from './stream.ts'
import { createWorld } from './world.ts'

const line = (sku: string): Line => ({ sku, unitPrice: 2, quantity: 1 })
const added = (id: string, sku: string): EventRecord => ({
  stream: `cart/${id}`,
  type: 'cart.itemAdded',
  version: 2,
  data: { ...line(sku) },
})
const base = () => createWorld(shop, 'customer')

describe('world', () => {
  test('a stream without events has its initial state', () => {
    expect(base().get('cart/1')).toEqual({ state: emptyCart, revision: 0, frozen: null })
  })

  test('folds events, old ones in their newest shape', () => {
    const world = base()
    world.apply([
      added('1', 'a'),
      { stream: 'cart/1', type: 'cart.itemAdded', version: 1, data: { sku: 'b', unitPrice: 2 } },
    ])
    const state = { status: 'open', lines: { a: line('a'), b: line('b') } }
    expect(world.get('cart/1')).toEqual({ state, revision: 2, frozen: null })
  })

  test('a fork changes nothing below until it is absorbed', () => {
    const world = base()
    world.apply([added('1', 'a')])
    const fork = world.fork()
    const top = fork.fork()
    fork.apply([added('1', 'b')])
    top.apply([added('1', 'c'), added('2', 'd')])
    expect([world, fork, top].map((w) => w.get('cart/1').revision)).toEqual([1, 2, 3])
    expect([...top.touched()]).toEqual(['cart/1', 'cart/2'])
    top.absorb()
    expect([world, fork].map((w) => w.get('cart/2').revision)).toEqual([0, 1])
    expect([...top.touched()]).toEqual([])
    fork.absorb()
    expect(world.get('cart/1').revision).toBe(3)
    expect(() => world.absorb()).toThrow(expect.objectContaining({ code: 'defect' }))
    expect(() => fork.dump()).toThrow(expect.objectContaining({ code: 'defect' }))
  })

  test('a dump is structured-cloneable and can be taken up again', () => {
    const world = base()
    world.apply([added('1', 'a'), { stream: 'cart/2', type: 'cart.new', version: 1, data: null }])
    const saved = structuredClone(world.dump())
    const again = createWorld(shop, 'customer', { saved })
    for (const stream of ['cart/1', 'cart/2', 'cart/3']) expect(again.get(stream)).toEqual(world.get(stream))
    again.apply([added('1', 'b')])
    expect(again.get('cart/1').revision).toBe(2)
    expect(world.get('cart/1').revision).toBe(1)
  })

  test('property: layers, absorbed or not, show what one fold shows', () => {
    const step = fc.oneof(
      fc.record({ id: fc.constantFrom('1', '2', '3'), sku: fc.constantFrom('a', 'b', 'c') }),
      fc.constantFrom('fork' as const, 'absorb' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const flat = base()
        const layers = [base()]
        for (const s of steps) {
          const top = layers.at(-1)!
          if (s === 'fork') layers.push(top.fork())
          else if (s === 'absorb') {
            if (layers.length > 1) layers.pop()!.absorb()
          } else {
            flat.apply([added(s.id, s.sku)])
            top.apply([added(s.id, s.sku)])
          }
          for (const id of ['1', '2', '3'])
            expect(layers.at(-1)!.get(`cart/${id}`)).toEqual(flat.get(`cart/${id}`))
        }
      }),
    )
  })

  test('states are frozen all the way down, unless it is switched off', () => {
    const states = [true, false].map((freeze) => {
      const world = createWorld(shop, 'customer', { freeze })
      world.apply([added('1', 'a')])
      return (world.get('cart/1').state as { lines: { a: Line } }).lines.a
    })
    expect(states.map((a) => Object.isFrozen(a))).toEqual([true, false])
  })
})

describe('an event that cannot be folded freezes its stream only', () => {
  const Fragile = defineStream('fragile', {
    initial: 0,
    events: {
      hit: event(v.object({})),
      forgot: event(v.object({})),
      grew: event(v.object({ by: v.number() })).revise(
        v.object({ by: v.pipe(v.number(), v.minValue(1)) }),
        (old) => old,
      ),
    },
    evolve: {
      hit: () => {
        throw new Error('broken')
      },
      forgot: () => undefined as never,
      grew: (size, { by }) => size + by,
    },
    commands: () => ({}),
  })
  const model = defineModel('m', { logs: { a: [Fragile, Cart] } })
  const on = (type: string, version: number, data: EventRecord['data'] = {}) => ({
    stream: 'fragile/1',
    type,
    version,
    data,
  })

  test.each([
    [on('fragile.melted', 1), 'unknown_event', 'This app knows no event fragile.melted.'],
    [on('fragile.hit', 2), 'newer_event', 'fragile.hit has version 2, and this app knows it up to 1.'],
    [on('fragile.hit', 1), 'poison_event', 'fragile.hit: broken'],
    [on('fragile.forgot', 1), 'poison_event', 'fragile.forgot: evolve returned nothing.'],
    [on('fragile.grew', 1, { by: 0 }), 'poison_event', expect.stringContaining('after revising: by: ')],
    [
      on('cart.itemRemoved', 1, { sku: 'a' }),
      'poison_event',
      expect.stringContaining('where it does not belong'),
    ],
  ])('%o', (poison, reason, message) => {
    const world = createWorld(model, 'a')
    world.apply([on('fragile.grew', 2, { by: 3 }), poison, on('fragile.grew', 2, { by: 3 }), added('1', 'a')])
    expect(world.get('fragile/1')).toEqual({ state: 3, revision: 3, frozen: { reason, message } })
    expect(world.get('cart/1')).toMatchObject({ revision: 1, frozen: null })
  })
})
