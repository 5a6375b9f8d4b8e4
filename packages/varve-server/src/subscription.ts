/**
 * One log followed by one connection: sends pages while there is credit, news and room.
 *
 *   after ──── sent ─────── creditTo        head
 *              └─ next page: at most to creditTo, only while the socket has room
 *
 * Nothing is queued here. When the socket is full the log waits in the log; when it has drained, or the log has
 * moved, or credit was given, `pump` goes on from `sent`. After a failure it waits for news or a pull.
 */
import type { LogId, Position } from 'varve/core'
import type { Hub } from './hub.ts'

export interface Subscription {
  /** A pull: forget the one before. */
  restart(after: Position, credit: number): void
  pump(): void
  stop(): void
}

export interface SubscriptionPorts {
  readonly hub: Hub
  readonly log: LogId
  readonly hasRoom: () => boolean
  readonly send: (frame: Buffer) => void
  readonly onFailure: (error: unknown) => void
}

export function createSubscription({ hub, log, hasRoom, send, onFailure }: SubscriptionPorts): Subscription {
  let sent: Position = 0
  let creditTo: Position = 0
  /** Counts pulls: a page that was asked for before the last one is not sent. */
  let pulls = 0
  let isPumping = false
  let isStopped = false
  /** The log could not be read. That this was told makes room in the socket, which must not be a reason to try again. */
  let hasFailed = false
  const unfollow = hub.follow(log, () => {
    hasFailed = false
    pump()
  })

  function pump(): void {
    if (!isPumping && !isStopped && !hasFailed) void pumpWhilePossible()
  }

  async function pumpWhilePossible(): Promise<void> {
    isPumping = true
    try {
      while (!isStopped && sent < creditTo && sent < hub.head(log) && hasRoom()) {
        const pull = pulls
        const page = await hub.page(log, sent, creditTo - sent)
        if (isStopped || pull !== pulls) continue
        if (page === null) return
        sent = page.last
        send(page.frame)
      }
    } catch (error) {
      hasFailed = true
      onFailure(error)
    } finally {
      // In the very step that saw nothing to send: who calls a microtask later must not find that somebody still looks.
      isPumping = false
    }
  }

  return Object.freeze({
    restart(after: Position, credit: number): void {
      pulls += 1
      hasFailed = false
      sent = after
      creditTo = after + credit
      pump()
    },
    pump,
    stop(): void {
      isStopped = true
      unfollow()
    },
  })
}
