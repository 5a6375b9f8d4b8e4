/**
 * Watches what stores say of themselves: "synced" over a commit that is stored and has no fate yet is a lie, if it stays so
 * for longer than news takes from the engine to whoever listens.
 */
import type { Store, StoreStatus } from 'varve'
import type { ObservedWish } from './fault-judge.fixture.ts'

const graceMs = 300
const lookEveryMs = 10

/** What a store said last. */
export interface Speaking {
  readonly status: StoreStatus | null
}

export function listenTo(store: Store): Speaking {
  let status: StoreStatus | null = null
  store.status$.subscribe((next) => {
    status = next
  })
  return Object.freeze({
    get status() {
      return status
    },
  })
}

export interface Claims {
  readonly lies: readonly string[]
  stop(): void
}

export function watchClaims(stores: readonly Speaking[], wishes: readonly ObservedWish[]): Claims {
  const lies: string[] = []
  /** Since when a store has claimed, without a pause, to be synced over a wish. */
  const since = new Map<ObservedWish, number>()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (const wish of wishes) {
      const said = stores[wish.device]?.status
      const isLie = wish.dot !== null && wish.fate === null && said?.phase === 'synced' && said.pending === 0
      const fromMs = isLie ? (since.get(wish) ?? nowMs) : Number.POSITIVE_INFINITY
      if (isLie) since.set(wish, fromMs)
      else since.delete(wish)
      if (nowMs - fromMs < graceMs) continue
      if (isLie) lies.push(`device ${wish.device} said synced over ${wish.id}`)
      since.set(wish, Number.POSITIVE_INFINITY)
    }
  }, lookEveryMs)
  return { lies, stop: () => clearInterval(timer) }
}
