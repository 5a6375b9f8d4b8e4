/** The status line and the conflict inbox in a component. Neither suspends: before the store is open they say so. */
import type { InboxNote, StoreStatus } from '../core/query.ts'
import { useStore } from './provider.ts'
import { resourceOf } from './resource.ts'
import { useResource } from './use-resource.ts'

export function useSync(): StoreStatus {
  const store = useStore()
  return useResource(resourceOf(store, 'status', () => store.status$))
}

/** Our withdrawn commits, oldest first, until they are dismissed or tried again. */
export function useInbox(): readonly InboxNote[] {
  const store = useStore()
  return useResource(resourceOf(store, 'inbox', () => store.inbox$))
}
