/**
 * One client's connection: takes texts in, hands messages on in order, and keeps the deadlines.
 *
 *                 hello, authorized              token expired
 *   greeting ───────────────────────▸ live ◂──────────────────▸ expired
 *      │                               │         auth               │
 *      └───────────────────────────────┴──▸ closed ◂────────────────┘
 *            deadline, malformed, silence, goaway
 *
 * Messages are handled one after the other; while too many wait, the socket is not read. Whatever a client sends, it
 * can end its own connection only. Knows no socket: `Wire` stands for one. Deadlines are looked at in `tick`.
 */
import {
  type Auth,
  type ClientMessage,
  decodeClient,
  encode,
  type Hello,
  type RefusalCode,
  type Refuse,
  refusalClasses,
  type ServerMessage,
  wireLimits,
} from 'varve/protocol'
import type { Access, Asking } from './access.ts'
import { type ConnectionGround, createConversation, isExpired } from './conversation.ts'
import { createRateLimit } from './rate-limit.ts'

export interface Wire {
  send(frame: string | Buffer): void
  bufferedBytes(): number
  /** Stops and resumes reading. */
  pause(): void
  resume(): void
  /** Closes after what was sent is out. */
  close(code: number, reason: string): void
  terminate(): void
}

export interface Connection {
  /** It has said hello, and its token was accepted. */
  isAdmitted(): boolean
  /** A text frame. */
  receive(text: string): void
  refuseAndClose(code: RefusalCode, message: string): void
  /** The socket has room again. */
  drained(): void
  /** The socket is gone. */
  closed(): void
  tick(): void
  goaway(reason: string, spreadMs: number): void
  /** Finishes what is being handled, then closes. */
  finish(): Promise<void>
}

type State =
  | { readonly phase: 'greeting'; readonly deadlineMs: number }
  | { readonly phase: 'live'; readonly access: Access }
  | { readonly phase: 'expired'; readonly access: Access; readonly deadlineMs: number }
  | { readonly phase: 'closed' }

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const policyViolation = 1008
const goingAway = 1001

/** When to come back after a failure of ours. */
const failedRetryMs = 1_000

