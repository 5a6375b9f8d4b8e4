import { describe, expect, test } from 'vitest'
import { deepFreeze } from './deep-freeze.ts'
import { messageOf, VarveError } from './errors.ts'
import { nameFault, plainDataFault } from './plain-data.ts'
import { checkReason } from './reason.ts'

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe('plain data', () => {
  test('is what JSON can say', () => {
    expect(plainDataFault({ a: [null, true, false, -1.5, 'é'], b: Object.create(null) })).toBeNull()
    expect(plainDataFault(nested(32))).toBeNull()
    expect(plainDataFault(Array(19_999).fill(0))).toBeNull()
  })

  test.each<[unknown, string]>([
    [undefined, 'data: undefined is not plain data'],
    [{ a: 1n }, 'data.a: bigint is not plain data'],
    [[Number.POSITIVE_INFINITY], 'data[0]: Infinity is not a finite number'],
    [{ lines: [{ sku: '\ud800' }] }, 'data.lines[0].sku: a string holds a lone surrogate'],
    [new Date(0), 'data: only plain objects are data'],
    [{ prototype: 1 }, 'data: the key prototype is not allowed'],
    [{ ['k'.repeat(257)]: 1 }, 'data: a key is longer than 256'],
    [{ '\0': 1 }, 'data: a string holds a NUL character'],
    [nested(33), `data${'[0]'.repeat(33)}: nested deeper than 32`],
    [Array(20_000).fill(0), 'data: more than 20000 values'],
  ])('case %#: says what is wrong and where', (value, fault) => {
    expect(plainDataFault(value)).toBe(fault)
  })
})

describe('names and reasons', () => {
  test('a name is 1 to 256 characters', () => {
    expect([nameFault('x', 'log'), nameFault('x'.repeat(256), 'log')]).toEqual([null, null])
    expect(nameFault(7, 'log')).toBe('log: not a text')
    expect(nameFault('', 'log')).toBe('log: empty')
    expect(nameFault('x'.repeat(257), 'log')).toBe('log: longer than 256')
    expect(nameFault('\0', 'log')).toBe('log: a string holds a NUL character')
  })

  test('a reason is a name, and none of varve’s own', () => {
    expect(() => checkReason('sold_out')).not.toThrow()
    const bad = (message: string) => expect.objectContaining({ code: 'bad_name', message })
    expect(() => checkReason('frozen')).toThrow(
      bad('This is no reason to reject: frozen is one of varve’s own.'),
    )
    expect(() => checkReason('')).toThrow(bad('This is no reason to reject: reason: empty.'))
  })
})

describe('deepFreeze', () => {
  test('freezes plain objects and lists all the way down', () => {
    const bare = Object.assign(Object.create(null), { list: [{ a: 1 }] })
    const value = deepFreeze({ lines: [{ sku: 'a' }, [1]], bare })
    for (const part of [value, value.lines, value.lines[0], value.lines[1], bare, bare.list, bare.list[0]])
      expect(Object.isFrozen(part)).toBe(true)
  })

  test('leaves alone what freezing would not protect', () => {
    const map = new Map([[1, { a: 1 }]])
    const date = new Date(0)
    deepFreeze({ map, date })
    expect([Object.isFrozen(map), Object.isFrozen(date), Object.isFrozen(map.get(1))]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('skips what is frozen already, with all below it', () => {
    const inner = { a: 1 }
    deepFreeze(Object.freeze({ inner }))
    expect(Object.isFrozen(inner)).toBe(false)
  })
})

describe('errors', () => {
  test('keep their cause, and have none if none is given', () => {
    const cause = new Error('disk')
    expect(new VarveError('storage_failed', 'It failed.', { cause }).cause).toBe(cause)
    expect('cause' in new VarveError('storage_failed', 'It failed.')).toBe(false)
  })

  test('whatever is thrown has a text', () => {
    const mute = {
      toString() {
        throw new Error('no text')
      },
    }
    expect([new Error('boom'), 'text', 7, undefined, mute].map(messageOf)).toEqual([
      ...['boom', 'text', '7', 'undefined', 'something that cannot be shown'],
    ])
  })
})
