/**
 * The server half of the conversation over logs in memory, without sockets, rights or limits: what a session needs
 * to be simulated against. A connection is a function that answers; what it subscribed to is sent when it comes to be.
 */

import { chainStart } from '../core/commit.ts'
import type { Dot, LogId, Position } from '../core/dot.ts'
import { extendHistory } from '../core/history.ts'
import type { Ledger } from '../core/ledger.ts'
import {
  type ClientMessage,
  type Cursor,
  type Hello,
  type Push,
  protocolVersion,
  type Refuse,
  type ServerMessage,
  wireLimits,
} from '../protocol/messages.ts'

export interface ReferenceServer {
  /** `send` is called for every message to this client, at once or later. */
  connect(send: (message: ServerMessage) => void): { receive(message: ClientMessage): void; close(): void }
  /** Forgets all connections; the log stays. */
  restart(): void
}

export interface ServedLedgers {
  readonly ledgers: ReadonlyMap<LogId, Ledger>
  /** Ms since 1970. */
  readonly now: () => number
  readonly heartbeatMs?: number
  /** The last position of a log that is on disk: nothing beyond it is told. Default: all is, at once. */
  readonly durable?: (log: LogId) => Position
  /** Calls back when all that was placed so far is on disk. */
  readonly whenDurable?: (answer: () => void) => void
}

interface Subscription {
  next: Position
  creditTo: Position
}

interface Subscriber {
  readonly send: (message: ServerMessage) => void
  isGreeted: boolean
  readonly subscriptions: Map<LogId, Subscription>
}

const pageEntriesMax = 50

/** One log. */
export function referenceServer(log: LogId, ledger: Ledger, now: () => number): ReferenceServer {
  return serveLedgers({ ledgers: new Map([[log, ledger]]), now })
}

export function serveLedgers({
  ledgers,
  now,
  heartbeatMs = 2_000,
  durable = (log) => ledgers.get(log)?.head() ?? 0,
  whenDurable = (answer) => answer(),
}: ServedLedgers): ReferenceServer {
  const subscribers = new Set<Subscriber>()

  function flush({ send, subscriptions }: Subscriber): void {
    for (const [log, subscription] of subscriptions) {
      const ledger = ledgers.get(log) as Ledger
      const head = durable(log)
      while (subscription.next <= head && subscription.next <= subscription.creditTo) {
        const room = Math.min(
          pageEntriesMax,
          head - subscription.next + 1,
          subscription.creditTo - subscription.next + 1,
        )
        const entries = ledger.entries(subscription.next - 1, room)
        subscription.next += entries.length
        send({ type: 'entries', log, epoch: ledger.epoch, entries, head })
      }
    }
  }

  function greet(subscriber: Subscriber, { cursors }: Hello): void {
    const { send } = subscriber
    subscriber.isGreeted = true
    subscribers.add(subscriber)
    const known = cursors.filter(({ log }) => ledgers.has(log))
    const logs = known.map(({ log }) => ({
      log,
      epoch: (ledgers.get(log) as Ledger).epoch,
      head: durable(log),
    }))
    send({ type: 'welcome', protocol: protocolVersion, logs, heartbeatMs, limits: wireLimits })
    for (const cursor of known) {
      if (isOf(ledgers.get(cursor.log) as Ledger, cursor)) continue
      const { log } = cursor
      send({
        type: 'refuse',
        code: 'fork',
        message: 'Your copy of the log is not of this log.',
        log,
        head: durable(log),
      })
    }
  }

  function push(subscriber: Subscriber, { log, epoch, prev, commits }: Push, ledger: Ledger): void {
    const placed: { dot: Dot; position: Position; outcome: string }[] = []
    let refusal: Refuse | null = null
    let running = prev
    for (const commit of commits) {
      const verdict = ledger.offer({ epoch, prev: running, commit, principal: null, time: now() })
      running = verdict.kind === 'place' ? verdict.history : extendHistory(running, commit)
      if (verdict.kind === 'place')
        placed.push({ dot: commit.dot, position: ledger.head(), outcome: verdict.outcome })
      else if (verdict.kind === 'known')
        placed.push({ dot: commit.dot, position: verdict.position, outcome: verdict.outcome })
      else {
        const refuse = {
          type: 'refuse',
          code: verdict.kind === 'applied' ? 'conflict' : verdict.kind,
          message: verdict.kind,
          log,
          dot: commit.dot,
          head: ledger.head(),
        } as const
        refusal = verdict.kind === 'gap' ? { ...refuse, expected: verdict.expected } : refuse
        break
      }
    }
    whenDurable(() => {
      if (placed.length > 0) subscriber.send({ type: 'receipt', log, placed })
      if (refusal !== null) subscriber.send(refusal)
      for (const each of subscribers) flush(each)
    })
  }

  function receive(subscriber: Subscriber, message: ClientMessage): void {
    const { send, subscriptions } = subscriber
    if (message.type === 'hello') {
      greet(subscriber, message)
      return
    }
    if (!subscriber.isGreeted) {
      send({ type: 'refuse', code: 'hello_expected', message: 'say hello first' })
      return
    }
    if (message.type === 'ping') {
      const heads = [...ledgers.keys()].map((log) => ({ log, head: durable(log) }))
      send({ type: 'pong', id: message.id, heads })
      return
    }
    if (message.type !== 'pull' && message.type !== 'push' && message.type !== 'locate') return
    const { log } = message
    const ledger = ledgers.get(log)
    if (ledger === undefined)
      send({ type: 'refuse', code: 'unknown_log', message: 'there is no such log', log })
    else if (message.type === 'push') push(subscriber, message, ledger)
    else if (message.type === 'locate') {
      const same = message.points.findLast(
        ({ position, chain }) => ledger.entries(position - 1, 1)[0]?.chain === chain,
      )
      send({ type: 'located', log, epoch: ledger.epoch, position: same?.position ?? 0 })
    } else if (message.after > durable(log))
      send({ type: 'refuse', code: 'fork', message: 'the log is shorter', log, head: durable(log) })
    else {
      subscriptions.set(log, { next: message.after + 1, creditTo: message.after + message.credit })
      flush(subscriber)
    }
  }

  return Object.freeze({
    connect(send: (message: ServerMessage) => void) {
      const subscriber: Subscriber = { send, isGreeted: false, subscriptions: new Map() }
      return {
        receive: (message: ClientMessage) => receive(subscriber, message),
        close: () => subscribers.delete(subscriber),
      }
    },
    restart: () => subscribers.clear(),
  })
}

function isOf(ledger: Ledger, { epoch, position, chain }: Cursor): boolean {
  if (epoch === null) return true
  const held = position === 0 ? chainStart : ledger.entries(position - 1, 1)[0]?.chain
  return epoch === ledger.epoch && held === chain
}
