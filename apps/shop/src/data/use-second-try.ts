/**
 * What one can do about a withdrawn commit. Mostly the same again, on what is there now; where that could only be refused
 * again (it names a cart or a price that is gone), what the user most likely wants instead.
 */
import * as v from 'valibot'
import type { Decided, InboxNote } from 'varve'
import { useStore } from 'varve/react'
import { Cart } from '../model/cart.ts'
import { Lines } from '../model/line.ts'
import { PriceCents } from '../model/money.ts'
import { Product } from '../model/product.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { useCatalogue } from './use-catalogue.ts'

export interface SecondTry {
  readonly label: string
  /** What is said when it went well. */
  readonly done: string
  readonly run: () => Promise<Decided>
}

const Ordered = v.object({ lines: Lines })
const Priced = v.object({ priceCents: PriceCents })

export function useSecondTry(item: InboxNote): SecondTry {
  const store = useStore()
  const user = useCurrentUser()
  const { bySku } = useCatalogue()
  const [command] = item.commands
  const id = command?.stream.slice(command.stream.indexOf('/') + 1) ?? ''

  if (command?.name === 'checkOut' && v.is(Ordered, command.input)) {
    const { lines } = command.input
    const calls = lines.map((line) => Cart.commands.addItem(user.id, line))
    return {
      label: 'Put it in the cart again',
      done: 'it is in your cart.',
      run: () => store.retry(item, calls),
    }
  }
  const row = bySku.get(id)
  if (command?.name === 'changePrice' && v.is(Priced, command.input) && row !== undefined) {
    const wish = { seenCents: row.priceCents, priceCents: command.input.priceCents }
    return {
      label: 'Set it anyway',
      done: 'it is set.',
      run: () => store.retry(item, Product.commands.changePrice(id, wish)),
    }
  }
  return { label: 'Try again', done: 'done, this time.', run: () => store.retry(item) }
}
