/** What the tests of a store have in common. */
import type { Observable } from 'rxjs'
import { VarveError } from '../core/errors.ts'
import type { Store } from './store.ts'

/** What localStorage is, of one test. */
export function memoryStorage(): Storage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    key: (at) => [...items.keys()][at] ?? null,
    get length() {
      return items.size
    },
  }
}

/** All values of an observable from now on, and whether it is over. */
export function record<T>(observable: Observable<T>) {
  const values: T[] = []
  const recorded = { values, isOver: false, isFailed: false, stop: () => subscription.unsubscribe() }
  const subscription = observable.subscribe({
    next: (value) => values.push(value),
    error: () => {
      recorded.isFailed = true
    },
    complete: () => {
      recorded.isOver = true
    },
  })
  return recorded
}

/** Waits until what was published in this turn has been shown. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof VarveError ? error.code : String(error)),
  )

export async function mustAccept(store: Store, call: Parameters<Store['dispatch']>[0]) {
  const decided = await store.dispatch(call)
  if (!decided.ok) throw new Error(`refused: ${decided.reason}`)
  return decided
}
