/** Every literal reason that the shop's commands are refused with, in words. A new reason without words does not compile. */
import type { BuiltinReason, ReasonOf } from 'varve'
import type { Cart } from '../model/cart.ts'
import type { Order } from '../model/order.ts'
import type { Product } from '../model/product.ts'
import type { Stock } from '../model/stock.ts'

type ReasonsOf<Commands> = { [K in keyof Commands]: ReasonOf<Commands[K]> }[keyof Commands]

export type ShopReason =
  | ReasonsOf<(typeof Cart)['commands']>
  | ReasonsOf<Pick<(typeof Order)['commands'], 'request' | 'cancel'>>
  | ReasonsOf<Pick<(typeof Product)['commands'], 'changePrice'>>
  | ReasonsOf<Pick<(typeof Stock)['commands'], 'receive' | 'adjust'>>
  | BuiltinReason

const words: Readonly<Record<ShopReason, string>> = {
  cart_full: 'The cart holds 50 different products at most.',
  too_many: 'That is more than can be kept.',
  not_in_cart: 'That is not in your cart any more.',
  cart_closed: 'This cart was ordered on another device.',
  cart_empty: 'There is nothing in your cart.',
  cart_changed: 'Your cart was changed on another device. Please look at it again.',
  order_exists: 'This order was sent already.',
  already_cancelled: 'This order was cancelled already.',
  not_cancellable: 'This order cannot be cancelled any more.',
  not_listed: 'This product is not listed.',
  same_price: 'That is its price already.',
  price_moved: 'Somebody else changed this price meanwhile.',
  no_change: 'That changes nothing.',
  out_of_stock: 'There are not that many pieces.',
  frozen: 'This was written by a newer version of the shop. Please reload.',
  undecidable: 'This version of the shop cannot do that. Please reload.',
}

/** Withdrawn commits carry reasons of varve's own too; an unknown one is shown as it is. */
export function reasonText(reason: string): string {
  return Object.hasOwn(words, reason) ? words[reason as ShopReason] : `It was refused (${reason}).`
}
