/**
 * What a client's messages do once it may speak: opens logs, follows them, places pushes, renews its token. Holds the
 * logs of one connection and gives them back at the end. Knows neither sockets nor deadlines: see connection.ts.
 */
import { chainStart, type LogId, type Position } from 'varve/core'
import {
  type Auth,
  type Hello,
  type Locate,
  type Pull,
  type Push,
  protocolVersion,
  type RefusalCode,
  type Refuse,
  type ServerMessage,
  wireLimits,
} from 'varve/protocol'
import { type Access, type Asking, type Authorize, isUsable, soundAccess } from './access.ts'
import type { Admission } from './admission.ts'
import type { Holds } from './holds.ts'
import type { Hub } from './hub.ts'
import type { ServerLimits } from './limits.ts'
import type { ServerLog } from './log-port.ts'
import { placePush } from './place.ts'
import { createSubscription, type Subscription } from './subscription.ts'
import type { Verifier } from './verifier.ts'

/** What all connections of a server share. */
export interface ConnectionGround {
  readonly log: ServerLog
  readonly hub: Hub
  readonly holds: Holds
  readonly verifier: Verifier | null
  readonly limits: ServerLimits
  readonly authorize: Authorize
  /** Wall clock, ms since 1970. */
  readonly now: () => number
  /** Monotonic, ms. */
  readonly monotonicMs: () => number
  readonly admission: Admission
  /** False if this principal has too many connections. */
  readonly enter: (principal: string) => boolean
  readonly leave: (principal: string) => void
  /** A log may have moved up to here. */
  readonly moved: (log: LogId, head: Position) => void
  readonly onError: (error: unknown) => void
}

/** The connection, as the conversation sees it. After it is closed it says nothing any more. */
export interface Speaker {
  send(message: ServerMessage): void
  sendFrame(frame: Buffer): void
  hasRoom(): boolean
  refuse(code: RefusalCode, message: string, more?: Partial<Refuse>): void
  refuseAndClose(code: RefusalCode, message: string, more?: Partial<Refuse>): void
  isClosed(): boolean
}

export interface Conversation {
  /** What the token allows, or null: it was refused, or the client is gone. */
  authorize(token: string): Promise<Access | null>
  welcome(hello: Hello, access: Access): Promise<void>
  /** What a fresh token allows, or null as above. */
  renew(auth: Auth, before: Access): Promise<Access | null>
  pull(pull: Pull, access: Access): void
  locate(locate: Locate, access: Access): Promise<void>
  /** Late: it arrived after the goaway. */
  push(push: Push, access: Access, isLate: boolean): Promise<void>
  pong(id: number, access: Access): void
  /** The socket has room again. */
  drained(): void
  /** Gives the logs back. */
  end(): void
}

