// biome-ignore-all lint/correctness/noComponentHookFactories: each test has a component of its own.
import { createElement as h, type ReactNode, StrictMode, Suspense, startTransition, useState } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Cart, type Line, Orders, Revenue, shop } from '../core/cart.fixture.ts'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import type { CommitRef } from '../core/query.ts'
import type { Store } from '../store/store.ts'
import { openLocalStore } from '../testing/open-test-store.ts'
import { openStage, Seat } from '../testing/theatre-store.fixture.ts'
import { Boundary } from './error-boundary.fixture.ts'
import { StoreProvider, useFate, useInbox, useProjection, useStore, useStream, useSync } from './index.ts'

const { addItem, checkOut } = Cart.commands
const line = (sku: string, quantity = 1): Line => ({ sku, unitPrice: 10, quantity })

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

function openShop(): Store {
  const store = openLocalStore(shop)
  cleanUps.push(() => store.close())
  return store
}

/** Shows an element below a provider and a Suspense, and says what is on the screen. */
function mount(store: Store, element: ReactNode, isStrict = true) {
  const container = document.createElement('div')
  document.body.append(container)
  const root: Root = createRoot(container)
  cleanUps.push(() => root.unmount())
  const screens: string[] = []
  const note = () => {
    const text = container.textContent ?? ''
    if (screens.at(-1) !== text) screens.push(text)
  }
  new MutationObserver(note).observe(container, { childList: true, characterData: true, subtree: true })
  const render = (shown: ReactNode) => {
    const tree = h(StoreProvider, { store }, h(Suspense, { fallback: 'loading' }, shown))
    root.render(isStrict ? h(StrictMode, null, tree) : tree)
  }
  render(element)
  return {
    root,
    container,
    screens,
    render,
    sees: (text: string) => vi.waitFor(() => expect(container.textContent).toBe(text), { timeout: 20_000 }),
  }
}

/** Two devices; whatever seats are named, Ann takes them first and Ben's are withdrawn. */
async function openWithdrawn() {
  const here = await openStage()
  const there = await openStage({ server: here.server })
  for (const { store } of [here, there]) cleanUps.push(() => store.close())
  return {
    here,
    async withdraw(...seats: readonly string[]) {
      for (const seat of seats) {
        await there.store.dispatch(Seat.commands.take(seat, { by: 'Ann' }))
        await here.store.dispatch(Seat.commands.take(seat, { by: 'Ben' }))
      }
      await there.sync()
      await here.sync()
      await here.sync()
    },
  }
}

function CartText({ id }: { id: string }): string {
  const [cart, , { pending }] = useStream(Cart, id)
  return `${Object.keys(cart.lines).join('+') || 'empty'} (${pending.flatMap(({ commands }) => commands).join(' ')})`
}

