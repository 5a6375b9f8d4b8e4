import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shareEqual } from './share-equal.ts'

it('S22 a copy gets the identity of what it is a copy of', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(shareEqual(value, structuredClone(value))).toBe(value)
    }),
  )
})

it('S22 the result is always equal to the new value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (old, next) => {
      expect(shareEqual(old, next)).toEqual(next)
    }),
  )
})

it('S22 the parts that did not change keep their identity', () => {
  const old = { lines: [{ sku: 'a' }, { sku: 'b' }], note: { text: 'x' } }
  const next = shareEqual(old, { lines: [{ sku: 'a' }, { sku: 'c' }], note: { text: 'x' } })
  expect(next.lines[0]).toBe(old.lines[0])
  expect(next.note).toBe(old.note)
  expect(next.lines).not.toBe(old.lines)
})

it('S22 what is not plain counts as changed', () => {
  const old = new Map([['a', 1]])
  const next = new Map([['a', 1]])
  expect(shareEqual(old, next)).toBe(next)
  expect(shareEqual({ a: undefined }, { b: undefined })).toEqual({ b: undefined })
})

it('S22 a circle ends', () => {
  const circle = () => {
    const node: { next?: unknown } = {}
    node.next = node
    return node
  }
  expect(() => shareEqual(circle(), circle())).not.toThrow()
})
