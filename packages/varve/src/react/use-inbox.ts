/** The conflict inbox in a component. */
import { useMemo } from 'react'
import type { CommandCall, ReasonOf } from '../core/command.ts'
import type { InboxNote } from '../core/query.ts'
import type { Decided } from '../store/store.ts'
import { useStore } from './provider.ts'
import { resourceOf } from './resource.ts'
import { useResource } from './use-resource.ts'

/** A withdrawn commit of ours, both sides of it, and what can be done about it. */
export interface InboxEntry extends InboxNote {
  /** The same commands again, or `call` in their place; see `retry` of a store. */
  retry<const Call extends CommandCall | readonly CommandCall[] = readonly CommandCall[]>(
    call?: Call,
  ): Promise<Decided<ReasonOf<Call>>>
  /** The user has seen it. */
  dismiss(): Promise<void>
}

/** Oldest first, until they are dismissed or tried again. Never suspends: nothing is in it before it is read. */
export function useInbox(): readonly InboxEntry[] {
  const store = useStore()
  const notes = useResource<readonly InboxNote[]>(resourceOf(store, 'inbox', () => store.inbox$))
  return useMemo(
    () =>
      notes.map((note) =>
        Object.freeze<InboxEntry>({
          ...note,
          retry: (call) => store.retry(note, call),
          dismiss: () => store.dismiss(note),
        }),
      ),
    [store, notes],
  )
}
