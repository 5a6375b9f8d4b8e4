/**
 * What a page may ask of a store, and what it is told: plain data, the same in process and across a worker.
 * The engine answers these, worker/contract.ts carries them, the store turns them into Observables and promises.
 */
import type { Causation, CommandRecord, EventRecord } from './commit.ts'
import type { Dot, LogId, Position, ReplicaId, Revision, StreamName } from './dot.ts'
import type { Hash } from './hash.ts'
import type { PlainData } from './plain-data.ts'

/** A wish. `now` and `seed` are drawn by the page, so that the same wish can be sent again after a worker died. */
export interface DispatchRequest {
  readonly commands: readonly CommandRecord[]
  readonly now: number
  readonly seed: string
  /** The root intent, if this retries a withdrawn commit. */
  readonly root?: Hash
  readonly correlation?: string
}

export type DispatchResult =
  | {
      readonly ok: true
      readonly log: LogId
      readonly dot: Dot
      readonly events: readonly EventRecord[]
    }
  | {
      readonly ok: false
      readonly reason: string
      readonly details?: PlainData
      /** Which of the commands said no (index). */
      readonly command: number
    }

/** How a commit ended. Only the log says so. */
export type Fate =
  | { readonly status: 'confirmed'; readonly position: Position }
  | {
      readonly status: 'withdrawn'
      readonly reason: string
      readonly details?: PlainData
      readonly because: readonly Dot[]
      /** The foreign events that it met, as long as its item is in the inbox. */
      readonly theirs?: readonly EventRecord[]
    }

/**
 * How it stands with a commit. `sent`: the server has said that it has it, and its entry is not here yet; a hint, which
 * is forgotten with the connection. `unknown`: it is neither pending here nor in the log as far as that is here.
 */
export type FateNow =
  | {
      readonly status: 'pending' | 'sent'
      /** The log held it already; then its server came back from an older backup (rule C7). */
      readonly reverted: boolean
    }
  | Fate
  | { readonly status: 'unknown' }

/** Names a commit: what `dispatch` answers, as plain data, may be kept and asked about later. */
export interface CommitRef {
  readonly log: LogId
  readonly dot: Dot
  /** That of its intent: with it a commit is found that was renamed meanwhile (rule C8). */
  readonly seed?: string
}

/** Where the past is cut: a log's position (other logs: what was there at that entry's time), or a server time in ms. */
export type Cut = { readonly log: LogId; readonly position: Position } | { readonly time: number }

/** `past`: the id of an opened past, absent for the present. */
export type Query =
  | { readonly kind: 'stream'; readonly stream: StreamName; readonly past?: string }
  | { readonly kind: 'projection'; readonly name: string; readonly past?: string }
  | { readonly kind: 'status' }
  | { readonly kind: 'inbox' }
  /** The ends of commits: of those in `awaiting` that ended already, then of each as it ends. */
  | { readonly kind: 'fates'; readonly awaiting: readonly CommitRef[] }
  /** How it stands with one commit, and each change of that. */
  | { readonly kind: 'fate'; readonly ref: CommitRef }

export interface PendingNote {
  readonly dot: Dot
  /** Local names of its commands on this stream, such as `addItem`. */
  readonly commands: readonly string[]
}

export interface StreamUpdate {
  readonly kind: 'stream'
  readonly state: unknown
  readonly revision: Revision
  /** Our commits on this stream that are not placed yet. */
  readonly pending: readonly PendingNote[]
  /** Why the stream can be read but not written with this program, or null. */
  readonly frozen: { readonly reason: string; readonly message: string } | null
}

export interface ValueUpdate {
  readonly kind: 'value'
  readonly value: unknown
}

/** `reset`: these are all rows; else only the changed ones, null where a row went. */
export interface RowsUpdate {
  readonly kind: 'rows'
  readonly reset: boolean
  readonly rows: readonly (readonly [key: string, row: unknown])[]
}

/** A projection that stands still, or leaves out streams, since an event that it cannot fold. */
export interface ProjectionFailure {
  readonly projection: string
  /** How many streams it leaves out, for they hold an event of a newer program; 0 if it stands still as a whole. */
  readonly leftOut: number
  /** What was thrown, or is wrong with the event. */
  readonly message: string
  /** Full name of the event, such as `cart.itemAdded`. */
  readonly type: string
  /** Where it stands; null while it is pending. */
  readonly position: Position | null
}

/** In place of a value or rows. When the projection flows again, all of it is told. */
export interface FailedUpdate {
  readonly kind: 'failed'
  readonly failure: ProjectionFailure
}