export function isExpired({ expiresAt }: Access, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

export function createConversation(
  ground: ConnectionGround,
  speaker: Speaker,
  asking: Omit<Asking, 'token'>,
): Conversation {
  const { hub, log, limits } = ground
  /** The open logs; those that are followed with their subscription. */
  const subscriptions = new Map<LogId, Subscription | null>()

  async function authorize(token: string): Promise<Access | null> {
    const access = soundAccess(await ground.authorize({ ...asking, token }))
    if (speaker.isClosed()) return null
    if (access !== null && !isExpired(access, ground.now())) return access
    speaker.refuseAndClose(access === null ? 'unauthorized' : 'token_expired', 'This token is not accepted.')
    return null
  }

  async function welcome({ cursors }: Hello, access: Access): Promise<void> {
    const logs: { log: LogId; epoch: string; head: Position }[] = []
    // After the welcome, so that a client that waits for it is not told about logs before.
    const refusals: Refuse[] = []
    for (const { log: name, epoch: knownEpoch, position, chain } of cursors) {
      if (!isUsable(access.logs(name))) {
        refusals.push({
          type: 'refuse',
          code: 'forbidden_log',
          message: 'You may not use this log.',
          log: name,
        })
        continue
      }
      const { epoch, head } = await hub.open(name)
      if (speaker.isClosed()) {
        hub.release(name)
        return
      }
      subscriptions.set(name, null)
      logs.push({ log: name, epoch, head })
      const isSame =
        knownEpoch === null
          ? position === 0 && chain === chainStart
          : knownEpoch === epoch && (await log.chainAt(name, position)) === chain
      if (!isSame) {
        const message = 'Your copy of the log is not of this log.'
        refusals.push({ type: 'refuse', code: 'fork', message, log: name, head })
      }
    }
    const { heartbeatMs } = limits
    speaker.send({ type: 'welcome', protocol: protocolVersion, logs, heartbeatMs, limits: wireLimits })
    for (const refusal of refusals) speaker.send(refusal)
  }

  async function renew({ token }: Auth, before: Access): Promise<Access | null> {
    const access = await authorize(token)
    if (access === null) return null
    if (access.principal !== before.principal) {
      speaker.refuseAndClose('unauthorized', 'The token is for somebody else.')
      return null
    }
    for (const [name, subscription] of subscriptions) {
      const had = before.logs(name)
      const has = access.logs(name)
      if (has.read || !(had.read || (isUsable(had) && !isUsable(has)))) continue
      subscription?.stop()
      subscriptions.set(name, null)
      speaker.refuse('forbidden_log', 'You may not read this log any more.', { log: name })
    }
    return access
  }

  function pull({ log: name, after, credit }: Pull, access: Access): void {
    const head = hub.head(name)
    if (!subscriptions.has(name)) speaker.refuse('unknown_log', 'hello did not name this log.', { log: name })
    else if (!access.logs(name).read)
      speaker.refuse('forbidden_log', 'You may not read this log.', { log: name })
    else if (after > head) speaker.refuse('fork', 'The log is shorter than that.', { log: name, head })
    else follow(name).restart(after, credit)
  }

  async function locate({ log: name, points }: Locate, access: Access): Promise<void> {
    if (!subscriptions.has(name)) {
      speaker.refuse('unknown_log', 'hello did not name this log.', { log: name })
      return
    }
    if (!access.logs(name).read) {
      speaker.refuse('forbidden_log', 'You may not read this log.', { log: name })
      return
    }
    let position = 0
    for (const point of points.toReversed()) {
      if ((await log.chainAt(name, point.position)) !== point.chain) continue
      position = point.position
      break
    }
    speaker.send({ type: 'located', log: name, epoch: hub.epoch(name), position })
  }

  function follow(name: LogId): Subscription {
    const subscription =
      subscriptions.get(name) ??
      createSubscription({
        hub,
        log: name,
        hasRoom: speaker.hasRoom,
        send: speaker.sendFrame,
        onFailure: (error) => {
          ground.onError(error)
          speaker.refuse('internal', 'The log cannot be read now.', { log: name, retryAfterMs: 1_000 })
        },
      })
    subscriptions.set(name, subscription)
    return subscription
  }

  async function push(message: Push, access: Access, isLate: boolean): Promise<void> {
    const { log: name } = message
    if (!subscriptions.has(name)) {
      speaker.refuse('unknown_log', 'hello did not name this log.', { log: name })
      return
    }
    if (isLate) {
      speaker.refuse('shutting_down', 'The server goes away.', { log: name, retryAfterMs: limits.spreadMs })
      return
    }
    const { placed, refusal, head } = await placePush(log, {
      push: message,
      principal: access.principal,
      append: access.logs(name).append,
      holds: ground.holds,
      verifier: ground.verifier,
      time: ground.now(),
      nowMs: ground.monotonicMs(),
    })
    if (placed.length > 0) speaker.send({ type: 'receipt', log: name, placed })
    if (refusal !== null) speaker.send(refusal)
    ground.moved(name, head)
  }

  return Object.freeze({
    authorize,
    welcome,
    renew,
    pull,
    locate,
    push,
    pong(id: number, access: Access): void {
      const usable = [...subscriptions.keys()].filter((name) => isUsable(access.logs(name)))
      speaker.send({ type: 'pong', id, heads: usable.map((name) => ({ log: name, head: hub.head(name) })) })
    },
    drained(): void {
      for (const subscription of subscriptions.values()) subscription?.pump()
    },
    end(): void {
      for (const [name, subscription] of subscriptions) {
        subscription?.stop()
        hub.release(name)
      }
      subscriptions.clear()
    },
  })
}
