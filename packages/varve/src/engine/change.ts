/**
 * What may look different after a swap of the engine's state: the one message that flows from those who change it to
 * those who watch it. Streams are named only (a watcher compares); rows and values were compared already.
 */
import type { StreamName } from '../core/dot.ts'
import type { CommitRef, Fate, ProjectionUpdate } from '../core/query.ts'

export type EndedCommit = CommitRef & { readonly fate: Fate }

export interface Change {
  readonly streams: ReadonlySet<StreamName> | 'all'
  readonly views: ReadonlyMap<string, ProjectionUpdate>
  readonly fates: readonly EndedCommit[]
  readonly inbox: boolean
  /** An outbox or a head of this store changed, or it was found set back: what `onChange` tells. */
  readonly logs: boolean
}

export const noChange: Change = { streams: new Set(), views: new Map(), fates: [], inbox: false, logs: false }
