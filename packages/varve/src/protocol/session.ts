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
 * What a session is stands in session-state.ts, what happens while it is live in session-live.ts, how it leaves a
 * connection in session-pause.ts; one log of it is channel.ts's.
 */
import { protocolVersion, type ServerMessage } from './messages.ts'
import { heard, notApplied, ping, tickLive, welcomed, withLogs } from './session-live.ts'
import { halted, refusalClassOf, refused, sentAway, waiting } from './session-pause.ts'
import {
  type Ambient,
  commonOf,
  isConnected,
  retryHaltedAtMs,
  type SessionInput,
  type SessionState,
  type SessionStep,
  sessionLimits,
} from './session-state.ts'

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
      return state.phase === 'live'
        ? withLogs(state, input.logs, ambient)
        : [{ ...state, logs: input.logs }, []]
    case 'not_applied':
      return state.phase === 'live' ? notApplied(state, input, ambient) : [state, []]
    case 'hint':
      return hinted(state, input.network, ambient)
    case 'received':
      return received(state, input.message, ambient)
    case 'tick':
      return tick(state, ambient)
  }
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

function withToken(state: SessionState, token: string | null, ambient: Ambient): SessionStep {
  const next = { ...state, token }
  if (state.phase === 'live' && token !== null) {
    // It may open a log that the one before could not.
    if (state.haltedAtMs !== null) return connect(next, ambient)
    return [next, [{ type: 'send', message: { type: 'auth', token } }]]
  }
  if (token === null) {
    return state.phase === 'stopped'
      ? [next, []]
      : [halted(next, 'unauthorized', ambient.nowMs), isConnected(state) ? [{ type: 'disconnect' }] : []]
  }
  return state.phase === 'halted' && refusalClassOf(state.problem.code) === 'sign_in'
    ? connect(next, ambient)
    : [next, []]
}

function hinted(state: SessionState, network: 'online' | 'offline', ambient: Ambient): SessionStep {
  if (state.phase === 'waiting' && network === 'online') return connect({ ...state, attempt: 0 }, ambient)
  return state.phase === 'live' ? ping(state, ambient, sessionLimits.hintedPongMs) : [state, []]
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
    case 'live':
      return nowMs >= retryHaltedAtMs(state) ? connect(state, ambient) : tickLive(state, ambient)
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
  return state.phase === 'live' ? heard(state, message, ambient) : [state, []]
}
