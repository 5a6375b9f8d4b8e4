/**
 * The border between a page and its worker: these methods and nothing else, plain data both ways.
 *
 * Failures cross as values, for an error thrown through Comlink loses its code and cause. Each subscription has a
 * MessagePort of its own, on which the worker posts Updates; closing the port ends the subscription.
 */

import type { LogId, Position, Revision, StreamName } from '../core/dot.ts'
import type {
  CommitRef,
  Cut,
  DispatchRequest,
  DispatchResult,
  HistoryPage,
  Query,
  Update,
} from '../core/query.ts'

export interface OpenRequest {
  /** One database per name. */
  readonly name: string
  /** The fingerprint of the model that the page was built with; must be the worker's. */
  readonly model: string
  /** For each kind of log of the model, which log it is: `{ customer: 'customer/42' }`. */
  readonly logs: Readonly<Record<string, LogId>>
  readonly actor: string | null
  /** What witness.ts made of the store here before (see `lossOf`), or null. */
  readonly witness: string | null
  /** Web Lock that this worker holds while it lives. */
  readonly aliveLock: string
  readonly token: string | null
  /** True: the page is still asking for the token and will `setToken`; nothing is sent to a server before that. */
  readonly awaitToken?: boolean
}

/** The store is gone, or an earlier state of it has come back; with it what it had not sent. */
export type Loss = 'store_lost' | 'store_rolled_back'

export interface Opened {
  /** The store's identity, to be witnessed. */
  readonly store: string
  /** What became of the store that was witnessed here before. */
  readonly lost: Loss | null
}

export interface Failed {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** Of `open`: it goes on, and whoever asks once more waits for the same. Of all else: nothing was done. */
export const heldCode = 'store_held'

export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failed }

export interface Contract {
  open(request: OpenRequest): Promise<Reply<Opened>>
  /** `again`: the page does not know whether an earlier worker stored this very request. */
  dispatch(request: DispatchRequest, again: boolean): Promise<Reply<DispatchResult>>
  subscribe(query: Query, port: MessagePort): Promise<Reply<null>>
  history(
    stream: StreamName,
    from: { readonly after: Position; readonly revision: Revision } | null,
    past: string | null,
  ): Promise<Reply<HistoryPage>>
  openPast(cut: Cut): Promise<Reply<string>>
  closePast(past: string): Promise<Reply<null>>
  /** Empties a pending commit, if it is not placed yet. */
  cancel(ref: CommitRef): Promise<Reply<boolean>>
  dismiss(ref: CommitRef): Promise<Reply<null>>
  /** A fresh token, or null when signed out. */
  setToken(token: string | null): Promise<Reply<null>>
  close(): Promise<Reply<null>>
}

export const contractMethods = [
  'open',
  'dispatch',
  'subscribe',
  'history',
  'openPast',
  'closePast',
  'cancel',
  'dismiss',
  'setToken',
  'close',
] as const satisfies readonly (keyof Contract)[]

/** What a store stands on: the contract behind Comlink, or the engine itself in the same thread. */
export interface Host extends Omit<Contract, 'subscribe'> {
  subscribe(query: Query, listener: (update: Update) => void): () => void
}
