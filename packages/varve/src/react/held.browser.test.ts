import { createElement as h, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Cart } from '../core/cart.fixture.ts'
import { holdStore, openShopStore } from '../testing/held-store.fixture.ts'
import { Boundary } from './error-boundary.fixture.ts'
import { StoreProvider, useStream } from './index.ts'

function Skus(): string {
  const [cart] = useStream(Cart, '1')
  return Object.keys(cart.lines).join('+')
}

/** A page on a store whose database somebody holds, after the deadline for opening. */
async function openHeld() {
  const name = `held-${crypto.randomUUID()}`
  const first = openShopStore(name)
  onTestFinished(() => first.close())
  await first.dispatch(Cart.commands.addItem('1', { sku: 'shirt', unitPrice: 10, quantity: 1 }))
  const database = await holdStore(name)
  onTestFinished(() => database.letGo())
  const store = openShopStore(name, 9_000)
  onTestFinished(() => store.close())
  const container = document.createElement('div')
  const root = createRoot(container, { onCaughtError: () => undefined })
  onTestFinished(() => root.unmount())
  const page = h(Boundary, null, h(Suspense, { fallback: 'loading' }, h(Skus)))
  root.render(h(StoreProvider, { store }, page))
  await expect(store.ready).rejects.toMatchObject({ code: 'store_held' })
  // What would fail the hook has had its turns.
  await new Promise((resolve) => setTimeout(resolve))
  expect(container.textContent).toBe('loading')
  const sees = (text: string) =>
    vi.waitFor(() => expect(container.textContent).toBe(text), { timeout: 20_000 })
  return { name, database, sees }
}

it('B23 a hook goes on waiting for a store that somebody holds, however long, and shows it when it opens', async () => {
  const { database, sees } = await openHeld()
  await database.letGo()
  await sees('shirt')
})

it('B23 a hook that waited for a store that somebody held says why it cannot be opened, if it cannot', async () => {
  const { name, database, sees } = await openHeld()
  const upgraded = new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(`varve:${name}`, 1_000_000)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  await database.letGo()
  await upgraded.then((newer) => newer.close())
  await sees('failed: store_newer')
})
