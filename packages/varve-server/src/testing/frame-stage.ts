/**
 * The half of the fault proxy that knows HTTP and WebSocket frames. Each WebSocket of a client gets one of its own to the
 * server; what a side says goes through a lane, in which the faults of its direction happen. Closing goes that way too,
 * so that nothing overtakes it.
 */
import { type IncomingMessage, request as openRequest, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { resetSocket } from './byte-stage.ts'
import type { FalseAnswer, FaultCounts, Faults, FrameFaults } from './fault-proxy.ts'

export interface FrameStage {
  request(incoming: IncomingMessage, response: ServerResponse): void
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends all WebSockets, at once. */
  close(): void
}

export interface FrameStageOptions {
  readonly target: URL
  readonly random: () => number
  readonly counts: FaultCounts
  readonly faults: () => Faults
  readonly isSpared: (frame: string) => boolean
}

/** A frame that is to come after the next one waits no longer than that for it. */
const reorderMs = 50
/** Of ws: what the other side may be told, https://www.rfc-editor.org/rfc/rfc6455#section-7.4. */
const isSayable = (code: number): boolean =>
  code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code)

export function createFrameStage({
  target,
  random,
  counts,
  faults,
  isSpared,
}: FrameStageOptions): FrameStage {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const open = new Set<WebSocket>()
  let isClosed = false

  function request(incoming: IncomingMessage, response: ServerResponse): void {
    const { answer } = faults()
    if (answer !== null) {
      counts.answered += 1
      response.writeHead(answer.status, answer.headers).end(answer.body)
      return
    }
    const { method, url = '/' } = incoming
    const headers = { ...incoming.headers, ...atHome(incoming) }
    const { hostname, port } = target
    // A connection of its own: what one client's faults do to it is nobody else's.
    const outgoing = openRequest({ host: hostname, port, path: url, method, headers, agent: false })
    outgoing.on('response', (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  /** A page that was loaded through the proxy is the server's own page; any other origin stays what it is. */
  function atHome({ headers: { host, origin } }: IncomingMessage): Record<string, string> {
    const told = origin === `http://${host}` ? target.origin : origin
    return { host: target.host, ...(told !== undefined && { origin: told }) }
  }

  function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (isClosed) {
      socket.destroy()
      return
    }
    const { answer } = faults()
    if (answer !== null) {
      counts.answered += 1
      sayRaw(socket, answer)
      return
    }
    const far = new WebSocket(new URL(incoming.url ?? '/', wsUrl(target)), {
      perMessageDeflate: false,
      headers: atHome(incoming),
    })
    open.add(far)
    far.on('close', () => open.delete(far))
    far.on('error', () => socket.destroy())
    far.on('unexpected-response', (_request, { statusCode = 502 }) => {
      sayRaw(socket, { status: statusCode, headers: {}, body: '' })
      far.terminate()
    })
    // The server speaks only when it was spoken to, so nothing is missed before the client's side is there.
    far.on('open', () => server.handleUpgrade(incoming, socket, head, (near) => join(near, far)))
  }

  function join(near: WebSocket, far: WebSocket): void {
    open.add(near)
    near.on('error', () => {})
    near.on('close', () => open.delete(near))
    const breakBoth = () => {
      for (const side of [near, far]) resetSocket((side as unknown as { _socket: Socket })._socket)
    }
    relay(near, createLane(far, 'up', breakBoth))
    relay(far, createLane(near, 'down', breakBoth))
  }

  function createLane(into: WebSocket, direction: 'up' | 'down', breakBoth: () => void): Lane {
    let tail = Promise.resolve()
    /** Is to come after the next one. */
    let held: string | null = null
    let lastAtMs = 0

    function pass(text: string): void {
      const { latencyMsMax = 0, ...chances }: Partial<FrameFaults> = isSpared(text) ? {} : faults()[direction]
      const happens = (fault: Exclude<keyof FrameFaults, 'latencyMsMax'>): boolean => {
        const does = (chances[fault] ?? 0) > 0 && random() < (chances[fault] ?? 0)
        if (does) counts[fault] += 1
        return does
      }
      if (happens('reset')) {
        breakBoth()
        return
      }
      if (happens('drop')) return
      const copies = happens('duplicate') ? 2 : 1
      const sent = happens('truncate') ? text.slice(0, Math.floor(random() * text.length)) : text
      const lateMs = latencyMsMax > 0 ? random() * latencyMsMax : 0
      if (held === null && happens('reorder')) {
        held = sent
        setTimeout(() => releaseHeld(0), reorderMs)
        return
      }
      for (let copy = 0; copy < copies; copy++) send(sent, lateMs)
      releaseHeld(lateMs)
    }

    function releaseHeld(lateMs: number): void {
      const text = held
      held = null
      if (text !== null) send(text, lateMs)
    }

    function send(text: string, lateMs: number): void {
      if (lateMs > 0) counts.delayed += 1
      later(lateMs, () => {
        counts.passed += 1
        into.send(text, () => {})
      })
    }

    function later(lateMs: number, act: () => void): void {
      const atMs = Math.max(lastAtMs, performance.now() + lateMs)
      lastAtMs = atMs
      tail = tail.then(async () => {
        const waitMs = atMs - performance.now()
        if (lateMs > 0 && waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        if (into.readyState === WebSocket.OPEN) act()
      })
    }

    return {
      pass,
      close(code, reason) {
        releaseHeld(0)
        later(0, () => (isSayable(code) ? into.close(code, reason) : into.terminate()))
      },
    }
  }

  return Object.freeze({
    request,
    upgrade,
    close(): void {
      isClosed = true
      for (const socket of open) socket.terminate()
      server.close()
    },
  })
}

interface Lane {
  pass(text: string): void
  close(code: number, reason: string): void
}

function relay(from: WebSocket, lane: Lane): void {
  from.on('message', (data: Buffer) => lane.pass(data.toString('utf8')))
  from.on('close', (code, reason) => lane.close(code, reason.toString('utf8')))
}

function wsUrl(target: URL): URL {
  const url = new URL(target)
  url.protocol = url.protocol.replace(/^http/, 'ws')
  return url
}

function sayRaw(socket: Duplex, { status, headers, body }: FalseAnswer): void {
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`)
}
