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
  /** Reasons to read that there were: pulls and news. Room in the socket is none: that a failure was told makes some. */
  let reasons = 0
  /** With this many the log could not be read. */
  let failedWith = -1
  const unfollow = hub.follow(log, () => {
    reasons += 1
    pump()
  })

  function pump(): void {
    if (!isPumping && !isStopped && failedWith !== reasons) void pumpWhilePossible()
  }

  async function pumpWhilePossible(): Promise<void> {
    isPumping = true
    let known = reasons
    try {
      while (!isStopped && sent < creditTo && sent < hub.head(log) && hasRoom()) {
        const pull = pulls
        known = reasons
        const page = await hub.page(log, sent, creditTo - sent)
        if (isStopped || pull !== pulls) continue
        if (page === null) return
        sent = page.last
        send(page.frame)
      }
    } catch (error) {
      failedWith = known
      if (!isStopped) onFailure(error)
    } finally {
      // In the very step that saw nothing to send: who calls a microtask later must not find that somebody still looks.
      isPumping = false
    }
    // What came while it failed has asked in vain.
    if (failedWith === known && reasons !== known) pump()
  }

  return Object.freeze({
    restart(after: Position, credit: number): void {
      pulls += 1
      reasons += 1
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
