/** How it stands with a commit, in a component. */
import { dotKey } from '../core/dot.ts'
import type { CommitRef } from '../core/query.ts'
import type { Accepted, FateNowOf } from '../store/store.ts'
import { useStore } from './provider.ts'
import { resourceOf, type Watchable } from './resource.ts'
import { useResource } from './use-resource.ts'

/**
 * Never suspends: null while it is looked up, and for no ref. The ref is what `dispatch` answered, or a kept copy of its
 * `log`, `dot` and `seed`.
 */
export function useFate<Reason extends string = string>(
  ref: CommitRef | Accepted<Reason> | null,
): FateNowOf<Reason> | null {
  const store = useStore()
  const key = ref === null ? 'fate' : `fate:${dotKey(ref.dot)}:${ref.seed}:${ref.log}`
  const fate$: Watchable<FateNowOf<Reason> | null> = {
    subscribe(observer) {
      observer.next(null)
      return ref === null ? { unsubscribe() {} } : store.fate<Reason>(ref).subscribe(observer)
    },
  }
  return useResource(resourceOf(store, key, () => fate$))
}
