import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Cart, emptyCart, Likes } from './cart.fixture.ts'
import { parseStreamName } from './dot.ts'
import { event } from './event.ts'
import { nameFault } from './plain-data.ts'
import { checkStreamName, defineStream } from './stream.ts'

const bad = (code: string) => expect.objectContaining({ code })

describe('defineStream', () => {
  test('a call is plain frozen data', () => {
    const call = Cart.commands.addItem('42', { sku: 'a', unitPrice: 1, quantity: 1 })
    expect(call).toEqual({
      stream: 'cart/42',
      name: 'addItem',
      input: { sku: 'a', unitPrice: 1, quantity: 1 },
    })
    expect(Object.isFrozen(call)).toBe(true)
    expect(structuredClone(call)).toEqual(call)
    expect(Cart.commands.checkOut('42')).toEqual({ stream: 'cart/42', name: 'checkOut' })
  })

  test('a caller knows what it calls', () => {
    const { streamType, commandName } = Cart.commands.addItem
    expect([streamType, commandName]).toEqual(['cart', 'addItem'])
    expect(Cart.commands.addItem.definition.input).not.toBeNull()
    expect(Cart.commands.checkOut.definition.input).toBeNull()
  })

  test('a reference names the stream and its definition', () => {
    expect(Cart.at('a/b')).toEqual({ stream: 'cart/a/b', definition: Cart })
  })

  test('the definition and its initial state are frozen', () => {
    expect(Object.isFrozen(Cart) && Object.isFrozen(Cart.commands) && Object.isFrozen(emptyCart.lines)).toBe(
      true,
    )
    expect(Likes).toMatchObject({ concurrency: 'commute', version: 1 })
    expect(Cart.concurrency).toBe('serial')
  })

  test.each(['Cart', 'my-cart', 'cart/x', '', '1', 'constructor', 'x'.repeat(56)])(
    'refuses the type %j',
    (type) => {
      const spec = { initial: 0, events: {}, evolve: {}, commands: () => ({}) }
      expect(() => defineStream(type, spec)).toThrow(bad('bad_name'))
    },
  )

  test('E31 every name and stream that it takes is a name on the wire', () => {
    const longest = 'x'.repeat(55)
    const stream = defineStream(longest, {
      initial: 0,
      events: { [longest]: event(v.object({})) },
      evolve: { [longest]: () => 1 },
      commands: ({ command }) => ({ [longest]: command(() => []) }),
    })
    expect(nameFault(stream.at('y'.repeat(200)).stream, 'stream')).toBeNull()
    const tooLong = 'x'.repeat(56)
    const spec = { initial: 0, events: {}, evolve: {}, commands: () => ({}) }
    const events = { [tooLong]: event(v.object({})) }
    expect(() => defineStream('x', { ...spec, events, evolve: { [tooLong]: () => 1 } })).toThrow(
      bad('bad_name'),
    )
    expect(() =>
      defineStream('x', { ...spec, commands: ({ command }) => ({ [tooLong]: command(() => []) }) }),
    ).toThrow(bad('bad_name'))
  })

  test('refuses an id that is no text', () => {
    for (const id of [7, null, undefined])
      expect(() => Cart.at(id as never)).toThrow(/is no id of a cart: a stream id is a string/)
  })

  test('a name without a slash is a type without an id', () => {
    expect(parseStreamName('cart')).toEqual({ type: 'cart', id: '' })
    expect(() => checkStreamName('cart')).toThrow(bad('bad_name'))
  })

  test('refuses names of events and commands that are none', () => {
    const events = { 'item.added': event(v.object({})) }
    expect(() =>
      defineStream('x', { initial: 0, events, evolve: { 'item.added': () => 1 }, commands: () => ({}) }),
    ).toThrow(bad('bad_name'))
    expect(() =>
      defineStream('x', {
        initial: 0,
        events: {},
        evolve: {},
        commands: ({ command }) => ({ 'a b': command(() => []) }),
      }),
    ).toThrow(bad('bad_name'))
  })

  test.each(['', 'a\nb', 'a\u0085b', '\ud800', 'x'.repeat(201)])('refuses the id %j', (id) => {
    expect(() => Cart.at(id)).toThrow(bad('bad_name'))
    expect(() => Cart.commands.checkOut(id)).toThrow(bad('bad_name'))
    expect(() => checkStreamName(`cart/${id}`)).toThrow(bad('bad_name'))
  })

  test('takes an id of 200 characters', () => {
    expect(Cart.at('é'.repeat(200)).stream).toHaveLength(205)
  })
})