describe('useStream', () => {
  it('S30 shows the state, and each change of it', async () => {
    const store = openShop()
    const { sees } = mount(store, h(CartText, { id: '1' }))
    await sees('empty ()')
    await store.dispatch(addItem('1', line('shirt')))
    await sees('shirt (addItem)')
  })

  it('S30 its commands are bound to the stream, and are the same functions in every render', async () => {
    const store = openShop()
    const seen = new Set<unknown>()
    const results: unknown[] = []
    function Button(): ReactNode {
      const [cart, { addItem: add, checkOut: buy }] = useStream(Cart, '1')
      seen.add(add)
      const onClick = async () => {
        results.push(await buy(), await add(line('shirt')))
      }
      return h('button', { type: 'button', onClick }, Object.keys(cart.lines).length)
    }
    const { container, sees } = mount(store, h(Button), false)
    await sees('0')
    container.querySelector('button')?.click()
    await sees('1')
    expect(results).toMatchObject([{ ok: false, reason: 'cart_empty' }, { ok: true }])
    expect(seen.size).toBe(1)
  })

  it('S30 a command without input may be given to onClick as it is', async () => {
    const store = openShop()
    await store.dispatch(addItem('1', line('shirt')))
    function Button(): ReactNode {
      const [cart, { checkOut: buy }] = useStream(Cart, '1')
      return h('button', { type: 'button', onClick: buy as () => void }, cart.status)
    }
    const { container, sees } = mount(store, h(Button))
    await sees('open')
    container.querySelector('button')?.click()
    await sees('checkedOut')
  })

  it('S31 suspends on the first load of a query only: never again once a value was shown', async () => {
    const store = openShop()
    const { sees, screens, render } = mount(store, h(CartText, { id: '1' }))
    await sees('empty ()')
    for (const sku of ['a', 'b', 'c']) await store.dispatch(addItem('1', line(sku)))
    await sees('a+b+c (addItem addItem addItem)')
    render(h(CartText, { id: '2' }))
    await sees('empty ()')
    render(h(CartText, { id: '1' }))
    await sees('a+b+c (addItem addItem addItem)')
    // Once for each id; coming back to the first one shows it at once.
    expect(screens.filter((screen) => screen === 'loading')).toHaveLength(2)
    expect(screens.at(-2)).toBe('empty ()')
  })

  it('S31 in a transition the old screen stays until the new query is loaded', async () => {
    const store = openShop()
    await store.dispatch(addItem('2', line('hat')))
    let go: (id: string) => void = () => undefined
    function Page(): ReactNode {
      const [id, setId] = useState('1')
      go = (next) => startTransition(() => setId(next))
      return h(CartText, { id })
    }
    const { sees, screens } = mount(store, h(Page))
    await sees('empty ()')
    const before = screens.length
    go('2')
    await sees('hat (addItem)')
    expect(screens.slice(before)).toEqual(['hat (addItem)'])
  })

  it('S32 a store that cannot be opened reaches the error boundary instead of loading for ever', async () => {
    const store = openLocalStore(shop, { logs: { customer: 'customer' } as never })
    cleanUps.push(() => store.close())
    const { container } = mount(store, h(Boundary, null, h(CartText, { id: '1' })), false)
    await vi.waitFor(() => expect(container.textContent).toBe('failed: unknown_log'), { timeout: 20_000 })
  })
})

describe('useProjection', () => {
  it('S33 shows the value, and a selector renders again only when its part changed', async () => {
    const store = openShop()
    let renders = 0
    function Order(): string {
      // Inline on purpose: another function in every render.
      const keys = useProjection(
        Orders,
        (orders) => [...orders.keys()].filter((key) => key === '1'),
        (a, b) => a.join() === b.join(),
      )
      renders += 1
      return `orders: ${keys.join()}`
    }
    // Is told of each change together with the other, and shows that it came.
    function Count(): string {
      return ` of ${useProjection(Orders).size}`
    }
    const { sees } = mount(store, [h(Order, { key: 'order' }), h(Count, { key: 'count' })], false)
    await sees('orders:  of 0')
    await store.dispatch([addItem('1', line('shirt')), checkOut('1')])
    await sees('orders: 1 of 1')
    const before = renders
    await store.dispatch([addItem('2', line('shirt')), checkOut('2')])
    await sees('orders: 1 of 2')
    expect(renders).toBe(before)
  })

  it.each([true, false])(
    'S40 a projection that stands still reaches the error boundary, shown before (%s)',
    async (isShownBefore) => {
      const Shy = defineProjection('shy', {
        from: [Cart],
        initial: 0,
        on: {
          'cart.itemAdded': () => {
            throw new Error('too loud')
          },
        },
      })
      const store = openLocalStore(defineModel('shy', { logs: { customer: [Cart] }, projections: [Shy] }))
      cleanUps.push(() => store.close())
      const ShyText = (): string => `shy: ${useProjection(Shy)}`
      if (!isShownBefore) await store.dispatch(addItem('1', line('shirt')))
      const { sees } = mount(store, h(Boundary, null, h(ShyText)), false)
      if (isShownBefore) await sees('shy: 0')
      await store.dispatch(addItem('1', line('hat')))
      await sees('failed: projection_failed')
    },
  )

  it('S34 two components never show different values on one screen', async () => {
    const store = openShop()
    const torn: string[] = []
    function Twice(): ReactNode {
      const a = useProjection(Revenue)
      const b = useProjection(Revenue, (revenue) => revenue * 2)
      if (b !== a * 2) torn.push(`${a} ${b}`)
      return h(Slow, { revenue: a })
    }
    function Slow({ revenue }: { revenue: number }): string {
      const end = performance.now() + 5
      while (performance.now() < end);
      const again = useProjection(Revenue)
      if (again !== revenue) torn.push(`${again} after ${revenue}`)
      return String(again)
    }
    const { sees, render } = mount(store, h(Twice))
    await sees('0')
    for (let n = 1; n <= 10; n++) {
      startTransition(() => render(h(Twice)))
      await store.dispatch([addItem(String(n), line('shirt')), checkOut(String(n))])
    }
    await sees('100')
    expect(torn).toEqual([])
  })
})

