/**
 * What a session is, what goes in and out, and what can be read from it. How it changes is session.ts's.
 *
 * The status that it reports comes from what was heard, never from a socket's state: "synced" means that at the last
 * heartbeat all of ours was placed and all of the log was here.
 */
import type { Dot, LogId, Position } from '../core/dot.ts'
import type { Problem, SyncPhase } from '../core/query.ts'
import {
  type Channel,
  type ChannelOutput,
  channelWakeAtMs,
  isSynced,
  type StoredLog,
  sentOf,
} from './channel.ts'
import type { ServerMessage } from './messages.ts'

/** What is known whatever the connection does. */
export interface Common {
  readonly store: string
  readonly token: string | null
  readonly logs: readonly StoredLog[]
  /** Connections in a row that did not come to a welcome. */
  readonly attempt: number
}

export type SessionState = Common &
  (
    | { readonly phase: 'stopped' }
    | { readonly phase: 'waiting'; readonly retryAtMs: number }
    | { readonly phase: 'connecting' | 'greeting'; readonly deadlineMs: number }
    | {
        readonly phase: 'live'
        readonly channels: ReadonlyMap<LogId, Channel>
        readonly heartbeatMs: number
        readonly heardAtMs: number
        /** When the last ping was sent, and the time by which something must be heard. */
        readonly pingedAtMs: number
        readonly deadlineMs: number
        readonly pingId: number
        /** Since when a log is halted; null if none is. */
        readonly haltedAtMs: number | null
      }
    | { readonly phase: 'halted'; readonly problem: Problem; readonly retryAtMs: number }
  )

export type SessionInput =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'opened' }
  | { readonly type: 'closed' }
  | { readonly type: 'received'; readonly message: ServerMessage }
  /** Some text arrived that is no message: a captive portal, another server. */
  | { readonly type: 'garbled' }
  | { readonly type: 'stored'; readonly logs: readonly StoredLog[] }
  /** The store could not take entries that were handed to it; with a problem: and never will, so this log halts. */
  | { readonly type: 'not_applied'; readonly log: LogId; readonly problem?: Problem }
  | { readonly type: 'token'; readonly token: string | null }
  /** A hint that the network came (`online`: connect now) or went (`offline`: make sure soon). */
  | { readonly type: 'hint'; readonly network: 'online' | 'offline' }
  | { readonly type: 'tick' }

export type SessionOutput = { readonly type: 'connect' } | { readonly type: 'disconnect' } | ChannelOutput

export type SessionStep = readonly [SessionState, readonly SessionOutput[]]

/** The world at one input: time in ms, and a random number in [0, 1). */
export interface Ambient {
  readonly nowMs: number
  readonly random: number
}

export const sessionLimits = {
  connectMs: 10_000,
  backoffMs: 500,
  backoffMsMax: 30_000,
  /** Something must be heard this long after a ping. */
  pongMs: 5_000,
  /** The same, when the browser hints that the network is gone. */
  hintedPongMs: 1_500,
  /** A halted session tries again after this long: servers get updated, rights get granted. */
  haltedRetryMs: 5 * 60_000,
} as const

export type Live = Extract<SessionState, { phase: 'live' }>

export function newSession(store: string, token: string | null, logs: readonly StoredLog[]): SessionState {
  return { phase: 'stopped', store, token, logs, attempt: 0 }
}

/** When the session wants its next tick, in ms; infinity if it waits for something else. */
export function sessionWakeAtMs(state: SessionState, nowMs: number): number {
  switch (state.phase) {
    case 'stopped':
      return Number.POSITIVE_INFINITY
    case 'waiting':
    case 'halted':
      return state.retryAtMs
    case 'connecting':
    case 'greeting':
      return state.deadlineMs
    case 'live':
      return Math.min(
        state.deadlineMs,
        Math.max(state.heardAtMs, state.pingedAtMs) + state.heartbeatMs,
        retryHaltedAtMs(state),
        ...[...state.channels.values()].map((channel) => channelWakeAtMs(channel, nowMs)),
      )
  }
}

/** When it begins anew because a log is halted. */
export function retryHaltedAtMs({ haltedAtMs }: Live): number {
  return haltedAtMs === null ? Number.POSITIVE_INFINITY : haltedAtMs + sessionLimits.haltedRetryMs
}

export function reportOf(state: SessionState): {
  readonly phase: SyncPhase
  readonly problem: Problem | null
  readonly heads: readonly {
    readonly log: LogId
    readonly head: Position | null
    /** The last pending commit of which the server has said that it has it, with all before it. */
    readonly sent?: Dot | null
  }[]
} {
  const unknown = state.logs.map(({ log }) => ({ log, head: null }))
  switch (state.phase) {
    case 'stopped':
      return { phase: 'offline', problem: null, heads: unknown }
    case 'halted':
      return { phase: 'halted', problem: state.problem, heads: unknown }
    case 'waiting':
      return { phase: 'offline', problem: null, heads: unknown }
    // A first attempt is under way; later ones are only hopes: say offline until one is welcomed.
    case 'connecting':
    case 'greeting':
      return { phase: state.attempt === 0 ? 'connecting' : 'offline', problem: null, heads: unknown }
    case 'live': {
      const channels = [...state.channels.values()]
      const problem = channels.find((channel) => channel.problem !== null)?.problem ?? null
      const phase = problem !== null ? 'halted' : channels.every(isSynced) ? 'synced' : 'syncing'
      const heads = channels.map((channel) => ({
        ...{ log: channel.stored.log, head: channel.head, sent: sentOf(channel) },
      }))
      return { phase, problem, heads }
    }
  }
}

export function commonOf({ store, token, logs, attempt }: SessionState): Common {
  return { store, token, logs, attempt }
}

export function isConnected(state: SessionState): boolean {
  return state.phase === 'connecting' || state.phase === 'greeting' || state.phase === 'live'
}
