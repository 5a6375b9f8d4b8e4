/** The store of a part of the page. The past is just another store: provide it, and the same components show it. */
import { createContext, createElement, type ReactNode, use } from 'react'
import { VarveError } from '../core/errors.ts'
import type { Store } from '../store/store.ts'

const StoreContext = createContext<Store | null>(null)

export interface StoreProviderProps {
  readonly store: Store
  readonly children?: ReactNode
}

export function StoreProvider({ store, children }: StoreProviderProps): ReactNode {
  return createElement(StoreContext, { value: store }, children)
}

/** The store of the nearest provider; throws `no_store` without one. */
export function useStore(): Store {
  const store = use(StoreContext)
  if (store !== null) return store
  throw new VarveError('no_store', 'There is no store here.', {
    hint: 'Put <StoreProvider store={…}> around it.',
  })
}
