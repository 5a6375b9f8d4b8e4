/**
 * A line from a client of a test to a server's conversation: a real socket, or turns of the event loop. Over the latter
 * nothing but the seed decides what happens in which order.
 */
import type { IncomingMessage } from 'node:http'
import {
  type ClientMessage,
  type Cursor,
  decodeServer,
  encode,
  protocolVersion,
  type ServerMessage,
} from 'varve/protocol'
import type { SeededRandom } from 'varve/testing'
import { WebSocket } from 'ws'
import { allowAll } from '../access.ts'
import { createAdmission } from '../admission.ts'
import { createConnection } from '../connection.ts'
import type { ConnectionGround } from '../conversation.ts'
import { createHolds } from '../holds.ts'
import { createHub } from '../hub.ts'
import { limitsOf, type ServerLimits } from '../limits.ts'
import type { ServerLog } from '../log-port.ts'
import { createPrincipals } from '../principals.ts'
import { turns } from './ragged-log.fixture.ts'

export interface Line {
  say(message: ClientMessage): void
  /** Nothing is heard after it. */
  hangUp(): void
}

export interface LineEnd {
  readonly cursor: Cursor
  /** Takes its time with each message; what is to come waits at the server. */
  readonly isSlow: boolean
  readonly random: SeededRandom
  hear(message: ServerMessage): void
}

export interface Lines {
  /** Says hello by itself. */
  open(end: LineEnd): Line
  /** Resolves when nothing was heard on any line for so long that something hangs. */
  stalled(): Promise<void>
}

const slowTurns = 40
const fastTurns = 3
const stalledTurns = 5_000
const stalledMs = 15_000

const helloOf = (cursor: Cursor): ClientMessage => ({
  type: 'hello',
  protocol: protocolVersion,
  token: 'anybody',
  store: 'test',
  cursors: [cursor],
})

export function socketLines(url: string): Lines {
  let heardAtMs = performance.now()

  function open({ cursor, isSlow, random, hear }: LineEnd): Line {
    const socket = new WebSocket(url)
    let isOpen = true
    const say = (message: ClientMessage): void => socket.send(encode(message), () => {})
    socket.on('open', () => say(helloOf(cursor)))
    socket.on('message', (data: Buffer) => {
      if (!isOpen) return
      const message = messageOf(data.toString())
      if (message.type === 'ping') return say({ type: 'pong', id: message.id, heads: [] })
      heardAtMs = performance.now()
      hear(message)
      if (!isSlow) return
      socket.pause()
      void turns(random.below(slowTurns)).then(() => socket.resume())
    })
    socket.on('error', () => {})
    return {
      say,
      hangUp(): void {
        isOpen = false
        socket.terminate()
      },
    }
  }

  return {
    open,
    stalled: () =>
      new Promise((resolve) => {
        const timer = setInterval(() => {
          if (performance.now() - heardAtMs < stalledMs) return
          clearInterval(timer)
          resolve()
        }, 100).unref()
      }),
  }
}

/** @param limits of the server */
export function inProcessLines(log: ServerLog, limits: Partial<ServerLimits>): Lines {
  let heard = 0
  const bounds = limitsOf({ ...limits, messagesBurst: Number.MAX_SAFE_INTEGER })
  const hub = createHub(log, bounds)
  const ground: ConnectionGround = {
    log,
    hub,
    holds: createHolds(bounds),
    verifier: null,
    limits: bounds,
    authorize: allowAll,
    now: () => 0,
    monotonicMs: () => 0,
    admission: createAdmission(bounds, () => performance.now()),
    ...createPrincipals(bounds.connectionsMax),
    moved: hub.moved,
    // What the log was told to fail at; the client is told of it.
    onError: () => undefined,
  }

  function open({ cursor, isSlow, random, hear }: LineEnd): Line {
    let buffered = 0
    const toServer = inTurn<string>(random, fastTurns, (text) => connection.receive(text))
    const toClient = inTurn<string>(random, isSlow ? slowTurns : fastTurns, (text) => {
      buffered -= text.length
      heard += 1
      // First, as a socket does that has handed on what it had.
      connection.drained()
      hear(messageOf(text))
    })
    const connection = createConnection(
      ground,
      {
        send(frame) {
          const text = String(frame)
          buffered += text.length
          toClient.add(text)
        },
        bufferedBytes: () => buffered,
        pause: () => undefined,
        resume: () => undefined,
        close: hangUp,
        terminate: hangUp,
      },
      { origin: null, request: {} as IncomingMessage },
    )
    const say = (message: ClientMessage): void => toServer.add(encode(message))
    say(helloOf(cursor))

    function hangUp(): void {
      toServer.end()
      toClient.end()
      connection.closed()
    }
    return { say, hangUp }
  }

  async function stalled(): Promise<void> {
    for (let before = -1; before !== heard; ) {
      before = heard
      await turns(stalledTurns)
    }
  }

  return { open, stalled }
}

/** Hands on what is added, one after the other, each after some turns, or in the same. */
function inTurn<T>(random: SeededRandom, turnsMax: number, handOn: (item: T) => void) {
  const items: T[] = []
  let isWorking = false
  let isEnded = false
  async function work(): Promise<void> {
    isWorking = true
    for (let next = items.shift(); next !== undefined; next = items.shift()) {
      await turns(random.below(turnsMax))
      if (isEnded) return
      handOn(next)
    }
    isWorking = false
  }
  return {
    add(item: T): void {
      items.push(item)
      if (!isWorking) void work()
    },
    end(): void {
      isEnded = true
      items.length = 0
    },
  }
}

function messageOf(text: string): ServerMessage {
  const decoded = decodeServer(text)
  if (!decoded.ok) throw new Error(`The server sent what is no message: ${decoded.fault}`)
  return decoded.message
}
