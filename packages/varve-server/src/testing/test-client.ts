/** A client that speaks the protocol by hand, for tests over real sockets. */
import {
  type ClientMessage,
  type Cursor,
  decodeServer,
  encode,
  protocolVersion,
  type ServerMessage,
} from 'varve/protocol'
import { WebSocket } from 'ws'

export interface TestClient {
  send(message: ClientMessage): void
  /** Anything, as a text frame (or binary, if it is a Buffer). */
  sendRaw(frame: string | Buffer): void
  /** The next message of one of these types that was not asked for yet. */
  next<T extends ServerMessage['type']>(
    ...types: readonly T[]
  ): Promise<Extract<ServerMessage, { readonly type: T }>>
  /** All that came so far. */
  readonly received: readonly ServerMessage[]
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>
  readonly socket: WebSocket
  close(): Promise<void>
}

export interface TestClientOptions {
  readonly origin?: string
  readonly token?: string
  /** Named in the hello; without them no hello is sent. */
  readonly logs?: readonly (string | Cursor)[]
}

/** Generous: that it is over means that something hangs. */
const nextMs = 60_000

/** Rejects with the HTTP status if the upgrade is refused. */
export async function connectTestClient(
  url: string,
  { origin, token = 'anybody', logs }: TestClientOptions = {},
): Promise<TestClient> {
  const socket = new WebSocket(url, origin === undefined ? {} : { origin })
  const received: ServerMessage[] = []
  const waiting: { readonly types: readonly string[]; readonly resolve: (message: ServerMessage) => void }[] =
    []
  const unasked: ServerMessage[] = []
  socket.on('message', (data: Buffer) => {
    const decoded = decodeServer(data.toString())
    if (!decoded.ok) throw new Error(`The server sent what is no message: ${decoded.fault}`)
    received.push(decoded.message)
    const index = waiting.findIndex(({ types }) => types.includes(decoded.message.type))
    if (index < 0) unasked.push(decoded.message)
    else waiting.splice(index, 1)[0]?.resolve(decoded.message)
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))))
    socket.on('error', reject)
  })
  const client: TestClient = {
    send: (message) => socket.send(encode(message)),
    sendRaw: (frame) => socket.send(frame, { binary: typeof frame !== 'string' }, () => {}),
    next<T extends ServerMessage['type']>(...types: readonly T[]) {
      const index = unasked.findIndex(({ type }) => (types as readonly string[]).includes(type))
      const found = index < 0 ? undefined : unasked.splice(index, 1)[0]
      if (found !== undefined) return Promise.resolve(found as Extract<ServerMessage, { readonly type: T }>)
      return new Promise<Extract<ServerMessage, { readonly type: T }>>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`No ${types.join(' or ')} came; last: ${JSON.stringify(received.at(-1))}`)),
          nextMs,
        )
        waiting.push({
          types,
          resolve: (message) => {
            clearTimeout(timer)
            resolve(message as Extract<ServerMessage, { readonly type: T }>)
          },
        })
      })
    },
    received,
    closed,
    socket,
    async close() {
      socket.close()
      await closed
    },
  }
  if (logs !== undefined) {
    const cursors = logs.map((log) =>
      typeof log === 'string' ? { log, epoch: null, position: 0, chain: '' } : log,
    )
    client.send({ type: 'hello', protocol: protocolVersion, token, store: 'test', cursors })
  }
  return client
}
