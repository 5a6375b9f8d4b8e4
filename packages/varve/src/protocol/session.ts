/**
 * A client's side of the conversation, as a pure machine: `(state, input) → [state, outputs]`. It has no socket, no
 * timer and no clock: the driver in sync/ and the simulation give it those.
 *
 *            start            opened            welcome
 *   waiting ───────▸ connecting ──────▸ greeting ──────▸ live ──┐
 *      ▴  ▴                │                │               │    │ silence, closed, goaway
 *      │  └────────────────┴────────────────┴───────────────┴────┘
 *      └── halted: going on needs a token, another program or a person (nothing is lost meanwhile)
 *
 * The status that it reports comes from what was heard, never from a socket's state: "synced" means that at the last
 * heartbeat all of ours was placed and all of the log was here.
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId, Position } from '../core/dot.ts'
import type { Problem, SyncPhase } from '../core/query.ts'
import {
  type Channel,
  type ChannelOutput,
  type ChannelStep,
  channelWakeAtMs,
  isSynced,
  openChannel,
  proceed,
  receivedEntries,
  receivedReceipt,
  receivedRefusal,
  restored,
  rewound,
  type StoredLog,
} from './channel.ts'
import {
  type ClientMessage,
  protocolVersion,
  type Refuse,
  refusalClasses,
  type ServerMessage,
  type Welcome,
} from './messages.ts'
import { type ProblemCode, problemOf } from './problems.ts'

/** What is known whatever the connection does. */
interface Common {
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

export type SessionOutput =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'send'; readonly message: ClientMessage }
  | {
      readonly type: 'apply'
      readonly log: LogId
      readonly epoch: string
      readonly entries: readonly Entry[]
    }
  | { readonly type: 'withdraw'; readonly log: LogId; readonly commit: Commit; readonly reason: string }

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

type Live = Extract<SessionState, { phase: 'live' }>

export function newSession(store: string, token: string | null, logs: readonly StoredLog[]): SessionState {
  return { phase: 'stopped', store, token, logs, attempt: 0 }
}

export function stepSession(state: SessionState, input: SessionInput, ambient: Ambient): SessionStep {
  switch (input.type) {
    case 'start':
      return state.phase === 'stopped' ? connect(state, ambient) : [state, []]
    case 'stop':
      return [{ ...commonOf(state), phase: 'stopped' }, isConnected(state) ? [{ type: 'disconnect' }] : []]
    case 'opened':
      return state.phase === 'connecting' ? greet(state, ambient) : [state, []]
    case 'closed':
      return isConnected(state) ? [waiting(state, ambient), []] : [state, []]
    case 'garbled':
      return isConnected(state) ? [waiting(state, ambient), [{ type: 'disconnect' }]] : [state, []]
    case 'token':
      return withToken(state, input.token, ambient)
    case 'stored':
      return withLogs(state, input.logs, ambient)
    case 'not_applied':
      return notApplied(state, input, ambient)
    case 'hint':
      return hinted(state, input.network, ambient)
    case 'received':
      return received(state, input.message, ambient)
    case 'tick':
      return tick(state, ambient)
  }
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
        ...[...state.channels.values()].map((channel) => channelWakeAtMs(channel, nowMs)),
      )
  }
}

export function reportOf(state: SessionState): {
  readonly phase: SyncPhase
  readonly problem: Problem | null
  readonly heads: readonly { readonly log: LogId; readonly head: Position | null }[]
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
      return { phase, problem, heads: channels.map(({ stored, head }) => ({ log: stored.log, head })) }
    }
  }
}

function commonOf({ store, token, logs, attempt }: SessionState): Common {
  return { store, token, logs, attempt }
}

function isConnected(state: SessionState): boolean {
  return state.phase === 'connecting' || state.phase === 'greeting' || state.phase === 'live'
}

function connect(state: SessionState, { nowMs }: Ambient): SessionStep {
  if (state.token === null) return [halted(state, 'unauthorized', nowMs), []]
  return [
    { ...commonOf(state), phase: 'connecting', deadlineMs: nowMs + sessionLimits.connectMs },
    [{ type: 'connect' }],
  ]
}