describe('the rest', () => {
  it('S35 useSync and useInbox show something sensible before the store is open, and never suspend', async () => {
    const store = openShop()
    function Status(): string {
      const { phase, pending } = useSync()
      return `${phase} ${pending} ${useInbox().length}`
    }
    const { sees, screens } = mount(store, h(Status))
    await sees('local 0 0')
    await store.dispatch(addItem('1', line('shirt')))
    await sees('local 1 0')
    expect(screens).not.toContain('loading')
  })

  it('S44 useFate says how it stands with a commit, nothing without one, and never suspends', async () => {
    const store = openShop()
    function Button(): ReactNode {
      const [ref, setRef] = useState<CommitRef | null>(null)
      const fate = useFate(ref)
      const onClick = async () => {
        const decided = await store.dispatch(addItem('1', line('shirt')))
        if (decided.ok) setRef({ log: decided.log, dot: decided.dot, seed: decided.seed })
      }
      return h('button', { type: 'button', onClick }, fate === null ? 'nothing' : fate.status)
    }
    const { container, sees, screens } = mount(store, h(Button), false)
    await sees('nothing')
    container.querySelector('button')?.click()
    await sees('pending')
    expect(screens).not.toContain('loading')
  })

  it('S44 an entry of useInbox shows both sides, is tried again, also edited, and dismissed', async () => {
    const { here, withdraw } = await openWithdrawn()
    function Inbox(): ReactNode {
      const items = useInbox()
      const onClick = async () => {
        await items[0]?.retry(Seat.commands.take('3', { by: 'Ben' }))
        await items[1]?.dismiss()
      }
      const texts = items.map(({ mine, theirs }) => `${mine.length}:${theirs.length}`)
      return h('button', { type: 'button', onClick }, texts.join(' ') || 'empty')
    }
    const { container, sees } = mount(here.store, h(Inbox))
    await sees('empty')
    await withdraw('1', '2')
    await sees('1:1 1:1')
    container.querySelector('button')?.click()
    await sees('empty')
    const pending = await new Promise((resolve) => {
      here.store.watch(Seat, '3').subscribe(resolve)
    })
    expect(pending).toEqual({ by: 'Ben' })
  })

  it('S36 the past is shown by the same components', async () => {
    const store = openShop()
    await store.dispatch(addItem('1', line('shirt')))
    const past = await store.at({ time: 0 })
    const { sees } = mount(past, h(CartText, { id: '1' }))
    await sees('empty ()')
    await store.dispatch(addItem('1', line('hat')))
    const present = mount(store, h(CartText, { id: '1' }))
    await present.sees('shirt+hat (addItem addItem)')
    await sees('empty ()')
  })

  it('S37 without a provider it is said what is missing', async () => {
    const container = document.createElement('div')
    const root = createRoot(container, { onCaughtError: () => undefined })
    cleanUps.push(() => root.unmount())
    const Lost = (): string => String(useStore())
    root.render(h(Boundary, null, h(Lost)))
    await vi.waitFor(() => expect(container.textContent).toBe('failed: no_store'), { timeout: 20_000 })
  })

  it('S38 what nobody looks at any more is let go after a while, and comes back', async () => {
    const store = openShop()
    const { sees, render, root } = mount(store, h(CartText, { id: '1' }))
    await sees('empty ()')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    render(null)
    root.unmount()
    await Promise.resolve()
    vi.advanceTimersByTime(10_000)
    vi.useRealTimers()
    await store.dispatch(addItem('1', line('shirt')))
    const again = mount(store, h(CartText, { id: '1' }))
    await again.sees('shirt (addItem)')
    expect(again.screens[0]).toBe('loading')
  })
})
