/**
 * A session that was welcomed: one channel for each log, the heartbeat, and what each message means to them.
 *
 * Every change of the channels goes through `onChannels`, which lets each go on with whatever is due.
 */
import type { LogId } from '../core/dot.ts'
import {
  type Channel,
  type ChannelOutput,
  type ChannelStep,
  lost,
  openChannel,
  proceed,
  receivedEntries,
  receivedLocated,
  receivedReceipt,
  receivedRefusal,
  restored,
  rewound,
  type StoredLog,
} from './channel.ts'
import type { ServerMessage, Welcome } from './messages.ts'
import { problemOf } from './problems.ts'
import { refused, sentAway, waiting } from './session-pause.ts'
import {
  type Ambient,
  commonOf,
  type Live,
  type SessionInput,
  type SessionState,
  type SessionStep,
  sessionLimits,
} from './session-state.ts'

/** The beginning of it. */
export function welcomed(state: SessionState, message: Welcome, ambient: Ambient): SessionStep {
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
    haltedAtMs: null,
  }
  return onChannels(live, ambient, (channel) => [channel, []])
}

/** A message of the server. */
export function heard(session: Live, message: ServerMessage, ambient: Ambient): SessionStep {
  const state: Live = { ...session, heardAtMs: ambient.nowMs, deadlineMs: Number.POSITIVE_INFINITY }
  switch (message.type) {
    case 'entries':
      return onChannel(state, message.log, ambient, (channel) => receivedEntries(channel, message))
    case 'receipt':
      return onChannel(state, message.log, ambient, (channel) => [receivedReceipt(channel, message), []])
    case 'located':
      return onChannel(state, message.log, ambient, (channel) => [receivedLocated(channel, message), []])
    case 'refuse': {
      const { log } = message
      return log === undefined || !state.channels.has(log)
        ? refused(state, message, ambient)
        : onChannel(state, log, ambient, (channel) => receivedRefusal(channel, message, ambient.nowMs))
    }
    case 'pong': {
      const heads = new Map(message.heads.map(({ log, head }) => [log, head]))
      return onChannels(state, ambient, (channel) => [
        { ...channel, head: Math.max(channel.head, heads.get(channel.stored.log) ?? 0) },
        [],
      ])
    }
    case 'ping':
      return [state, [{ type: 'send', message: { type: 'pong', id: message.id, heads: [] } }]]
    case 'goaway':
      return sentAway(state, message.spreadMs, ambient)
    case 'welcome':
      return [state, []]
  }
}

/** The store changed. */
export function withLogs(state: Live, logs: readonly StoredLog[], ambient: Ambient): SessionStep {
  const byLog = new Map(logs.map((stored) => [stored.log, stored]))
  return onChannels({ ...state, logs }, ambient, (channel) => {
    const stored = byLog.get(channel.stored.log)
    return [stored === undefined ? channel : restored(channel, stored), []]
  })
}

/** The store did not take what it was handed. */
export function notApplied(
  state: Live,
  { log, problem }: SessionInput & { readonly type: 'not_applied' },
  ambient: Ambient,
): SessionStep {
  return onChannel(state, log, ambient, (channel) => [
    problem === undefined
      ? rewound(channel)
      : problem.code === 'fork'
        ? lost(channel)
        : { ...channel, problem },
    [],
  ])
}

/** Something must be heard within `pongMs`. */
export function ping(state: Live, { nowMs }: Ambient, pongMs: number): SessionStep {
  const pingId = state.pingId + 1
  return [
    { ...state, pingId, pingedAtMs: nowMs, deadlineMs: Math.min(state.deadlineMs, nowMs + pongMs) },
    [{ type: 'send', message: { type: 'ping', id: pingId } }],
  ]
}

/** Time has passed: a silence has ended it, something is due, or it is time to ask whether somebody is there. */
export function tickLive(state: Live, ambient: Ambient): SessionStep {
  const { nowMs } = ambient
  if (nowMs >= state.deadlineMs) return [waiting(state, ambient), [{ type: 'disconnect' }]]
  const [next, outputs] = onChannels(state, ambient, (channel) => [channel, []])
  if (nowMs - Math.max(state.heardAtMs, state.pingedAtMs) < state.heartbeatMs) return [next, outputs]
  const [pinged, pings] = ping(next, ambient, sessionLimits.pongMs)
  return [pinged, [...outputs, ...pings]]
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
function onChannels(
  state: Live,
  { nowMs }: Ambient,
  change: (channel: Channel) => ChannelStep,
): readonly [Live, readonly ChannelOutput[]] {
  const outputs: ChannelOutput[] = []
  const channels = new Map<LogId, Channel>()
  for (const [log, channel] of state.channels) {
    const [changed, first] = change(channel)
    const [next, second] = proceed(changed, nowMs)
    channels.set(log, next)
    outputs.push(...first, ...second)
  }
  const isHalted = [...channels.values()].some(({ problem }) => problem !== null)
  return [{ ...state, channels, haltedAtMs: isHalted ? (state.haltedAtMs ?? nowMs) : null }, outputs]
}
