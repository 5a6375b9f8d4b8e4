/**
 * The HTTP server that connections come through: one of our own, or one that we are attached to, of which only the
 * upgrades of our path are touched.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ServerLimits } from './limits.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Of the WebSocket. */
  readonly url: string
}

export interface HttpFront {
  listen(): Promise<void>
  /** Null while the server does not listen. */
  address(): ServerAddress | null
  /** Lets go of the server; closes it if it is our own. */
  close(): Promise<void>
}

export interface HttpFrontOptions {
  /** Attach to this one. Its timeouts and its number of sockets are its owner's. */
  readonly server: Server | undefined
  readonly limits: Pick<ServerLimits, 'helloMs' | 'tickMs' | 'connectionsMax'>
  readonly port: number
  readonly host: string
  readonly path: string
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** False: not for us. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** A body that comes slowly is cut off; nobody has one to send. */
const requestMs = 30_000
/** Sockets that ask for /health, or are being upgraded, beside the connections. */
const otherSocketsMax = 256
const notFound = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

export function createHttpFront({
  server,
  port,
  host,
  path,
  limits,
  onUpgrade,
  onRequest,
}: HttpFrontOptions): HttpFront {
  const http = server ?? ownServer()

  /** Also a socket that never says anything counts, and is cut off. */
  function ownServer(): Server {
    const { helloMs, tickMs, connectionsMax } = limits
    const own = createServer(
      {
        headersTimeout: helloMs,
        requestTimeout: Math.max(requestMs, helloMs),
        connectionsCheckingInterval: tickMs,
      },
      answer,
    )
    own.maxConnections = connectionsMax + otherSocketsMax
    return own
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (!onRequest(request, response)) response.writeHead(404).end()
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (pathOf(request) === path) onUpgrade(request, socket, head)
    // Nobody else would ever answer.
    else if (http.listenerCount('upgrade') === 1) socket.end(notFound)
  }

  return Object.freeze({
    async listen(): Promise<void> {
      http.on('upgrade', upgrade)
      if (server !== undefined) return
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject)
        http.listen({ port, host }, () => {
          http.off('error', reject)
          resolve()
        })
      })
    },
    address(): ServerAddress | null {
      const bound = http.listening ? (http.address() as AddressInfo | null) : null
      if (bound === null) return null
      const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
      return { host: bound.address, port: bound.port, url: `ws://${name}:${bound.port}${path}` }
    },
    async close(): Promise<void> {
      http.off('upgrade', upgrade)
      if (server !== undefined || !http.listening) return
      await new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      })
    },
  })
}

/** Without the query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
