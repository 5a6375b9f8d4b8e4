/**
 * What hooks read: one watched value, kept outside React, so that a component may suspend, be rendered twice or be
 * thrown away without starting over.
 *
 *   loading ──first value──▸ shown ──nobody looks for a while──▸ gone
 *      └──cannot be──▸ failed ◂──stands still──┘ (a projection) ──▸ gone
 *
 * It is there as long as somebody looks at it, and a little longer: StrictMode unmounts and mounts again at once.
 */
import { VarveError } from '../core/errors.ts'
import type { StoreStatus } from '../core/query.ts'
import { errorOf } from '../store/failure.ts'
import type { Store } from '../store/store.ts'

export interface Resource<T> {
  /** Settles with the first value or the failure, and says so at once to `use`; then `get` may be called. */
  readonly first: Promise<void>
  get(): T
  subscribe(listener: () => void): () => void
}

/** What is needed of an Observable. */
export interface Watchable<T> {
  subscribe(observer: { next(value: T): void; error?(error: unknown): void; complete?(): void }): {
    unsubscribe(): void
  }
}

type State<T> =
  | { readonly phase: 'loading' }
  | { readonly phase: 'shown'; readonly value: T }
  | { readonly phase: 'failed'; readonly error: unknown }

export const keepMs = 5_000

const resourcesByStore = new WeakMap<Store, Map<string, Resource<unknown>>>()

/** The resource of this key; `source` is watched if there is none. */
export function resourceOf<T>(store: Store, key: string, source: () => Watchable<T>): Resource<T> {
  let resources = resourcesByStore.get(store)
  if (resources === undefined) {
    resources = new Map()
    resourcesByStore.set(store, resources)
  }
  const known = resources.get(key)
  if (known !== undefined) return known as Resource<T>
  const { resource, start } = createResource<T>(store, source(), {
    onStart: (started) => resources.set(key, started),
    onGone: (gone) => resources.get(key) === gone && resources.delete(key),
  })
  start()
  return resource
}

interface Life {
  onStart(resource: Resource<unknown>): void
  onGone(resource: Resource<unknown>): void
}

function createResource<T>(
  store: Store,
  source$: Watchable<T>,
  { onStart, onGone }: Life,
): { readonly resource: Resource<T>; start(): void } {
  const listeners = new Set<() => void>()
  const { promise: first, resolve, reject } = Promise.withResolvers<void>()
  let state: State<T> = { phase: 'loading' }
  let timer: ReturnType<typeof setTimeout> | undefined
  let watching: readonly { unsubscribe(): void }[] = []
  // What React's `use` keeps on a promise. Set here, a value that is there already is shown without suspending.
  const tracked: Promise<void> & { status?: string; value?: undefined } = first
  // It may be that nobody waits for it.
  first.catch(() => undefined)

  const keepForAWhile = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      for (const subscription of watching) subscription.unsubscribe()
      watching = []
      onGone(resource)
    }, keepMs)
  }
  const show = (value: T): void => {
    const before = state.phase
    state = { phase: 'shown', value }
    if (before === 'loading') {
      tracked.status = 'fulfilled'
      resolve()
      if (listeners.size === 0) keepForAWhile()
    }
    for (const listener of listeners) listener()
  }
  const fail = (error: unknown): void => {
    if (state.phase === 'loading') breakOff(error)
  }
  const breakOff = (error: unknown): void => {
    state = { phase: 'failed', error }
    // For whoever waits for the first value; whoever has it is told by `get`.
    reject(error)
    keepForAWhile()
    for (const listener of listeners) listener()
  }
  const start = (): void => {
    onStart(resource)
    // Watching ends by itself only when the store was closed.
    watching = [source$.subscribe({ next: show, error: breakOff, complete: () => fail(closedError()) })]
    if (state.phase !== 'loading') return
    // A store that somebody holds opens by itself; until then the status says why it is waited for.
    store.ready.catch((error: unknown) => isHeld(error) || fail(error))
    const failByProblem = ({ problem, phase, store: identity }: StoreStatus): void => {
      if (problem === null) return
      // Or it has waited for its database, and then could not be opened.
      const cannotOpen = phase === 'halted' && identity === ''
      if (cannotOpen || problem.code.startsWith('worker_')) fail(errorOf(problem))
    }
    watching = [...watching, store.status$.subscribe({ next: failByProblem })]
  }

  const resource = Object.freeze<Resource<T>>({
    first,
    get() {
      if (state.phase === 'shown') return state.value
      if (state.phase === 'failed') throw state.error
      throw new VarveError('defect', 'A resource is read before its first value.')
    },
    subscribe(listener: () => void) {
      clearTimeout(timer)
      listeners.add(listener)
      // A component may come back to what it has rendered long ago.
      if (watching.length === 0) start()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) keepForAWhile()
      }
    },
  })
  return { resource, start }
}

function isHeld(error: unknown): boolean {
  return error instanceof VarveError && error.code === 'store_held'
}

function closedError(): VarveError {
  return new VarveError('closed', 'The store was closed before it had shown this.')
}
