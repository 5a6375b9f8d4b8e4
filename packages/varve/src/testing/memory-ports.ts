/**
 * Locks, tab channels and a transport without a browser: for several "tabs" of one store in one thread, against a
 * server in the same thread. Messages take a turn of the event loop, as real ones do.
 */
import { decodeClient, encode } from '../protocol/codec.ts'
import { type SyncFactory, systemClock, webSocketTransport } from '../sync/browser-ports.ts'
import type { Connection, Hold, Locks, SyncClock, SyncPorts, TabChannel, Transport } from '../sync/ports.ts'
import { startSync } from '../sync/sync.ts'
import type { ReferenceServer } from './reference-server.ts'

/** Web Locks in memory: exclusive, first come, first served, except for thieves. */
export function memoryLocks(): Locks {
  type Grip = PromiseWithResolvers<void>
  interface Lock {
    /** Whoever has the lock; it is resolved when the lock is stolen. */
    holder: Grip | null
    readonly waiting: Set<() => void>
  }
  const locks = new Map<string, Lock>()
  const lockOf = (name: string): Lock => {
    const lock = locks.get(name) ?? { holder: null, waiting: new Set() }
    locks.set(name, lock)
    return lock
  }
  const take = (lock: Lock): Grip => {
    lock.holder = Promise.withResolvers<void>()
    return lock.holder
  }
  const keep = async (lock: Lock, grip: Grip, hold: Hold): Promise<void> => {
    try {
      await hold(grip.promise)
    } finally {
      if (lock.holder === grip) {
        lock.holder = null
        const [grantNext] = lock.waiting
        grantNext?.()
      }
    }
  }
  return Object.freeze({
    async withLock(name: string, hold: Hold, signal: AbortSignal): Promise<void> {
      const lock = lockOf(name)
      const turn = Promise.withResolvers<Grip | null>()
      const grant = () => {
        lock.waiting.delete(grant)
        turn.resolve(take(lock))
      }
      const giveUp = () => {
        lock.waiting.delete(grant)
        turn.resolve(null)
      }
      signal.addEventListener('abort', giveUp)
      if (signal.aborted) giveUp()
      else if (lock.holder === null) grant()
      else lock.waiting.add(grant)
      const grip = await turn.promise
      if (grip !== null) await keep(lock, grip, hold)
    },
    async stealLock(name: string, hold: Hold): Promise<void> {
      const lock = lockOf(name)
      lock.holder?.resolve()
      await keep(lock, take(lock), hold)
    },
  })
}

/** BroadcastChannel in memory; a message never reaches its sender. */
export function memoryTabChannels(): (name: string) => TabChannel {
  const members = new Map<string, Set<(message: unknown) => void>>()
  return (name) => {
    const tabs = members.get(name) ?? new Set()
    members.set(name, tabs)
    let listener: (message: unknown) => void = () => {}
    const hear = (message: unknown) => listener(message)
    tabs.add(hear)
    return Object.freeze({
      post(message: unknown) {
        const copy: unknown = structuredClone(message)
        for (const tab of tabs) if (tab !== hear) queueMicrotask(() => tabs.has(tab) && tab(copy))
      },
      onMessage(next: (message: unknown) => void) {
        listener = next
      },
      close: () => void tabs.delete(hear),
    })
  }
}

export interface MemoryNetwork extends Transport {
  /** Cuts all connections; none is made until `up`. */
  down(): void
  up(): void
}

export function memoryNetwork(server: ReferenceServer): MemoryNetwork {
  const open = new Set<() => void>()
  let isUp = true
  return Object.freeze({
    connect(events: Parameters<Transport['connect']>[0]): Connection {
      let isOpen = true
      const later = (work: () => void) => setTimeout(() => isOpen && work(), 0)
      const remote = server.connect((message) => later(() => events.onText(encode(message))))
      const cut = () => {
        if (!isOpen) return
        isOpen = false
        open.delete(cut)
        remote.close()
        events.onClose()
      }
      open.add(cut)
      later(() => (isUp ? events.onOpen() : cut()))
      return Object.freeze({
        send(text: string) {
          later(() => {
            const decoded = decodeClient(text)
            if (decoded.ok) remote.receive(decoded.message)
          })
        },
        close() {
          isOpen = false
          open.delete(cut)
          remote.close()
        },
      })
    },
    down() {
      isUp = false
      for (const cut of [...open]) cut()
    },
    up() {
      isUp = true
    },
  })
}

/** All that one device's tabs share, over a given network. */
export function memoryPorts(
  transport: Transport,
  reportError: (error: unknown) => void,
  clock: SyncClock = systemClock,
): SyncPorts {
  const hints = new Set<(network: 'online' | 'offline') => void>()
  return Object.freeze({
    clock,
    transport,
    locks: memoryLocks(),
    openTabChannel: memoryTabChannels(),
    networkHints: (listener: (network: 'online' | 'offline') => void) => {
      hints.add(listener)
      return () => hints.delete(listener)
    },
    reportError,
  })
}

/**
 * `webSocket` for stores outside a browser: a real socket, locks and tab channels in memory. One factory is one device:
 * stores opened with it on one log are its tabs. A clock that runs faster makes its patience, and its pauses, shorter.
 */
export function localWebSocket(url: string | URL, clock?: SyncClock): SyncFactory {
  const report = (error: unknown) => console.error('varve sync:', error)
  const ports = memoryPorts(webSocketTransport(url), report, clock)
  return (context) => startSync(context, ports)
}
