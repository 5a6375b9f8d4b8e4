/** The cart of whoever is signed in, with its lines as they stand in the catalogue today. */
import { useStream } from 'varve/react'
import { Cart } from '../model/cart.ts'
import type { CatalogueRow } from '../model/catalogue.ts'
import { piecesOf } from '../model/line.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { useCatalogue } from './use-catalogue.ts'

export interface CartLine {
  readonly sku: string
  readonly quantity: number
  /** What it cost when it was put in. */
  readonly seenCents: number
  /** What it costs now, as far as this device knows. */
  readonly priceCents: number
  readonly free: number
  readonly product: CatalogueRow | undefined
}

export function useCart() {
  const user = useCurrentUser()
  const [cart, commands, { pending }] = useStream(Cart, user.id)
  const { bySku, stockOf } = useCatalogue()
  const lines = Object.values(cart.lines).map(({ sku, quantity, priceCents: seenCents }): CartLine => {
    const product = bySku.get(sku)
    return {
      sku,
      quantity,
      seenCents,
      priceCents: product?.priceCents ?? seenCents,
      free: stockOf(sku).free,
      product,
    }
  })
  return { lines, generation: cart.generation, commands, pending }
}

export function useCartPieces(): number {
  const user = useCurrentUser()
  const [cart] = useStream(Cart, user.id)
  return piecesOf(Object.values(cart.lines))
}
