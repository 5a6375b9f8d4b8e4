/** The ports as a browser's worker has them: WebSocket, Web Locks, BroadcastChannel, online and offline events. */
import type {
  Connection,
  Hold,
  Locks,
  NetworkHints,
  SyncClock,
  SyncPorts,
  TabChannel,
  Transport,
} from './ports.ts'
import { type Sync, type SyncContext, startSync } from './sync.ts'

/** How `serveStore` is told what to sync with. */
export type SyncFactory = (context: SyncContext) => Sync

/**
 * Syncs with a varve server over a WebSocket.
 *
 * @param url absolute, or relative to the page's origin (`/sync`); http and https become ws and wss.
 */
export function webSocket(url: string | URL): SyncFactory {
  return (context) => startSync(context, browserPorts(webSocketTransport(url)))
}

export function browserPorts(transport: Transport): SyncPorts {
  return {
    clock: systemClock,
    transport,
    locks: webLocks,
    openTabChannel,
    networkHints,
    reportError: reportToConsole,
  }
}

/** Ms that only grow: the device's clock may be set, and whatever waits for a time would wait for as long. */
const monotonicMs = (): number => performance.now()

export const systemClock: SyncClock = Object.freeze({
  now: monotonicMs,
  random: () => Math.random(),
  newId: () => crypto.randomUUID(),
  at(atMs: number, callback: () => void) {
    // A timeout longer than 2³¹ ms fires at once: wake up early instead, an early tick does no harm.
    const timer = setTimeout(callback, Math.min(Math.max(0, atMs - monotonicMs()), 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
})

export function webSocketTransport(url: string | URL): Transport {
  return Object.freeze({
    connect(events: Parameters<Transport['connect']>[0]): Connection {
      const address = new URL(url, globalThis.location?.href)
      address.protocol = address.protocol.replace(/^http/, 'ws')
      const socket = new WebSocket(address)
      let isClosed = false
      const close = () => {
        if (isClosed) return
        isClosed = true
        events.onClose()
      }
      socket.onopen = () => events.onOpen()
      // Protocol version 1 speaks text; a binary frame is not from a server of ours.
      socket.onmessage = ({ data }) => events.onText(typeof data === 'string' ? data : '')
      socket.onclose = close
      socket.onerror = close
      return Object.freeze({
        send(text: string) {
          if (socket.readyState === WebSocket.OPEN) socket.send(text)
        },
        close() {
          isClosed = true
          socket.close()
        },
      })
    },
  })
}

export const webLocks: Locks = Object.freeze({
  withLock: (name: string, hold: Hold, signal: AbortSignal) => requestLock(name, { signal }, hold),
  stealLock: (name: string, hold: Hold) => requestLock(name, { steal: true }, hold),
})

async function requestLock(name: string, options: LockOptions, hold: Hold): Promise<void> {
  const stolen = Promise.withResolvers<void>()
  let held: Promise<void> | null = null
  const grant = (): Promise<void> => {
    held = hold(stolen.promise)
    return held
  }
  try {
    await navigator.locks.request(name, options, grant)
  } catch (error) {
    // The request of a lock that is stolen fails at once, though its holder goes on.
    stolen.resolve()
    if (held === null && !options.signal?.aborted) throw error
    await held
  }
}

export function openTabChannel(name: string): TabChannel {
  const channel = new BroadcastChannel(name)
  return Object.freeze({
    post: (message: unknown) => channel.postMessage(message),
    onMessage(listener: (message: unknown) => void) {
      channel.onmessage = ({ data }) => listener(data)
    },
    close: () => channel.close(),
  })
}

/** Chromium tells a dedicated worker by `navigator.onLine` and not by events, so this looks. */
const lookEveryMs = 500

const networkHints: NetworkHints = (listener) => {
  let wasOnline = globalThis.navigator?.onLine
  // Where there is no such property, in Node, there is nothing to look at.
  if (wasOnline === undefined) return () => {}
  const timer = setInterval(() => {
    const isOnline = navigator.onLine
    if (isOnline === wasOnline) return
    wasOnline = isOnline
    listener(isOnline ? 'online' : 'offline')
  }, lookEveryMs)
  return () => clearInterval(timer)
}

function reportToConsole(error: unknown): void {
  console.error('varve sync:', error)
}
