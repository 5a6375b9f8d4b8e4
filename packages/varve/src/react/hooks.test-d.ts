import { expectTypeOf, it } from 'vitest'
import { Cart, type CartState, type Line, Orders, Revenue } from '../core/cart.fixture.ts'
import type { Accepted } from '../store/store.ts'
import { useFate } from './use-fate.ts'
import { useInbox } from './use-inbox.ts'
import { useProjection } from './use-projection.ts'
import { useStream } from './use-stream.ts'

declare const line: Line

it('S30 useStream gives the state, bound commands with typed inputs and reasons, and what is pending', async () => {
  const [cart, { addItem, checkOut }, { confirmed, pending, revision, frozen }] = useStream(Cart, '1')
  expectTypeOf(cart).toEqualTypeOf<CartState>()
  expectTypeOf(confirmed).toBeBoolean()
  expectTypeOf(pending[0]?.commands).toEqualTypeOf<readonly string[] | undefined>()
  expectTypeOf(revision).toBeNumber()
  expectTypeOf(frozen).toEqualTypeOf<{ readonly reason: string; readonly message: string } | null>()
  const decided = await checkOut()
  if (!decided.ok) expectTypeOf(decided.reason).toEqualTypeOf<'cart_closed' | 'cart_empty'>()
  addItem(line)
  // @ts-expect-error: no such column
  addItem({ ...line, colour: 'red' })
  // @ts-expect-error: the line is missing
  addItem()
})

it('S33 useProjection gives the value, or what the selector picks', () => {
  expectTypeOf(useProjection(Revenue)).toBeNumber()
  expectTypeOf(useProjection(Orders)).toEqualTypeOf<
    ReadonlyMap<string, { total: number; placedAt: number }>
  >()
  const order = useProjection(Orders, (orders) => orders.get('1'))
  expectTypeOf(order).toEqualTypeOf<{ total: number; placedAt: number } | undefined>()
  useProjection(
    Orders,
    (orders) => [...orders.keys()],
    (a, b) => a.length === b.length,
  )
  // @ts-expect-error: a stream is no projection
  useProjection(Cart)
})

it('S44 useFate tells of what was accepted, or of nothing', () => {
  const fate = useFate(null as Accepted<'cart_closed'> | null)
  expectTypeOf(fate?.status).toEqualTypeOf<
    'pending' | 'sent' | 'confirmed' | 'withdrawn' | 'unknown' | undefined
  >()
  // @ts-expect-error: a stream is no commit
  useFate(Cart)
})

it('S44 useInbox gives both sides, and what can be done', async () => {
  const [item] = useInbox()
  if (item === undefined) return
  expectTypeOf(item.theirs[0]?.type).toEqualTypeOf<string | undefined>()
  const decided = await item.retry(Cart.commands.checkOut('1'))
  if (!decided.ok) expectTypeOf(decided.reason).toEqualTypeOf<'cart_closed' | 'cart_empty'>()
  expectTypeOf(item.dismiss()).toEqualTypeOf<Promise<void>>()
})
