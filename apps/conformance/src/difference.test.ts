import { describe, expect, it } from 'vitest'
import { differenceOf } from './difference.ts'

describe('the difference of two values', () => {
  it.each([
    [1, 1],
    [Number.NaN, Number.NaN],
    [{ a: 1, b: undefined }, { a: 1 }],
    [[{ a: [1, null] }], [{ a: [1, null] }]],
    [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
    [new Set([1, 2]), new Set([1, 2])],
    [new Error('x'), new Error('x')],
    [Object.create(null), {}],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ])('%j is %j', (actual, expected) => {
    expect(differenceOf(actual, expected)).toBe(null)
    expect(actual).toEqual(expected)
  })

  it.each([
    [1, 2],
    [0, -0],
    [1, '1'],
    [null, undefined],
    [null, {}],
    [{}, []],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1, 2], [1]],
    [[undefined], []],
    [new Map([['a', 1]]), new Map([['a', 2]])],
    [new Map(), {}],
    [new Set([1]), new Set([2])],
    [new Error('x'), new Error('y')],
    [new Date(1), new Date(2)],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ])('%j is not %j', (actual, expected) => {
    expect(differenceOf(actual, expected)).not.toBe(null)
    expect(actual).not.toEqual(expected)
  })

  it('is named by its place', () => {
    expect(differenceOf({ a: [{ b: 1 }] }, { a: [{ b: 2 }] })).toBe('It.a.0.b is 1, not 2.')
  })
})
