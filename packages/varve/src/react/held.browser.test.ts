import { createElement as h, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Cart, shop } from '../core/cart.fixture.ts'
import { storeOn } from '../store/store-on.ts'
import { holdDatabase } from '../testing/hold-database.ts'
import { connectLimits, connectWorker } from '../worker/connect.ts'
import { StoreProvider, useStream } from './index.ts'

const logs = { customer: 'customer/1', bank: 'bank' }
const spawn = () =>
  new Worker(new URL('../testing/shop.worker.fixture.ts', import.meta.url), { type: 'module' })

function openStore(name: string, openMs: number) {
  const host = connectWorker(spawn, { ...connectLimits, openMs })
  const store = storeOn(host, shop, { name, logs, onLife: host.onLife })
  onTestFinished(() => store.close())
  return store
}

function Skus(): string {
  const [cart] = useStream(Cart, '1')
  return Object.keys(cart.lines).join('+')
}

it('B23 a hook goes on waiting for a store that somebody holds, however long, and shows it when it opens', async () => {
  const name = `held-${crypto.randomUUID()}`
  const first = openStore(name, connectLimits.openMs)
  await first.dispatch(Cart.commands.addItem('1', { sku: 'shirt', unitPrice: 10, quantity: 1 }))
  const database = await holdDatabase(`varve:${name}`)
  onTestFinished(() => database.letGo())
  const store = openStore(name, 6_000)
  const container = document.createElement('div')
  const root = createRoot(container)
  onTestFinished(() => root.unmount())
  root.render(h(StoreProvider, { store }, h(Suspense, { fallback: 'loading' }, h(Skus))))
  await expect(store.ready).rejects.toMatchObject({ code: 'store_held' })
  // What would fail the hook has had its turns.
  await new Promise((resolve) => setTimeout(resolve))
  expect(container.textContent).toBe('loading')
  await database.letGo()
  await vi.waitFor(() => expect(container.textContent).toBe('shirt'), { timeout: 10_000 })
})
