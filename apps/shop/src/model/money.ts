/** Money is an integer of euro cents; only its display is ever a fraction. */
import * as v from 'valibot'

const centsMax = 100_000_00

/** A price that something can have. */
export const PriceCents = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(centsMax))
/** A sum of prices: 50 lines of 99 pieces at most. */
export const SumCents = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(50 * 99 * centsMax))

const euro = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

export function formatCents(cents: number): string {
  return euro.format(cents / 100)
}

/** `12.50`, `12,5` or `12` to cents; null if it is no price. */
export function parseCents(text: string): number | null {
  const match = /^\s*€?\s*(\d{1,6})(?:[.,](\d{1,2}))?\s*€?\s*$/.exec(text)
  if (match === null) return null
  const cents = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
  return v.is(PriceCents, cents) ? cents : null
}
