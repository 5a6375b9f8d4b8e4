import { expect, test } from 'vitest'
import { formatCents, parseCents } from './money.ts'

test('prices are read as people write them', () => {
  expect(['12.50', '12,5', ' 12 ', '€12.50', '0.01'].map(parseCents)).toEqual([1250, 1250, 1200, 1250, 1])
  expect(['', '0', '-3', '1.234', 'abc', '1e3', '9999999'].map(parseCents)).toEqual(Array(7).fill(null))
})

test('cents are shown as euros', () => {
  expect(formatCents(1250)).toBe('€12.50')
})
