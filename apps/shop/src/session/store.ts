/** The store of whoever is signed in: one database per user, so that two people on one device never meet. */
import { openStore, type Store } from 'varve'
import { customerLog, shop, shopLog } from '../model/shop.ts'
import { readToken } from './session.ts'

let current: { readonly userId: string; readonly store: Store } | null = null

export function storeName(userId: string): string {
  return `shop-${userId}`
}

/** Opens it, or gives the one that is open; closes that of the user before. */
export function storeOf(userId: string): Store {
  if (current?.userId === userId) return current.store
  closeStore()
  const worker = () => new Worker(new URL('../shop.worker.ts', import.meta.url), { type: 'module' })
  const store = openStore(shop, worker, {
    name: storeName(userId),
    logs: { shop: shopLog, customer: customerLog(userId) },
    actor: userId,
    auth: () => readToken(userId),
  })
  current = { userId, store }
  return store
}

export function closeStore(): void {
  void current?.store.close()
  current = null
}
