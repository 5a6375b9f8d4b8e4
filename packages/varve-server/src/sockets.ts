/**
 * Upgraded sockets: from an HTTP upgrade to a connection, and back to nothing when it ends. The only file that knows
 * `ws`. What a socket does wrong ends that socket.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { wireLimits } from 'varve/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Connection, createConnection, type Wire } from './connection.ts'
import type { ConnectionGround } from './conversation.ts'
import { isLoopback, isOriginAllowed, type OriginRules } from './origin.ts'

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  count(): number
  tick(): void
  /** Says goaway, finishes what is being handled, closes; after `graceMs` cuts off what is left. */
  close(spreadMs: number, graceMs: number): Promise<void>
}

export interface SocketOptions extends OriginRules {
  readonly ground: ConnectionGround
  readonly loopbackOnly: boolean
}

/** Between this and twice this a frame is refused in words, beyond it the socket is cut. */
const payloadMax = wireLimits.frameBytesMax * 2
const fragmentsMax = 1_024
/** Pieces of TCP that a frame may come in: ws keeps an object for each, and one byte may be a piece. */
const piecesMax = 16_384
/** Who was refused and does not answer the closing handshake holds a place for so long. */
const closeMs = 5_000

export function createSockets({ ground, loopbackOnly, ...origins }: SocketOptions): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: payloadMax,
    ...({ maxFragments: fragmentsMax, maxBufferedChunks: piecesMax, closeTimeout: closeMs } as object),
  })
  const open = new Map<WebSocket, Connection>()
  let closing: PromiseWithResolvers<void> | null = null

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Between the upgrade's arrival and the handshake nobody else listens.
    socket.on('error', () => socket.destroy())
    const refusal = refusalOf(request)
    if (refusal === null)
      server.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request))
    else socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }

  function refusalOf(request: IncomingMessage): string | null {
    if (closing !== null) return '503 Service Unavailable\r\nRetry-After: 5'
    if (loopbackOnly && !isLoopback(request.socket.remoteAddress)) return '403 Forbidden'
    if (!isOriginAllowed(request, origins)) return '403 Forbidden'
    return open.size < ground.limits.connectionsMax ? null : '503 Service Unavailable\r\nRetry-After: 30'
  }

  function accept(webSocket: WebSocket, request: IncomingMessage): void {
    const connection = createConnection(
      ground,
      wireOf(webSocket, () => connection.drained()),
      {
        origin: request.headers.origin ?? null,
        request,
      },
    )
    open.set(webSocket, connection)
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return connection.refuseAndClose('malformed', 'Frames are text.')
      if (data.length > wireLimits.frameBytesMax) {
        return connection.refuseAndClose(
          'frame_too_large',
          `A frame has at most ${wireLimits.frameBytesMax} bytes.`,
        )
      }
      connection.receive(data.toString('utf8'))
    })
    watchGreeting(webSocket, connection, request.socket)
    // What ws objects to (bad UTF-8, bad framing, far too large) closes the socket by itself; 'close' follows.
    webSocket.on('error', () => {})
    webSocket.on('close', () => {
      open.delete(webSocket)
      connection.closed()
      if (open.size === 0) closing?.resolve()
    })
  }

  /** What a stranger sends must not take up room, even as a frame that never ends: all bytes count, and all pieces. */
  function watchGreeting(webSocket: WebSocket, connection: Connection, socket: Socket): void {
    const { helloBytesMax, helloPiecesMax } = ground.limits
    let bytes = 0
    let pieces = 0
    // Before ws makes messages of it.
    socket.prependListener('data', count)

    function count(piece: Buffer): void {
      if (connection.isAdmitted()) {
        socket.off('data', count)
        return
      }
      bytes += piece.length
      pieces += 1
      if (bytes > helloBytesMax)
        connection.refuseAndClose('frame_too_large', `A hello has at most ${helloBytesMax} bytes.`)
      else if (pieces > helloPiecesMax)
        connection.refuseAndClose('rate_limited', `A hello comes in at most ${helloPiecesMax} pieces.`)
      else return
      socket.off('data', count)
      // Nothing more is read: ws cuts the socket off when its time is up.
      webSocket.pause()
    }
  }

  return Object.freeze({
    upgrade,
    count: () => open.size,
    tick(): void {
      for (const connection of open.values()) connection.tick()
    },
    async close(spreadMs: number, graceMs: number): Promise<void> {
      if (closing !== null) return closing.promise
      closing = Promise.withResolvers()
      if (open.size === 0) return closing.resolve()
      for (const connection of open.values()) {
        connection.goaway('shutting_down', spreadMs)
        void connection.finish()
      }
      const cut = setTimeout(() => {
        for (const webSocket of open.keys()) webSocket.terminate()
      }, graceMs)
      await closing.promise
      clearTimeout(cut)
    },
  })
}

function wireOf(webSocket: WebSocket, drained: () => void): Wire {
  return {
    send: (frame) => webSocket.send(frame, { binary: false }, (error) => error ?? drained()),
    bufferedBytes: () => webSocket.bufferedAmount,
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  }
}
