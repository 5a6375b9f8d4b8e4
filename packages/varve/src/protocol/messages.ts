/**
 * Every message that a client and a server exchange. SPEC.md §W tells the rules; parse.ts turns `unknown` into these.
 *
 *   client                               server
 *   hello (token, cursors)       ──▸
 *                                ◂──     welcome (epochs, heads, limits) | refuse
 *   pull (after, credit)         ──▸
 *                                ◂──     entries …     (as many as there is credit for, also later ones)
 *   push (prev, commits)         ──▸
 *                                ◂──     receipt       (durable, never earlier) | refuse
 *   locate (chains at positions) ──▸
 *                                ◂──     located       (the last of them that is this log's too)
 *   ping                         ──▸     pong          (either way)
 *                                ◂──     goaway        (come back later, spread out)
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { Dot, LogId, Position } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'

export const protocolVersion = 1

/** How far a client has applied a log. `epoch` is null before the first contact. */
export interface Cursor {
  readonly log: LogId
  readonly epoch: string | null
  readonly position: Position
  readonly chain: Hash
}

export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  readonly token: string
  /** Identity of the client's store; for the server's records only. */
  readonly store: string
  readonly cursors: readonly Cursor[]
}

/** Asks for entries after `after`; the server may send up to `credit` of them, now or when they come to be. Replaces an earlier pull of the log. */
export interface Pull {
  readonly type: 'pull'
  readonly log: LogId
  readonly after: Position
  readonly credit: number
}

/** Consecutive commits of one lineage. */
export interface Push {
  readonly type: 'push'
  readonly log: LogId
  readonly epoch: string
  /** Running hash of the author's lineage before the first commit (rule C13). */
  readonly prev: Hash
  readonly commits: readonly Commit[]
}

/**
 * After a `fork`: chains of the client's copy, at ascending positions. The server says which is the last that its log
 * has too; a few rounds find the fork.
 */
export interface Locate {
  readonly type: 'locate'
  readonly log: LogId
  readonly points: readonly { readonly position: Position; readonly chain: Hash }[]
}

export interface Located {
  readonly type: 'located'
  readonly log: LogId
  readonly epoch: string
  /** One of the positions asked for, or 0 if the log has none of them. */
  readonly position: Position
}

/** A fresh token for the same principal, sent before the old one expires. */
export interface Auth {
  readonly type: 'auth'
  readonly token: string
}

export interface Ping {
  readonly type: 'ping'
  readonly id: number
}

export interface Pong {
  readonly type: 'pong'
  readonly id: number
  /** Server only: the heads of the logs of this connection. */
  readonly heads: readonly LogHeadNote[]
}

export interface LogHeadNote {
  readonly log: LogId
  readonly head: Position
}

export interface Welcome {
  readonly type: 'welcome'
  readonly protocol: number
  readonly logs: readonly { readonly log: LogId; readonly epoch: string; readonly head: Position }[]
  readonly heartbeatMs: number
  readonly limits: WireLimits
}

export interface Entries {
  readonly type: 'entries'
  readonly log: LogId
  readonly epoch: string
  /** Consecutive, ascending; may be empty only to tell a head. */
  readonly entries: readonly Entry[]
  readonly head: Position
}

export interface Receipt {
  readonly type: 'receipt'
  readonly log: LogId
  /** In the order of the push, one for each commit that is placed (now or before). */
  readonly placed: readonly { readonly dot: Dot; readonly position: Position; readonly outcome: Hash }[]
}

/**
 * `retry` later as it is · `sign_in` again · `decide_again` after pulling · `resend` from `expected` ·
 * `identity`: this lineage is used by two · `unplaceable`: this commit never, withdraw it · `fatal`: not with this program.
 * None of them deletes anything.
 */
export type RefusalClass =
  | 'retry'
  | 'sign_in'
  | 'decide_again'
  | 'resend'
  | 'identity'
  | 'unplaceable'
  | 'fatal'

export const refusalClasses = {
  // connection
  malformed: 'fatal',
  unsupported_protocol: 'fatal',
  hello_expected: 'fatal',
  frame_too_large: 'fatal',
  unauthorized: 'sign_in',
  token_expired: 'sign_in',
  forbidden_log: 'fatal',
  unknown_log: 'fatal',
  overloaded: 'retry',
  rate_limited: 'retry',
  internal: 'retry',
  shutting_down: 'retry',
  // push, in the order of rules A1–A9
  fork: 'identity',
  collision: 'identity',
  gap: 'resend',
  conflict: 'decide_again',
  held: 'retry',
  stale: 'resend',
  // a commit that can never be placed as it is
  forbidden: 'unplaceable',
  commit_too_large: 'unplaceable',
  invalid_commit: 'unplaceable',
} as const satisfies Record<string, RefusalClass>

export type RefusalCode = keyof typeof refusalClasses

export interface Refuse {
  readonly type: 'refuse'
  readonly code: RefusalCode
  /** One sentence for a developer; never needed to go on. */
  readonly message: string
  readonly log?: LogId
  /** The commit that was refused; those before it in the push were placed. */
  readonly dot?: Dot
  /** For gap: the dot that is expected next. */
  readonly expected?: Dot
  /** For conflict: the client should have applied the log up to here before it pushes again. */
  readonly head?: Position
  readonly retryAfterMs?: number
}

/** The server goes away or is too busy: reconnect after a random part of `spreadMs`. */
export interface Goaway {
  readonly type: 'goaway'
  readonly reason: string
  readonly spreadMs: number
}

export type ClientMessage = Hello | Pull | Push | Locate | Auth | Ping | Pong
export type ServerMessage = Welcome | Entries | Receipt | Located | Refuse | Ping | Pong | Goaway

export interface WireLimits {
  readonly frameBytesMax: number
  readonly pushCommitsMax: number
  readonly commitBytesMax: number
  readonly commitEventsMax: number
  readonly commitGuardsMax: number
  readonly creditMax: number
  readonly logsMax: number
  readonly nameLengthMax: number
}

export const wireLimits: WireLimits = {
  frameBytesMax: 4 * 1024 * 1024,
  pushCommitsMax: 256,
  commitBytesMax: 256 * 1024,
  commitEventsMax: 1_000,
  commitGuardsMax: 1_000,
  creditMax: 5_000,
  logsMax: 64,
  nameLengthMax: 256,
}

/** How many points a `locate` may have. */
export const locatePointsMax = 64
