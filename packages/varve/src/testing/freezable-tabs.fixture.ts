/**
 * Tabs that can be frozen, over time that only a test lets pass. While a tab is frozen nothing reaches it: timers,
 * messages of other tabs, its socket, the news that its lock was stolen. When it wakes all of it comes at once, the
 * timers first, as they do in a browser.
 */
import type { Connection, Locks, SyncClock, SyncPorts, TabChannel, Transport } from '../sync/ports.ts'

export interface VirtualTime {
  readonly clock: SyncClock
  /** Lets time pass, and everything happen that comes of it. */
  pass(ms: number): Promise<void>
}

export function virtualTime(random: () => number): VirtualTime {
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  let nowMs = 0
  let ids = 0
  const clock: SyncClock = {
    now: () => nowMs,
    random,
    newId() {
      ids += 1
      return `id-${ids}`
    },
    at(atMs, callback) {
      const timer = { atMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  /** Messages of the network in memory take a turn of the event loop each way. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return Object.freeze({
    clock,
    async pass(ms: number) {
      const endMs = nowMs + ms
      for (;;) {
        await settle()
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
        if (next === undefined) break
        timers.delete(next)
        nowMs = Math.max(nowMs, Math.ceil(next.atMs))
        next.callback()
      }
      nowMs = endMs
    },
  })
}

export interface FreezableTab {
  readonly ports: SyncPorts
  freeze(): void
  thaw(): void
}

export function freezableTab(ports: SyncPorts): FreezableTab {
  let isFrozen = false
  const late: { readonly timers: (() => void)[]; readonly news: (() => void)[] } = { timers: [], news: [] }
  const later =
    <Args extends readonly unknown[]>(queue: (() => void)[], callback: (...args: Args) => void) =>
    (...args: Args): void => {
      if (isFrozen) queue.push(() => callback(...args))
      else callback(...args)
    }

  const clock: SyncClock = {
    ...ports.clock,
    at(atMs, callback) {
      let isForgotten = false
      const forget = ports.clock.at(
        atMs,
        later(late.timers, () => isForgotten || callback()),
      )
      return () => {
        isForgotten = true
        forget()
      }
    },
  }
  const hearing =
    (ask: (hold: (stolen: Promise<void>) => Promise<void>) => Promise<void>) =>
    (hold: (stolen: Promise<void>) => Promise<void>) =>
      ask((stolen) => hold(new Promise((resolve) => stolen.then(later(late.news, () => resolve())))))
  const locks: Locks = {
    withLock: (name, hold, signal) => hearing((each) => ports.locks.withLock(name, each, signal))(hold),
    stealLock: (name, hold) => hearing((each) => ports.locks.stealLock(name, each))(hold),
  }
  const openTabChannel = (name: string): TabChannel => {
    const channel = ports.openTabChannel(name)
    return { ...channel, onMessage: (listener) => channel.onMessage(later(late.news, listener)) }
  }
  const transport: Transport = {
    connect: ({ onOpen, onText, onClose }): Connection =>
      ports.transport.connect({
        onOpen: later(late.news, onOpen),
        onText: later(late.news, onText),
        onClose: later(late.news, onClose),
      }),
  }
  return Object.freeze({
    ports: { ...ports, clock, locks, openTabChannel, transport },
    freeze() {
      isFrozen = true
    },
    thaw() {
      isFrozen = false
      for (const callback of late.timers.splice(0)) callback()
      for (const callback of late.news.splice(0)) callback()
    },
  })
}
