/**
 * What is watched: one subscription at the host for each query, however many watch it, and only while somebody does.
 */
import { Observable } from 'rxjs'
import type { VarveError } from '../core/errors.ts'
import type { CommitRef, FateNow, InboxNote, Query, RowsUpdate, StreamUpdate, Update } from '../core/query.ts'
import { errorOf, failedError } from './failure.ts'
import { type Frame, perFrame } from './frame.ts'
import { type Shared, shareLatest } from './live.ts'
import { joinRows, nextRows, noRows, type Rows } from './rows.ts'
import { shareEqual } from './share-equal.ts'
import type { StreamView } from './store.ts'

type StreamQuery = Query & { readonly kind: 'stream' }
type ProjectionQuery = Query & { readonly kind: 'projection' }

export interface Watches {
  stream(query: StreamQuery): Observable<StreamView<unknown>>
  value(query: ProjectionQuery): Observable<unknown>
  rows(query: ProjectionQuery): Observable<Rows>
  inbox(): Observable<readonly InboxNote[]>
  fate(ref: CommitRef): Observable<FateNow>
  /** Completes all that is watched, now or later. */
  close(): void
}

/** Subscribes at the host once the store is open. */
export type Listen = (query: Query, listener: (update: Update) => void) => () => void

/** Between the updates of a query and what is shown at the next frame. */
interface Fold<T> {
  take(update: Update): void
  show(): T
}

interface Teller<T> {
  readonly emit: (value: T) => void
  readonly fail: (error: VarveError) => void
}

export function createWatches(listen: Listen, frame: Frame): Watches {
  // Only what somebody watches is here: an id that is not shown any more leaves nothing behind.
  const sharedByQuery = new Map<string, Shared<unknown>>()
  let isClosed = false

  const watched = <T>(query: Query, startFold: () => Fold<T>): Observable<T> => {
    const key = JSON.stringify(query)
    // Looked up by each watcher: of two that were asked for before, both find the one that the first started.
    return new Observable<T>((watcher) => {
      if (isClosed) return watcher.complete()
      const shared =
        (sharedByQuery.get(key) as Shared<T> | undefined) ??
        shareLatest<T>(
          (emit, fail) => run(query, startFold(), { emit, fail }),
          () => sharedByQuery.delete(key),
        )
      sharedByQuery.set(key, shared as Shared<unknown>)
      return shared.value$.subscribe(watcher)
    })
  }

  const run = <T>(query: Query, fold: Fold<T>, { emit, fail }: Teller<T>): (() => void) => {
    let shown: { readonly value: T } | null = null
    const frames = perFrame(frame, () => {
      const value = fold.show()
      if (shown !== null && Object.is(shown.value, value)) return
      shown = { value }
      emit(value)
    })
    const stop = listen(query, (update) => {
      if (update.kind === 'failed') return fail(failedError(update))
      if (update.kind === 'uncloneable') return fail(errorOf(update.failure))
      fold.take(update)
      frames.mark()
    })
    return () => {
      stop()
      frames.stop()
    }
  }

  return Object.freeze({
    stream: (query: StreamQuery) => watched(query, () => latest('stream', viewOf)),
    value: (query: ProjectionQuery) => watched(query, () => latest('value', ({ value }) => value)),
    rows: (query: ProjectionQuery) => watched(query, foldRows),
    inbox: () => watched({ kind: 'inbox' }, () => latest('inbox', ({ items }) => items)),
    fate: (ref: CommitRef) => watched({ kind: 'fate', ref }, () => latest('fate', ({ fate }) => fate)),
    close() {
      isClosed = true
      for (const shared of [...sharedByQuery.values()]) shared.close()
    },
  })
}

function latest<Kind extends Update['kind'], T>(
  kind: Kind,
  view: (update: Update & { readonly kind: Kind }) => T,
): Fold<T> {
  let waiting: Update & { readonly kind: Kind }
  let shown: T
  return {
    take(update) {
      if (update.kind === kind) waiting = update as Update & { readonly kind: Kind }
    },
    show() {
      shown = shareEqual(shown, view(waiting))
      return shown
    },
  }
}

function viewOf({ state, revision, pending, frozen }: StreamUpdate): StreamView<unknown> {
  return Object.freeze({ state, revision, pending, confirmed: pending.length === 0, frozen })
}

function foldRows(): Fold<Rows> {
  let waiting: RowsUpdate | null = null
  let rows = noRows
  return {
    take(update) {
      if (update.kind === 'rows') waiting = joinRows(waiting, update)
    },
    show() {
      if (waiting !== null) rows = nextRows(rows, waiting)
      waiting = null
      return rows
    },
  }
}