export function createConnection(
  ground: ConnectionGround,
  wire: Wire,
  asking: Omit<Asking, 'token'>,
): Connection {
  const { limits, monotonicMs } = ground
  let state: State = { phase: 'greeting', deadlineMs: monotonicMs() + limits.helloMs }
  let heardAtMs = monotonicMs()
  let pingedAtMs = heardAtMs
  let pingId = 0
  let tickedAtMs = heardAtMs
  /** While `authorize` is asked: when it must have answered. */
  let answerByMs: number | null = null
  let isLeaving = false
  const queue: { readonly message: ClientMessage; readonly isLate: boolean }[] = []
  let handling: Promise<void> | null = null
  const rate = createRateLimit(
    { perSecond: limits.messagesPerSecond, burst: limits.messagesBurst },
    monotonicMs,
  )
  const conversation = createConversation(
    ground,
    {
      send,
      sendFrame: (frame) => wire.send(frame),
      hasRoom: () => state.phase === 'live' && wire.bufferedBytes() < limits.bufferedBytesMax,
      refuse,
      refuseAndClose,
      isClosed: () => state.phase === 'closed',
    },
    asking,
  )

  function receive(text: string): void {
    if (state.phase === 'closed') return
    heardAtMs = monotonicMs()
    // Before anything is spent on it. An honest client is far from this.
    const waitMs = rate.take()
    if (waitMs > 0) {
      refuseAndClose('rate_limited', 'Too many messages.', { retryAfterMs: Math.max(waitMs, failedRetryMs) })
      return
    }
    if (state.phase === 'greeting' && queue.length >= limits.queuedMessagesMax) {
      refuseAndClose('rate_limited', 'Too many messages before the welcome.', { retryAfterMs: failedRetryMs })
      return
    }
    const decoded = decodeClient(text)
    if (!decoded.ok) {
      refuseAndClose(decoded.code, decoded.fault)
      return
    }
    queue.push({ message: decoded.message, isLate: isLeaving })
    if (queue.length >= limits.queuedMessagesMax) wire.pause()
    handling ??= handleQueue()
  }

  async function handleQueue(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (queue.length === 0) wire.resume()
      const { message, isLate } = next
      try {
        await handle(message, isLate)
      } catch (error) {
        // The log or the application's authorize failed: ours to look at, the client's to come back.
        ground.onError(error)
        const about = {
          retryAfterMs: failedRetryMs,
          ...('log' in message ? { log: message.log } : null),
        }
        if (message.type === 'hello' || message.type === 'auth')
          refuseAndClose('internal', 'The server failed.', about)
        else refuse('internal', 'The server failed.', about)
      }
    }
    handling = null
  }

  async function handle(message: ClientMessage, isLate: boolean): Promise<void> {
    if (state.phase === 'live' && isExpired(state.access, ground.now())) expire(state.access)
    switch (state.phase) {
      case 'closed':
        return
      case 'greeting':
        if (message.type === 'hello') await greet(message)
        else refuseAndClose('hello_expected', 'The first message is hello.')
        return
      case 'live':
      case 'expired':
        await handleGreeted(message, state, isLate)
    }
  }

  async function handleGreeted(
    message: ClientMessage,
    { phase, access }: Extract<State, { access: Access }>,
    isLate: boolean,
  ): Promise<void> {
    switch (message.type) {
      case 'hello':
        return refuseAndClose('malformed', 'hello is said once.')
      case 'auth':
        return renew(message, access)
      case 'ping':
        return conversation.pong(message.id, access)
      case 'pong':
        return
      case 'pull':
      case 'push':
      case 'locate':
        if (phase === 'expired') return refuse('token_expired', 'Send auth with a fresh token.')
        if (message.type === 'pull') return conversation.pull(message, access)
        if (message.type === 'locate') return conversation.locate(message, access)
        return conversation.push(message, access, isLate)
    }
  }

  async function greet(hello: Hello): Promise<void> {
    const turnMs = ground.admission.admit()
    if (turnMs > 0)
      return refuseAndClose('overloaded', 'Many come at once: come back in your turn.', {
        retryAfterMs: turnMs,
      })
    const access = await inTime(conversation.authorize(hello.token))
    if (access === null) return ground.admission.giveBack()
    if (!ground.enter(access.principal)) {
      const retryAfterMs = limits.spreadMs
      return refuseAndClose('overloaded', 'You have too many connections.', { retryAfterMs })
    }
    state = { phase: 'live', access }
    await conversation.welcome(hello, access)
  }

  async function renew(auth: Auth, before: Access): Promise<void> {
    const access = await inTime(conversation.renew(auth, before))
    if (access === null) return
    state = { phase: 'live', access }
    conversation.drained()
  }

  /** What is awaited asks the application: `tick` sees to it that it answers. */
  async function inTime<T>(asked: Promise<T>): Promise<T> {
    answerByMs = monotonicMs() + limits.authorizeMs
    try {
      return await asked
    } finally {
      answerByMs = null
    }
  }

  function expire(access: Access): void {
    state = { phase: 'expired', access, deadlineMs: monotonicMs() + limits.authGraceMs }
    refuse('token_expired', 'Send auth with a fresh token.')
  }

  function tick(): void {
    const nowMs = monotonicMs()
    excuse(nowMs - tickedAtMs - 2 * limits.tickMs, nowMs)
    tickedAtMs = nowMs
    if (state.phase === 'live' && isExpired(state.access, ground.now())) expire(state.access)
    if (state.phase === 'closed') return
    if (answerByMs !== null) {
      if (nowMs >= answerByMs) giveUpAsking()
    } else if (state.phase === 'greeting' && nowMs >= state.deadlineMs)
      refuseAndClose('hello_expected', 'hello did not come.')
    else if (state.phase === 'expired' && nowMs >= state.deadlineMs) close(policyViolation, 'token_expired')
    else if (nowMs - heardAtMs >= limits.silentMs) gone()
    else if (state.phase !== 'greeting' && nowMs - Math.max(heardAtMs, pingedAtMs) >= limits.heartbeatMs) {
      pingId += 1
      pingedAtMs = nowMs
      send({ type: 'ping', id: pingId })
    }
  }

  /** While this process stood still it heard nobody: what was said meanwhile is still to be read. */
  function excuse(awayMs: number, nowMs: number): void {
    if (awayMs <= 0) return
    heardAtMs = Math.min(nowMs, heardAtMs + awayMs)
    pingedAtMs = Math.min(nowMs, pingedAtMs + awayMs)
    if (answerByMs !== null) answerByMs += awayMs
    if ('deadlineMs' in state) state = { ...state, deadlineMs: state.deadlineMs + awayMs }
  }

  function giveUpAsking(): void {
    ground.onError(new Error(`authorize did not answer within ${limits.authorizeMs} ms.`))
    refuseAndClose('internal', 'The server failed.', { retryAfterMs: failedRetryMs })
  }

  function send(message: ServerMessage): void {
    if (state.phase === 'closed') return
    wire.send(encode(message))
    // Answers are small, but who asks without end and never reads must not fill our memory with them.
    if (wire.bufferedBytes() > limits.bufferedBytesMax + wireLimits.frameBytesMax) gone()
  }

  function refuse(code: RefusalCode, message: string, more: Partial<Refuse> = {}): void {
    send({ type: 'refuse', code, message, ...more })
  }

  function refuseAndClose(code: RefusalCode, message: string, more: Partial<Refuse> = {}): void {
    refuse(code, message, more)
    close(policyViolation, `${code} (${refusalClasses[code]})`)
  }

  function close(code: number, reason: string): void {
    if (state.phase === 'closed') return
    // A socket that is not read would never see the other side's part of the closing handshake.
    wire.resume()
    wire.close(code, reason)
    closed()
  }

  /** Dead, or as good as: no closing handshake. */
  function gone(): void {
    wire.terminate()
    closed()
  }

  function closed(): void {
    if (state.phase === 'closed') return
    if (state.phase !== 'greeting') ground.leave(state.access.principal)
    state = { phase: 'closed' }
    queue.length = 0
    conversation.end()
  }

  return Object.freeze({
    isAdmitted: () => 'access' in state,
    receive,
    refuseAndClose,
    drained: conversation.drained,
    closed,
    tick,
    goaway(reason: string, spreadMs: number): void {
      isLeaving = true
      send({ type: 'goaway', reason, spreadMs })
    },
    async finish(): Promise<void> {
      while (handling !== null) await handling
      close(goingAway, 'going away')
    },
  })
}
