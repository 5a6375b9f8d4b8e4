/**
 * A bad network in front of a server, for tests: plain HTTP and WebSockets pass through it, and on the way to either side
 * they are delayed, lost, doubled, swapped, cut short, reset, made to drip, swallowed, or answered by somebody else.
 *
 *   client ⇄ bytes (byte-stage.ts): drip, black hole, reset ⇄ frames (frame-stage.ts): all the others ⇄ server
 *
 * Without faults nobody notices it: it stands in the server's place, and a page that is loaded through it is the server's
 * own. Faults may be changed at any time, also for what is open. The dice are the caller's, so that a seed draws the same
 * ones again. It closes all that it opened, and nothing else.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createByteStage } from './byte-stage.ts'
import { createFrameStage } from './frame-stage.ts'

/** What may happen to a frame on its way: chances in [0, 1]. */
export interface FrameFaults {
  /** Each frame is late by up to so many ms; the order stays. */
  readonly latencyMsMax: number
  readonly drop: number
  readonly duplicate: number
  /** It comes after the frame that follows it. */
  readonly reorder: number
  /** Its text ends somewhere before its end. */
  readonly truncate: number
  /** Both sides see the connection reset instead. */
  readonly reset: number
}

/** What is said instead of the server, to requests and upgrades alike. */
export interface FalseAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Faults {
  readonly up: Partial<FrameFaults>
  readonly down: Partial<FrameFaults>
  /** Nothing passes any more, what is open stays open, and nobody says so. What was on its way arrives afterwards. */
  readonly blackHole: boolean
  /** So many bytes pass per second, in each direction of each connection, a few at a time. */
  readonly dripBytesPerSecond: number | null
  readonly answer: FalseAnswer | null
}

export type FaultCounts = Record<
  Exclude<keyof FrameFaults, 'latencyMsMax'> | 'passed' | 'delayed' | 'answered',
  number
>

export interface FaultProxy {
  /** `http://127.0.0.1:…`, to be used in the place of the server's. */
  readonly url: string
  /** How often each thing happened to a frame, and how many requests got a false answer. */
  readonly counts: Readonly<FaultCounts>
  /** Connections that are open on the client's side. */
  readonly connections: number
  /** Changes what is named and leaves the others. */
  set(faults: Partial<Faults>): void
  /** Ends all faults. */
  heal(): void
  /** Resets every connection, now. */
  reset(): void
  close(): Promise<void>
}

export interface FaultProxyOptions {
  /** The server's `http://host:port`. */
  readonly target: string | URL
  /** In [0, 1). Default: Math.random. */
  readonly random?: () => number
  /** Frames to which nothing is done but what the bytes suffer. */
  readonly isSpared?: (frame: string) => boolean
}

export const unavailable: FalseAnswer = {
  status: 503,
  headers: { 'retry-after': '1' },
  body: 'Come back later.',
}
export const tooManyRequests: FalseAnswer = {
  status: 429,
  headers: { 'retry-after': '1' },
  body: 'Slow down.',
}
/** As in a hotel: everything is a page to sign in on, and all is well. */
export const captivePortal: FalseAnswer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Welcome</title><h1>Sign in to use this network</h1>',
}

const noFaults: Faults = { up: {}, down: {}, blackHole: false, dripBytesPerSecond: null, answer: null }
const host = '127.0.0.1'

export async function startFaultProxy({
  target,
  random = Math.random,
  isSpared = () => false,
}: FaultProxyOptions): Promise<FaultProxy> {
  let faults = noFaults
  const counts: FaultCounts = {
    ...{ passed: 0, delayed: 0, drop: 0, duplicate: 0, reorder: 0, truncate: 0, reset: 0 },
    answered: 0,
  }
  const frames = createFrameStage({ target: new URL(target), random, counts, faults: () => faults, isSpared })
  const inner = createServer(frames.request)
  inner.on('upgrade', frames.upgrade)
  await new Promise<void>((resolve) => inner.listen(0, host, resolve))
  const bytes = await createByteStage({ host, port: (inner.address() as AddressInfo).port })

  function set(changed: Partial<Faults>): void {
    faults = { ...faults, ...changed }
    bytes.set(faults)
  }

  return Object.freeze({
    url: `http://${host}:${bytes.port}`,
    counts,
    get connections() {
      return bytes.count()
    },
    set,
    heal: () => set(noFaults),
    reset: bytes.reset,
    async close() {
      set(noFaults)
      frames.close()
      await bytes.close()
      inner.closeAllConnections()
      await new Promise((resolve) => inner.close(resolve))
    },
  })
}
