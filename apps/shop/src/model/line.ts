/** What carts, orders and reservations are made of: so many pieces of a product at a price. */
import * as v from 'valibot'
import { PriceCents } from './money.ts'

export const linesMax = 50
export const piecesPerLineMax = 99

export const Sku = v.pipe(v.string(), v.regex(/^[A-Z]{2}\d{2}-\d{3}$/))
export const OrderId = v.pipe(v.string(), v.uuid())
export const Quantity = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(piecesPerLineMax))

/** `priceCents` is the unit price that the customer saw. */
export const Line = v.object({ sku: Sku, quantity: Quantity, priceCents: PriceCents })
export const Lines = v.pipe(
  v.array(Line),
  v.minLength(1),
  v.maxLength(linesMax),
  v.check((lines) => new Set(lines.map(({ sku }) => sku)).size === lines.length, 'each product once'),
)
export type Line = v.InferOutput<typeof Line>

/** A line that could not be had, and how it stands: what is free, what it costs now. */
export const ShortLine = v.object({
  sku: Sku,
  quantity: Quantity,
  free: v.pipe(v.number(), v.integer(), v.minValue(0)),
  priceCents: PriceCents,
})
export type ShortLine = v.InferOutput<typeof ShortLine>

export function totalOf(
  lines: readonly { readonly quantity: number; readonly priceCents: number }[],
): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0)
}

export function piecesOf(lines: readonly { readonly quantity: number }[]): number {
  return lines.reduce((sum, line) => sum + line.quantity, 0)
}
