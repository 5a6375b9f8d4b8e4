/**
 * One log followed by one connection: sends pages while there is credit, news and room.
 *
 *   after ──── sent ─────── creditTo        head
 *              └─ next page: at most to creditTo, only while the socket has room
 *
 * Nothing is queued here. When the socket is full the log waits in the log; when it has drained, or the log has
 * moved, or credit was given, `pump` goes on from `sent`.
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
  const unfollow = hub.follow(log, pump)

  function pump(): void {
    if (isPumping || isStopped) return
    isPumping = true
    pumpWhilePossible()
      .catch(onFailure)
      .finally(() => {
        isPumping = false
      })
  }

  async function pumpWhilePossible(): Promise<void> {
    while (!isStopped && sent < creditTo && sent < hub.head(log) && hasRoom()) {
      const pull = pulls
      const page = await hub.page(log, sent, creditTo - sent)
      if (isStopped || pull !== pulls) continue
      if (page === null) return
      sent = page.last
      send(page.frame)
    }
  }

  return Object.freeze({
    restart(after: Position, credit: number): void {
      pulls += 1
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
