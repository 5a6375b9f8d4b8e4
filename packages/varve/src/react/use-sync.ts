/** The status line in a component. Never suspends: before the store is open it says so. */
import type { StoreStatus } from '../core/query.ts'
import { useStore } from './provider.ts'
import { resourceOf } from './resource.ts'
import { useResource } from './use-resource.ts'

export function useSync(): StoreStatus {
  const store = useStore()
  return useResource(resourceOf(store, 'status', () => store.status$))
}