function greet(state: SessionState, { nowMs }: Ambient): SessionStep {
  const { store, logs } = state
  const cursors = logs.map(({ log, epoch, position, chain }) => ({ log, epoch, position, chain }))
  return [
    { ...commonOf(state), phase: 'greeting', deadlineMs: nowMs + sessionLimits.connectMs },
    [
      {
        type: 'send',
        message: { type: 'hello', protocol: protocolVersion, token: state.token ?? '', store, cursors },
      },
    ],
  ]
}

/** Jitter over the upper half of the pause: a thousand clients that lose one server do not come back as one. */
function waiting(state: SessionState, { nowMs, random }: Ambient, atLeastMs = 0): SessionState {
  const ceiling = Math.min(sessionLimits.backoffMs * 2 ** state.attempt, sessionLimits.backoffMsMax)
  const retryAtMs = nowMs + atLeastMs + Math.ceil(ceiling * (0.5 + random / 2))
  return { ...commonOf(state), attempt: state.attempt + 1, phase: 'waiting', retryAtMs }
}

function halted(state: SessionState, code: ProblemCode, nowMs: number): SessionState {
  const needsToken = refusalClassOf(code) === 'sign_in'
  const retryAtMs = needsToken ? Number.POSITIVE_INFINITY : nowMs + sessionLimits.haltedRetryMs
  return { ...commonOf(state), phase: 'halted', problem: problemOf(code), retryAtMs }
}

function refusalClassOf(code: string): string | undefined {
  return (refusalClasses as Record<string, string>)[code]
}

function withToken(state: SessionState, token: string | null, ambient: Ambient): SessionStep {
  const next = { ...state, token }
  if (state.phase === 'live' && token !== null)
    return [next, [{ type: 'send', message: { type: 'auth', token } }]]
  if (token === null) {
    return state.phase === 'stopped'
      ? [next, []]
      : [halted(next, 'unauthorized', ambient.nowMs), isConnected(state) ? [{ type: 'disconnect' }] : []]
  }
  return state.phase === 'halted' && refusalClassOf(state.problem.code) === 'sign_in'
    ? connect(next, ambient)
    : [next, []]
}

function withLogs(state: SessionState, logs: readonly StoredLog[], ambient: Ambient): SessionStep {
  const next = { ...state, logs }
  if (next.phase !== 'live') return [next, []]
  const byLog = new Map(logs.map((stored) => [stored.log, stored]))
  return onChannels(next, ambient, (channel) => {
    const stored = byLog.get(channel.stored.log)
    return [stored === undefined ? channel : restored(channel, stored), []]
  })
}

function notApplied(
  state: SessionState,
  { log, problem }: SessionInput & { readonly type: 'not_applied' },
  ambient: Ambient,
): SessionStep {
  if (state.phase !== 'live') return [state, []]
  return onChannel(state, log, ambient, (channel) => [
    problem === undefined ? rewound(channel) : { ...channel, problem },
    [],
  ])
}

function hinted(state: SessionState, network: 'online' | 'offline', ambient: Ambient): SessionStep {
  if (state.phase === 'waiting' && network === 'online') return connect({ ...state, attempt: 0 }, ambient)
  return state.phase === 'live' ? ping(state, ambient, sessionLimits.hintedPongMs) : [state, []]
}

function ping(state: Live, { nowMs }: Ambient, pongMs: number): SessionStep {
  const pingId = state.pingId + 1
  return [
    { ...state, pingId, pingedAtMs: nowMs, deadlineMs: Math.min(state.deadlineMs, nowMs + pongMs) },
    [{ type: 'send', message: { type: 'ping', id: pingId } }],
  ]
}

function tick(state: SessionState, ambient: Ambient): SessionStep {
  const { nowMs } = ambient
  switch (state.phase) {
    case 'waiting':
    case 'halted':
      return nowMs >= state.retryAtMs ? connect(state, ambient) : [state, []]
    case 'connecting':
    case 'greeting':
      return nowMs >= state.deadlineMs ? [waiting(state, ambient), [{ type: 'disconnect' }]] : [state, []]
    case 'live': {
      if (nowMs >= state.deadlineMs) return [waiting(state, ambient), [{ type: 'disconnect' }]]
      const [next, outputs] = onChannels(state, ambient, (channel) => [channel, []])
      const isQuiet = nowMs - Math.max(state.heardAtMs, state.pingedAtMs) >= state.heartbeatMs
      if (!isQuiet || next.phase !== 'live') return [next, outputs]
      const [pinged, pings] = ping(next, ambient, sessionLimits.pongMs)
      return [pinged, [...outputs, ...pings]]
    }
    case 'stopped':
      return [state, []]
  }
}

