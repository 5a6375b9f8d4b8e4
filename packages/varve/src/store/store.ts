/** What a page holds: the surface of a store, present or past. How it is done is in the files beside. */
import type { Observable } from 'rxjs'
import type { CommandCall, ReasonOf } from '../core/command.ts'
import type { EventRecord } from '../core/commit.ts'
import type { Dot, Position, Revision } from '../core/dot.ts'
import type { EventOf, LogEvent } from '../core/log-event.ts'
import type { PlainData } from '../core/plain-data.ts'
import type { ProjectionDefinition } from '../core/projection.ts'
import type {
  CommitRef,
  Cut,
  FateNow,
  HistoryEvent,
  InboxNote,
  PendingNote,
  StoreStatus,
} from '../core/query.ts'
import type { AnyStream, StateOf } from '../core/stream.ts'
import type { TableDefinition } from '../core/table.ts'

/** How a commit ended. Only the log says so. Besides the domain's reasons there are those of varve and of the server. */
export type FateOf<Reason extends string = string> =
  | { readonly status: 'confirmed'; readonly position: Position }
  | {
      readonly status: 'withdrawn'
      readonly reason: Reason | (string & {})
      readonly details?: PlainData
      /** The foreign commits that it met. */
      readonly because: readonly Dot[]
      /** Their events, as long as its item is in the inbox. */
      readonly theirs?: readonly EventRecord[]
    }

/** How it stands with a commit now; see FateNow. */
export type FateNowOf<Reason extends string = string> =
  | Exclude<FateNow, { readonly status: 'confirmed' | 'withdrawn' }>
  | FateOf<Reason>

/**
 * On disk. While a frozen tab holds the database the wish itself is saved, beside it: then the dot has the counter 0,
 * and it is decided and shown when the database answers. Should it be refused then, `fate` and the inbox say so.
 */
export interface Accepted<Reason extends string = string> extends Required<CommitRef> {
  readonly ok: true
  /** Stored here already; settles when the log has spoken, which may take days. Rejects with `closed`, and when the worker is lost for good. */
  readonly fate: Promise<FateOf<Reason>>
}

/** The domain said no, with a reason that `reject(…)` gave. Nothing was stored. */
export interface Refused<Reason extends string = string> {
  readonly ok: false
  readonly reason: Reason
  readonly details?: PlainData
  /** Which of the commands said no (index). */
  readonly command: number
}

export type Decided<Reason extends string = string> = Accepted<Reason> | Refused<Reason>

export interface StreamView<State> {
  readonly state: State
  /** Number of events in it, pending ones included. */
  readonly revision: Revision
  /** Our commits on this stream that are not placed yet. */
  readonly pending: readonly PendingNote[]
  /** Nothing is pending. */
  readonly confirmed: boolean
  /** Why it can be read but not written with this program, or null. */
  readonly frozen: { readonly reason: string; readonly message: string } | null
}

/** An event of a stream's history, discriminated by `type`. */
export type HistoryOf<Stream> = TypedHistory<EventOf<Stream>>
type TypedHistory<Event> =
  Event extends LogEvent<infer Type, infer Data>
    ? Omit<HistoryEvent, 'type' | 'data'> & { readonly type: Type; readonly data: Data }
    : never

/** What can be watched by itself, without an id. */
export type AnyView = ProjectionDefinition<unknown> | TableDefinition<unknown>
/** What watching it gives: the value, or a table's rows by key. */
export type ViewOf<View> =
  View extends ProjectionDefinition<infer Value>
    ? Value
    : View extends TableDefinition<infer Row>
      ? ReadonlyMap<string, Row>
      : never

type Calls = CommandCall | readonly CommandCall[]

export interface Store {
  /** Resolves when it is open; rejects with the VarveError that keeps it from opening. Need not be awaited. */
  readonly ready: Promise<void>
  /** Where this store's past is cut, or null in the present. */
  readonly past: Cut | null

  /**
   * Decides a command, or several of one log as one atomic commit, and stores the outcome. Resolves when it is on disk
   * or refused by the domain. Rejects with a VarveError when the call was wrong or the world said no; after
   * `worker_timeout` it may still be done.
   */
  dispatch<const Call extends Calls>(call: Call): Promise<Decided<ReasonOf<Call>>>

  /** The state of one stream; its latest value at once, then each change, at most one per frame. */
  watch<Stream extends AnyStream>(stream: Stream, id: string): Observable<StateOf<Stream>>
  /**
   * A projection's value, or a table's rows by key in a Map that is another one exactly when a row changed. Errors with
   * `projection_failed` when it stands still.
   */
  watch<View extends AnyView>(view: View): Observable<ViewOf<View>>
  /** As `watch`, with what is not placed yet. */
  watchStream<Stream extends AnyStream>(stream: Stream, id: string): Observable<StreamView<StateOf<Stream>>>

  /** The events of one stream, oldest first, read page by page. */
  history<Stream extends AnyStream>(stream: Stream, id: string): AsyncIterable<HistoryOf<Stream>>
  /** The same store as of then, read-only. Close it when it is not needed any more. */
  at(cut: Cut): Promise<Store>

  /**
   * How it stands with a commit: pending, sent, confirmed, withdrawn or unknown, and each change. The ref is what
   * `dispatch` answered, or a copy of its `log`, `dot` and `seed` that was kept, also over a reload. It goes on after an
   * end, for a server that comes back from an older backup takes its word back.
   */
  fate<Reason extends string = string>(ref: CommitRef | Accepted<Reason>): Observable<FateNowOf<Reason>>

  /** A value at once, also before it is open. */
  readonly status$: Observable<StoreStatus>
  /** Our withdrawn commits that nobody has dismissed, oldest first. */
  readonly inbox$: Observable<readonly InboxNote[]>
  /** The same, once, as soon as the store is open. */
  inbox(): Promise<readonly InboxNote[]>
  /** The user has seen it. */
  dismiss(ref: CommitRef): Promise<void>
  /**
   * Dispatches the commands of a withdrawn commit again, or `call` in their place; dismisses it if that was accepted.
   * Refused with `already_applied` if the log has placed the withdrawn commit with events after all (rule C11).
   */
  retry<const Call extends Calls = readonly CommandCall[]>(
    item: InboxNote,
    call?: Call,
  ): Promise<Decided<ReasonOf<Call>>>
  /** Empties a pending commit; false if it is not pending any more. */
  cancel(ref: CommitRef): Promise<boolean>

  /**
   * True while nobody has acknowledged that a store was here before and is gone, with what it had not sent. Known from
   * localStorage: if that is gone as well, it stays false.
   */
  readonly lost$: Observable<boolean>
  acknowledgeLoss(): void

  /** A fresh token, or null when signed out. */
  setToken(token: string | null): Promise<void>
  /** Completes what is watched and rejects what is awaited (fates with `closed`). What was acknowledged stays saved. */
  close(): Promise<void>
}
