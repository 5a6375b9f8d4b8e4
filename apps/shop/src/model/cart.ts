/**
 * `cart/<customerId>`: one cart per customer, on all of their devices. Checking out takes what was reviewed out of it and
 * begins the next generation, so that two devices that check out the same cart cannot both do so.
 */
import * as v from 'valibot'
import { defineStream, event } from 'varve'
import { Line, Lines, linesMax, OrderId, piecesPerLineMax, Quantity, Sku } from './line.ts'
import { Order } from './order.ts'

interface CartState {
  /** Counts the checkouts. */
  readonly generation: number
  readonly lines: Readonly<Record<string, Line>>
}

const empty: CartState = { generation: 0, lines: {} }

const Generation = v.pipe(v.number(), v.integer(), v.minValue(0))
const CheckOut = v.object({ orderId: OrderId, generation: Generation, lines: Lines })
const Restored = v.object({ orderId: OrderId, lines: Lines })

export const Cart = defineStream('cart', {
  initial: empty,
  events: {
    itemAdded: event(Line),
    quantityChanged: event(v.object({ sku: Sku, quantity: Quantity })),
    itemRemoved: event(v.object({ sku: Sku })),
    checkedOut: event(CheckOut),
    restored: event(Restored),
  },
  evolve: {
    itemAdded: (cart, line) => ({ ...cart, lines: merged(cart.lines, line) }),
    quantityChanged: (cart, { sku, quantity }) => {
      const line = cart.lines[sku]
      return line === undefined ? cart : { ...cart, lines: { ...cart.lines, [sku]: { ...line, quantity } } }
    },
    itemRemoved: (cart, { sku }) => ({ ...cart, lines: without(cart.lines, sku) }),
    checkedOut: (cart, { generation, lines }) => ({
      generation: generation + 1,
      lines: lines.reduce(taken, cart.lines),
    }),
    restored: (cart, { lines }) => ({ ...cart, lines: lines.reduce(merged, cart.lines) }),
  },
  commands: ({ command, emit, reject }) => ({
    addItem: command(Line, (cart, line) => {
      const held = cart.lines[line.sku]
      if (held === undefined && Object.keys(cart.lines).length >= linesMax) return reject('cart_full')
      if ((held?.quantity ?? 0) + line.quantity > piecesPerLineMax) return reject('too_many')
      return emit.itemAdded(line)
    }),
    changeQuantity: command(v.object({ sku: Sku, quantity: Quantity }), (cart, { sku, quantity }) =>
      cart.lines[sku] === undefined ? reject('not_in_cart') : emit.quantityChanged({ sku, quantity }),
    ),
    // Gone already, by another device perhaps: then the wish is fulfilled.
    removeItem: command(v.object({ sku: Sku }), (cart, { sku }) =>
      cart.lines[sku] === undefined ? [] : emit.itemRemoved({ sku }),
    ),
    // What was reviewed is what is bought. Lines that another device added since stay for the next order; one that it
    // took out or made smaller is a question for the customer.
    checkOut: command(CheckOut, (cart, input) => {
      if (input.generation !== cart.generation) return reject('cart_closed')
      if (Object.keys(cart.lines).length === 0) return reject('cart_empty')
      const changed = input.lines.filter(({ sku, quantity }) => quantity > (cart.lines[sku]?.quantity ?? 0))
      if (changed.length > 0) return reject('cart_changed', { skus: changed.map(({ sku }) => sku) })
      return emit.checkedOut(input)
    }),
    // In one commit with Order.decline, after it: an order that was cancelled meanwhile brings nothing back.
    restore: command(
      Restored,
      { reads: ({ orderId }) => ({ order: Order.at(orderId) }) },
      (_cart, restored, { reads }) => (reads.order.status === 'declined' ? emit.restored(restored) : []),
    ),
  }),
})

type LinesBySku = CartState['lines']

/** The newer price stands; the pieces add up, to what a line may hold. */
function merged(lines: LinesBySku, line: Line): LinesBySku {
  const quantity = Math.min((lines[line.sku]?.quantity ?? 0) + line.quantity, piecesPerLineMax)
  return { ...lines, [line.sku]: { ...line, quantity } }
}

function taken(lines: LinesBySku, { sku, quantity }: Line): LinesBySku {
  const line = lines[sku]
  if (line === undefined || line.quantity <= quantity) return without(lines, sku)
  return { ...lines, [sku]: { ...line, quantity: line.quantity - quantity } }
}

function without(lines: LinesBySku, sku: string): LinesBySku {
  const { [sku]: _gone, ...others } = lines
  return others
}
