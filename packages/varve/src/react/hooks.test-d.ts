import { expectTypeOf, it } from 'vitest'
import { Cart, type CartState, type Line, Orders, Revenue } from '../core/cart.fixture.ts'
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
