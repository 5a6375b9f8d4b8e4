/**
 * The server half of the conversation over one log in memory, without sockets, rights or limits: what a session needs
 * to be simulated against. A connection is a function that answers; what it subscribed to is sent when it comes to be.
 */

import { outcomeOf } from '../core/commit.ts'
import type { Dot, LogId, Position } from '../core/dot.ts'
import { extendHistory } from '../core/history.ts'
import type { Ledger } from '../core/ledger.ts'
import {
  type ClientMessage,
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

interface Subscriber {
  readonly send: (message: ServerMessage) => void
  isGreeted: boolean
  next: Position
  creditTo: Position
}

const pageEntriesMax = 50

export function referenceServer(log: LogId, ledger: Ledger, now: () => number): ReferenceServer {
  const subscribers = new Set<Subscriber>()

  function flush(subscriber: Subscriber): void {
    while (subscriber.next <= ledger.head() && subscriber.next <= subscriber.creditTo) {
      const room = Math.min(pageEntriesMax, subscriber.creditTo - subscriber.next + 1)
      const entries = ledger.entries(subscriber.next - 1, room)
      subscriber.next += entries.length
      subscriber.send({ type: 'entries', log, epoch: ledger.epoch, entries, head: ledger.head() })
    }
  }

  function push(subscriber: Subscriber, { epoch, prev, commits }: Push): void {
    const placed: { dot: Dot; position: Position; outcome: string }[] = []
    let refusal: Refuse | null = null
    let running = prev
    for (const commit of commits) {
      const verdict = ledger.offer({ epoch, prev: running, commit, principal: null, time: now() })
      running = extendHistory(running, commit)
      if (verdict.kind === 'place')
        placed.push({ dot: commit.dot, position: ledger.head(), outcome: outcomeOf(commit) })
      else if (verdict.kind === 'known')
        placed.push({ dot: commit.dot, position: verdict.position, outcome: verdict.outcome })
      else {
        const refuse = {
          type: 'refuse',
          code: verdict.kind,
          message: verdict.kind,
          log,
          dot: commit.dot,
          head: ledger.head(),
        } as const
        refusal = verdict.kind === 'gap' ? { ...refuse, expected: verdict.expected } : refuse
        break
      }
    }
    if (placed.length > 0) subscriber.send({ type: 'receipt', log, placed })
    if (refusal !== null) subscriber.send(refusal)
    for (const each of subscribers) flush(each)
  }

  return Object.freeze({
    connect(send: (message: ServerMessage) => void) {
      const subscriber: Subscriber = { send, isGreeted: false, next: 1, creditTo: 0 }
      return {
        receive(message: ClientMessage) {
          if (message.type === 'hello') {
            subscriber.isGreeted = true
            subscribers.add(subscriber)
            send({
              type: 'welcome',
              protocol: protocolVersion,
              logs: [{ log, epoch: ledger.epoch, head: ledger.head() }],
              heartbeatMs: 2_000,
              limits: wireLimits,
            })
          } else if (!subscriber.isGreeted) {
            send({ type: 'refuse', code: 'hello_expected', message: 'say hello first' })
          } else if (message.type === 'pull') {
            subscriber.next = message.after + 1
            subscriber.creditTo = message.after + message.credit
            flush(subscriber)
          } else if (message.type === 'push') {
            push(subscriber, message)
          } else if (message.type === 'locate') {
            const same = message.points.findLast(
              ({ position, chain }) => ledger.entries(position - 1, 1)[0]?.chain === chain,
            )
            send({ type: 'located', log, epoch: ledger.epoch, position: same?.position ?? 0 })
          } else if (message.type === 'ping') {
            send({ type: 'pong', id: message.id, heads: [{ log, head: ledger.head() }] })
          }
        },
        close: () => subscribers.delete(subscriber),
      }
    },
    restart: () => subscribers.clear(),
  })
}