function received(state: SessionState, message: ServerMessage, ambient: Ambient): SessionStep {
  if (state.phase === 'greeting') {
    if (message.type === 'welcome') return welcomed(state, message, ambient)
    if (message.type === 'refuse') return refused(state, message, ambient)
    if (message.type === 'goaway') return sentAway(state, message.spreadMs, ambient)
    return [state, []]
  }
  if (state.phase !== 'live') return [state, []]
  const heard: Live = { ...state, heardAtMs: ambient.nowMs, deadlineMs: Number.POSITIVE_INFINITY }
  switch (message.type) {
    case 'entries':
      return onChannel(heard, message.log, ambient, (channel) => receivedEntries(channel, message))
    case 'receipt':
      return onChannel(heard, message.log, ambient, (channel) => [receivedReceipt(channel, message), []])
    case 'refuse': {
      const { log } = message
      return log === undefined || !heard.channels.has(log)
        ? refused(heard, message, ambient)
        : onChannel(heard, log, ambient, (channel) => receivedRefusal(channel, message, ambient.nowMs))
    }
    case 'pong': {
      const heads = new Map(message.heads.map(({ log, head }) => [log, head]))
      return onChannels(heard, ambient, (channel) => [
        { ...channel, head: Math.max(channel.head, heads.get(channel.stored.log) ?? 0) },
        [],
      ])
    }
    case 'ping':
      return [heard, [{ type: 'send', message: { type: 'pong', id: message.id, heads: [] } }]]
    case 'goaway':
      return sentAway(heard, message.spreadMs, ambient)
    case 'welcome':
      return [heard, []]
  }
}

function welcomed(state: SessionState, message: Welcome, ambient: Ambient): SessionStep {
  const welcomes = new Map(message.logs.map((welcome) => [welcome.log, welcome]))
  const channels = new Map<LogId, Channel>()
  for (const stored of state.logs) {
    const welcome = welcomes.get(stored.log)
    channels.set(
      stored.log,
      welcome !== undefined
        ? openChannel(stored, welcome.epoch, welcome.head)
        : {
            ...openChannel(stored, stored.epoch ?? '', stored.position),
            problem: problemOf('forbidden_log'),
          },
    )
  }
  const live: Live = {
    ...commonOf(state),
    attempt: 0,
    phase: 'live',
    channels,
    heartbeatMs: message.heartbeatMs,
    heardAtMs: ambient.nowMs,
    pingedAtMs: ambient.nowMs,
    deadlineMs: Number.POSITIVE_INFINITY,
    pingId: 0,
  }
  return onChannels(live, ambient, (channel) => [channel, []])
}

/** A refusal of the connection as a whole. */
function refused(state: SessionState, { code, retryAfterMs }: Refuse, ambient: Ambient): SessionStep {
  const kind = refusalClasses[code]
  if (kind === 'sign_in' || kind === 'fatal') {
    return [halted(state, code as ProblemCode, ambient.nowMs), [{ type: 'disconnect' }]]
  }
  return [waiting(state, ambient, retryAfterMs), [{ type: 'disconnect' }]]
}

function sentAway(state: SessionState, spreadMs: number, ambient: Ambient): SessionStep {
  return [waiting(state, ambient, Math.floor(spreadMs * ambient.random)), [{ type: 'disconnect' }]]
}

function onChannel(
  state: Live,
  log: LogId,
  ambient: Ambient,
  change: (channel: Channel) => ChannelStep,
): SessionStep {
  return onChannels(state, ambient, (channel) =>
    channel.stored.log === log ? change(channel) : [channel, []],
  )
}

/** Changes the channels, and lets each go on with whatever is due. */
function onChannels(state: Live, { nowMs }: Ambient, change: (channel: Channel) => ChannelStep): SessionStep {
  const outputs: ChannelOutput[] = []
  const channels = new Map<LogId, Channel>()
  for (const [log, channel] of state.channels) {
    const [changed, first] = change(channel)
    const [next, second] = proceed(changed, nowMs)
    channels.set(log, next)
    outputs.push(...first, ...second)
  }
  return [{ ...state, channels }, outputs]
}
