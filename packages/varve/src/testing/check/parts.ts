/**
 * The parts that states are made of, each kept once and known by a small number: many states share few logs, clients
 * and frames, so what a part becomes in a step, and what is wrong with it, is computed once.
 */

import { receive } from './client.ts'
import { type Client, clientKey, createNumbering, framesOf } from './client-state.ts'
import { healed } from './identity.ts'
import { type Frame, frameKey, type Log, logKey, offer } from './server.ts'
import type { Protocol } from './switches.ts'

export interface Pool<T> {
  /** The number of this part, and of every equal one. */
  idOf(part: T): number
  /** The part kept under a number: equal parts become one. */
  of(id: number): T
}

export interface Answer {
  readonly kind: string
  /** The log with the frame's commit placed, or null. */
  readonly placed: number | null
}

export interface Parts {
  readonly logs: Pool<Log>
  readonly clients: Pool<Client>
  readonly frames: Pool<Frame>
  /** What a client becomes when it receives the next `length` entries of a log. */
  received(client: number, log: number, length: number): number
  /** What a client becomes when it learns that the server has lost entries. */
  healed(client: number, log: number): number
  /** What a client may send, in order. */
  framesOf(client: number): readonly number[]
  /** What the server does with a frame. */
  answerTo(log: number, frame: number): Answer
  /** What `compute` gives, computed once per key. */
  once<T>(key: string, compute: () => T): T
}

export function createParts(protocol: Protocol): Parts {
  const results = new Map<string, unknown>()
  const logs = createPool(logKey)
  const numberOf = createNumbering()
  const clients = createPool((client: Client) => clientKey(client, numberOf))
  const frames = createPool(frameKey)

  function once<T>(key: string, compute: () => T): T {
    const known = results.get(key)
    if (known !== undefined) return known as T
    const result = compute()
    results.set(key, result)
    return result
  }

  return {
    logs,
    clients,
    frames,
    once,
    received: (id, log, length) =>
      once(`received ${id} ${log} ${length}`, () => {
        const client = clients.of(id)
        const at = client.entries.length
        return clients.idOf(receive(protocol, client, logs.of(log).entries.slice(at, at + length)))
      }),
    healed: (id, log) =>
      once(`healed ${id} ${log}`, () => clients.idOf(healed(protocol, clients.of(id), logs.of(log)))),
    framesOf: (id) => once(`frames ${id}`, () => framesOf(clients.of(id)).map(frames.idOf)),
    answerTo: (log, frame) =>
      once(`answer ${log} ${frame}`, () => {
        const before = logs.of(log)
        const { verdict, log: after } = offer(protocol, before, frames.of(frame))
        return { kind: verdict.kind, placed: after === before ? null : logs.idOf(after) }
      }),
  }
}

function createPool<T extends object>(keyOf: (part: T) => string): Pool<T> {
  const ids = new Map<string, number>()
  const known = new WeakMap<T, number>()
  const parts: T[] = []
  return {
    idOf(part) {
      const id = known.get(part)
      if (id !== undefined) return id
      const key = keyOf(part)
      const equal = ids.get(key) ?? parts.push(part) - 1
      ids.set(key, equal)
      known.set(part, equal)
      return equal
    },
    of: (id) => parts[id] as T,
  }
}
