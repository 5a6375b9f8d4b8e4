/** One conversation with a server over a real socket, from hello to the end of the socket. */
import {
  type ClientMessage,
  type Cursor,
  decodeServer,
  encode,
  protocolVersion,
  type ServerMessage,
} from 'varve/protocol'
import { WebSocket } from 'ws'

/** Resolves when the socket is closed, also one that never opened. */
export function converse(
  url: string,
  cursors: readonly Cursor[],
  hear: (message: ServerMessage, say: (message: ClientMessage) => void) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = new WebSocket(url)
  const say = (message: ClientMessage): void => socket.send(encode(message), () => {})
  socket.on('open', () =>
    say({ type: 'hello', protocol: protocolVersion, token: 'anybody', store: 'test', cursors }),
  )
  socket.on('message', (data: Buffer) => {
    const decoded = decodeServer(data.toString())
    if (decoded.ok) hear(decoded.message, say)
    else reject(new Error(`The server sent what is no message: ${decoded.fault}`))
  })
  socket.on('error', () => {})
  socket.on('close', () => resolve())
  return promise
}
