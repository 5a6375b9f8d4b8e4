/**
 * Many clients come back to a server at once. Their sessions, the server's connections and its admission are the real
 * ones; time and the network are the test's, and the stores are empty.
 */
import type { IncomingMessage } from 'node:http'
import { encode, protocolVersion, type ServerMessage, wireLimits } from 'varve/protocol'
import { seededRandom } from 'varve/testing'
import { stepSession } from '../../../varve/src/protocol/session.ts'
import {
  newSession,
  type SessionInput,
  type SessionState,
  sessionWakeAtMs,
} from '../../../varve/src/protocol/session-state.ts'
import { allowAll } from '../access.ts'
import type { Admission } from '../admission.ts'
import { type Connection, createConnection, type Wire } from '../connection.ts'
import type { ConnectionGround } from '../conversation.ts'
import { createHolds } from '../holds.ts'
import { createHub } from '../hub.ts'
import { serverLimits } from '../limits.ts'
import { createPrincipals } from '../principals.ts'
import { memoryLog } from './memory-log.ts'

/** A message is on its way for less than this. */
const networkMs = 200
const longestMs = 3_600_000

export interface Storm {
  /** How often `authorize` was asked in each second. */
  readonly asked: readonly number[]
  /** How many came in each second. */
  readonly came: readonly number[]
  /** The most often that one client came. */
  readonly comesMax: number
  readonly liveAtEnd: number
  /** When the last one was live. */
  readonly overAtS: number
}

export interface StormOptions {
  readonly clients: number
  /** How the server before them went away: it told each when to come back, or it told nobody. */
  readonly ending: { readonly spreadMs: number } | 'crash'
  readonly admission: (nowMs: () => number) => Admission
}

/** Runs until all are live, or for an hour. */
export async function storm({ clients, ending, admission }: StormOptions): Promise<Storm> {
  const random = seededRandom(26)
  const due = new Map<number, (() => void)[]>()
  let nowMs = 0
  const at = (atMs: number, callback: () => void): void => {
    const ms = Math.max(nowMs + 1, Math.ceil(atMs))
    const callbacks = due.get(ms)
    if (callbacks === undefined) due.set(ms, [callback])
    else callbacks.push(callback)
  }
  const onTheWay = (callback: () => void): void => at(nowMs + random.next() * networkMs, callback)
  const count = (seconds: number[]): void => {
    const second = Math.floor(nowMs / 1_000)
    seconds[second] = (seconds[second] ?? 0) + 1
  }
  const asked: number[] = []
  const came: number[] = []
  const comes: number[] = []
  let live = 0
  let overAtMs = 0

  const log = memoryLog()
  const ground: ConnectionGround = {
    log,
    hub: createHub(log, serverLimits),
    holds: createHolds(serverLimits),
    verifier: null,
    limits: serverLimits,
    authorize(asking) {
      count(asked)
      return allowAll(asking)
    },
    now: () => nowMs,
    monotonicMs: () => nowMs,
    admission: admission(() => nowMs),
    ...createPrincipals(clients),
    moved: () => undefined,
    onError(error) {
      throw error
    },
  }

  function startClient(id: number): void {
    let connection: Connection | null = null
    let state = lostSession(id, ending, random.next)
    comes[id] = 0
    wake()

    function wake(): void {
      const wakeAtMs = sessionWakeAtMs(state, nowMs)
      at(wakeAtMs, () => {
        // Later deadlines have taken the place of this one.
        if (state.phase !== 'live' && sessionWakeAtMs(state, nowMs) <= nowMs) take({ type: 'tick' })
      })
    }
    function take(input: SessionInput): void {
      const [next, outputs] = stepSession(state, input, { nowMs, random: random.next() })
      const isWelcome = next.phase === 'live' && state.phase !== 'live'
      state = next
      for (const output of outputs) {
        if (output.type === 'connect') onTheWay(connect)
        else if (output.type === 'disconnect') connection?.closed()
        else if (output.type === 'send' && output.message.type === 'hello') say(encode(output.message))
      }
      if (isWelcome) {
        // From here on it would do what every client does.
        connection?.closed()
        live += 1
        overAtMs = nowMs
      } else if (state.phase !== 'live') wake()
    }
    function say(text: string): void {
      const to = connection
      onTheWay(() => to?.receive(text))
    }
    function connect(): void {
      count(came)
      comes[id] = (comes[id] as number) + 1
      let isOpen = true
      const close = (): void => {
        if (isOpen) take({ type: 'closed' })
        isOpen = false
      }
      const wire: Wire = {
        send(frame) {
          if (isOpen) take({ type: 'received', message: JSON.parse(String(frame)) as ServerMessage })
        },
        bufferedBytes: () => 0,
        pause: () => undefined,
        resume: () => undefined,
        close,
        terminate: close,
      }
      connection = createConnection(ground, wire, { origin: null, request: {} as IncomingMessage })
      take({ type: 'opened' })
    }
  }

  for (let id = 0; id < clients; id++) startClient(id)
  for (; live < clients && nowMs < longestMs; nowMs += 1) {
    const callbacks = due.get(nowMs)
    if (callbacks === undefined) continue
    due.delete(nowMs)
    for (const callback of callbacks) callback()
    // What the server awaits is there at once.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    asked: Array.from(asked, (n) => n ?? 0),
    came: Array.from(came, (n) => n ?? 0),
    comesMax: comes.reduce((most, n) => Math.max(most, n)),
    liveAtEnd: live,
    overAtS: overAtMs / 1_000,
  }
}

/** A client that was live until now. */
function lostSession(id: number, ending: StormOptions['ending'], random: () => number): SessionState {
  const stored = { log: 'shop', epoch: null, position: 0, chain: '', history: '', outbox: [], resets: 0 }
  const welcome: ServerMessage = {
    type: 'welcome',
    protocol: protocolVersion,
    logs: [{ log: 'shop', epoch: 'e', head: 0 }],
    heartbeatMs: serverLimits.heartbeatMs,
    limits: wireLimits,
  }
  const inputs: readonly SessionInput[] = [
    { type: 'start' },
    { type: 'opened' },
    { type: 'received', message: welcome },
    ending === 'crash'
      ? { type: 'closed' }
      : { type: 'received', message: { type: 'goaway', reason: 'shutting_down', ...ending } },
  ]
  return inputs.reduce(
    (state, input) => stepSession(state, input, { nowMs: 0, random: random() })[0],
    newSession(`store-${id}`, 'token', [stored]),
  )
}