/** In place of a state, a value or rows that cannot be structured-cloned, and so cannot leave the worker. */
export interface UncloneableUpdate {
  readonly kind: 'uncloneable'
  readonly failure: Problem
}

export interface StatusUpdate {
  readonly kind: 'status'
  readonly status: EngineStatus
}

export interface InboxUpdate {
  readonly kind: 'inbox'
  readonly items: readonly InboxNote[]
}

export interface FatesUpdate {
  readonly kind: 'fates'
  readonly fates: readonly (CommitRef & { readonly fate: Fate })[]
}

export interface FateUpdate {
  readonly kind: 'fate'
  readonly fate: FateNow
}

export type ProjectionUpdate = ValueUpdate | RowsUpdate | FailedUpdate

export type Update =
  | StreamUpdate
  | ProjectionUpdate
  | UncloneableUpdate
  | StatusUpdate
  | InboxUpdate
  | FatesUpdate
  | FateUpdate

/** A withdrawn commit, for people. */
export interface InboxNote extends CommitRef {
  readonly reason: string
  readonly details: PlainData | null
  readonly commands: readonly CommandRecord[]
  /** Our events before they were refused. */
  readonly mine: readonly EventRecord[]
  /** The foreign events that it met. */
  readonly theirs: readonly EventRecord[]
  /** When it was wished, ms since 1970, the author's clock. */
  readonly now: number
  /** Its root intent, which a retry names again. */
  readonly root?: Hash
  /** `withdrawing` until the log has placed the withdrawn form: it may still turn out confirmed. */
  readonly status: 'withdrawing' | 'withdrawn'
  /** It was confirmed before: the server came back from an older backup (rule C7), and then it was refused. */
  readonly reverted: boolean
}

export type SyncPhase =
  /** This store has no server. */
  | 'local'
  /** No server can be reached; everything is saved here. */
  | 'offline'
  | 'connecting'
  /** Connected; something of ours is not placed, or something of the log is not here. */
  | 'syncing'
  /** Connected; all of ours is placed and all of the log is here, as of the last heartbeat. */
  | 'synced'
  /** Going on needs the user or a developer: see `problem`. Everything is saved here. */
  | 'halted'

export interface Problem {
  readonly code: string
  readonly message: string
  /** How to go on. */
  readonly hint: string
}

export interface LogStatus {
  readonly log: LogId
  readonly position: Position
  /** The server's head as last heard, or null. */
  readonly head: Position | null
  readonly pending: number
}

/** A pending commit that has not got on for over 30 s, though the server is there. */
export interface Stalled {
  readonly log: LogId
  readonly dot: Dot
  readonly commands: readonly CommandRecord[]
  /** When it last got on, ms since 1970. */
  readonly since: number
  /**
   * `no_answer`: the server says nothing to it. `no_entry`: the server says that it has it, and does not send it back.
   * Otherwise the code with which the server refuses it, again and again.
   */
  readonly why: string
}

export interface StoreStatus {
  readonly phase: SyncPhase
  /** Commits saved here that the server has not placed. */
  readonly pending: number
  /** Items in the inbox. */
  readonly withdrawn: number
  readonly problem: Problem | null
  /** What is stuck, while the phase is `syncing`; null as long as all gets on. */
  readonly stalled: Stalled | null
  /** True in the tab that talks to the server. */
  readonly leading: boolean
  readonly replica: ReplicaId
  /** Identity of the store on this device. */
  readonly store: string
  readonly logs: readonly LogStatus[]
  /** When it was last told to be synced, ms since 1970; null if it was not since the store was opened. */
  readonly syncedAt: number | null
  /** Projections that stand still (to watch one is an error) or leave out streams; all others flow. */
  readonly failures: readonly ProjectionFailure[]
}

/** What the engine says; the page adds since when it is so. */
export type EngineStatus = Omit<StoreStatus, 'syncedAt'> & {
  /** How often something pending was written on this device; it only grows. For the witness of the store. */
  readonly writes: number
}

/** One event of a stream's history. What the server adds is null while it is pending: `position`, `time`, `principal`. */
export interface HistoryEvent {
  readonly type: string
  readonly data: unknown
  readonly stream: StreamName
  readonly revision: Revision
  readonly dot: Dot
  readonly position: Position | null
  readonly time: number | null
  /** The author's time, by which it was decided. */
  readonly now: number
  /** For whom the server took the author. */
  readonly principal: string | null
  /** Who the author said to be. */
  readonly actor: string | null
  /** The entry of another log that set it off. */
  readonly causation: Causation | null
}

export interface HistoryPage {
  readonly events: readonly HistoryEvent[]
  /** Ask again with this, or null at the end. */
  readonly next: { readonly after: Position; readonly revision: Revision } | null
}
