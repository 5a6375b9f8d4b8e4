import type { Commit } from 'varve/core'
import { expect, test } from 'vitest'
import { type User, userOf } from '../src/model/users.ts'
import { accessOf } from './access.ts'
import { createTokens } from './tokens.ts'

const ann = userOf('ann') as User
const sam = userOf('sam') as User

/** Whether a commit with this event may be placed. */
function mayWrite(user: User, log: string, type: string): boolean {
  const { append } = accessOf(user, log)
  if (typeof append === 'boolean') return append
  const stream = `${type.split('.')[0]}/x`
  return append({ events: [{ stream, type, version: 1, data: {} }] } as unknown as Commit) === true
}

test('a customer reads the shop and her own log, and sees no other', () => {
  expect(accessOf(ann, 'shop/main').read).toBe(true)
  expect(accessOf(ann, 'customer/ann').read).toBe(true)
  expect(accessOf(ann, 'customer/ben')).toEqual({ read: false, append: false })
  expect(accessOf(ann, 'customer/ann/x')).toEqual({ read: false, append: false })
})

test('a customer writes her own cart and wishes, but places no order herself', () => {
  expect(mayWrite(ann, 'customer/ann', 'cart.itemAdded')).toBe(true)
  expect(mayWrite(ann, 'customer/ann', 'order.requested')).toBe(true)
  expect(mayWrite(ann, 'customer/ann', 'order.cancelled')).toBe(true)
  expect(mayWrite(ann, 'customer/ann', 'order.placed')).toBe(false)
  expect(mayWrite(ann, 'customer/ann', 'cart.restored')).toBe(false)
  expect(mayWrite(ann, 'shop/main', 'stock.adjusted')).toBe(false)
})

test('staff read everything and write prices and stock, but reserve nothing and buy for nobody', () => {
  expect(accessOf(sam, 'customer/ann')).toEqual({ read: true, append: false })
  expect(mayWrite(sam, 'shop/main', 'product.priceChanged')).toBe(true)
  expect(mayWrite(sam, 'shop/main', 'stock.adjusted')).toBe(true)
  expect(mayWrite(sam, 'shop/main', 'stock.reserved')).toBe(false)
  expect(mayWrite(sam, 'shop/main', 'reservation.made')).toBe(false)
})

test('a token says who one is, to the server that made it, and nothing else does', async () => {
  const tokens = createTokens(new Uint8Array(32).fill(1))
  const others = createTokens(new Uint8Array(32).fill(2))
  const signedIn = await tokens.verify(await tokens.issue(ann))
  expect(signedIn?.user).toEqual(ann)
  expect(signedIn?.expiresAt).toBeGreaterThan(Date.now() + 59 * 60_000)
  expect(await tokens.verify(await others.issue(ann))).toBeNull()
  expect(await tokens.verify('ann')).toBeNull()
  expect(await tokens.verify(null)).toBeNull()
})
