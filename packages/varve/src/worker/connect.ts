/**
 * The page's side of the border: a Host that outlives its workers.
 *
 *   idle ──open──▸ starting ──opened──▸ up ──close──▸ over
 *                    ▴  │ refused, too slow │ died
 *                    │  └──▸ over           ▾
 *                    └────────────────── waiting      (too often, or no way to spawn another: over)
 *
 * Whatever happens, every call settles by its deadline. When a worker dies and another can be spawned, the store is
 * opened again, all subscriptions are made again, and what was on its way is sent again: a dispatch as `again`, with
 * the same time and seed, so that it is done exactly once. This file must not know Dexie or the engine.
 */
import { transfer } from 'comlink'
import type { CommitRef, Cut, DispatchRequest, Query, Update } from '../core/query.ts'
import { type CallPlan, createCalls, type Send } from './connect-calls.ts'
import { startDeadline } from './connect-deadline.ts'
import {
  alreadyOpen,
  closedFailure,
  defectReply,
  keepsDying,
  lostFailure,
  openTimeout,
  reportRefusal,
} from './connect-failures.ts'
import { type Incarnation, startIncarnation } from './connect-incarnation.ts'
import { createPasts } from './connect-pasts.ts'
import { createSubscriptions, type Subscribe } from './connect-subscriptions.ts'
import type { Contract, Failed, Host, Opened, OpenRequest, Reply } from './contract.ts'

/** What the store shows of the worker's life. `incarnation` counts the workers that were opened. */
export type WorkerLife =
  /** `held`: somebody holds the database; it is waited for. */
  | { readonly phase: 'starting'; readonly incarnation: number; readonly held?: Failed }
  | { readonly phase: 'up'; readonly incarnation: number; readonly opened: Opened }
  | { readonly phase: 'over'; readonly failure: Failed }

export interface WorkerHost extends Host {
  /** Calls back at each change; returns the way to stop. */
  onLife(listener: (life: WorkerLife) => void): () => void
}

export interface ConnectLimits {
  readonly callMs: number
  /** For what may have to read a long log: `history` and `openPast`. */
  readonly longCallMs: number
  readonly openMs: number
  /** Until a worker runs; doubles with each quick death, for its script may load slowly. */
  readonly startMs: number
  /** A worker that lived less long died quickly. */
  readonly quickDeathMs: number
  readonly quickDeathsMax: number
  /** Before the second restart in a row; doubles with each. The first restart is at once. */
  readonly backoffMs: number
}

export const connectLimits: ConnectLimits = Object.freeze({
  callMs: 10_000,
  longCallMs: 60_000,
  openMs: 30_000,
  startMs: 4_000,
  quickDeathMs: 10_000,
  quickDeathsMax: 5,
  backoffMs: 200,
})

type Life =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'starting'
      readonly worker: Incarnation
      readonly callOff: () => void
      held?: Failed
    }
  | { readonly phase: 'up'; readonly worker: Incarnation }
  | { readonly phase: 'waiting'; readonly callOff: () => void }
  | { readonly phase: 'over'; readonly failure: Failed }

/** @param spawn a function that starts a worker, so that a dead one can be replaced; or one worker */
export function connectWorker(
  spawn: Worker | (() => Worker),
  limits: ConnectLimits = connectLimits,
): WorkerHost {
  const canRespawn = typeof spawn === 'function'
  const calls = createCalls()
  const subscriptions = createSubscriptions()
  const pasts = createPasts()
  const listeners = new Set<(life: WorkerLife) => void>()
  let life: Life = { phase: 'idle' }
  let closing: Promise<unknown> | null = null
  let request: OpenRequest | null = null
  let settleOpen: (reply: Reply<Opened>) => void = () => undefined
  let markOver: () => void = () => undefined
  const whenOver = new Promise<void>((resolve) => {
    markOver = resolve
  })
  let incarnation = 0
  let quickDeaths = 0

  const tell = (told: WorkerLife): void => {
    for (const listener of listeners) listener(told)
  }

  const end = (failure: Failed): void => {
    if (life.phase === 'over') return
    if ('callOff' in life) life.callOff()
    if ('worker' in life) life.worker.end()
    subscriptions.disconnectAll()
    life = { phase: 'over', failure }
    tell(life)
    settleOpen({ ok: false, failure })
    calls.failAll(failure)
    markOver()
  }

  const start = (): void => {
    if (request === null || life.phase === 'over') return
    const since = Date.now()
    const callOff = startDeadline(limits.openMs, openTooSlow)
    try {
      const worker = startIncarnation(canRespawn ? spawn : () => spawn, {
        lockPrefix: `varve:${request.name}:alive:`,
        patienceMs: limits.startMs * 2 ** quickDeaths,
        onDeath: () => died(since),
        onHeld: (failure) => wait(worker, failure),
      })
      life = { phase: 'starting', worker, callOff }
      tell({ phase: 'starting', incarnation })
      openIn(worker, request)
    } catch (error) {
      callOff()
      died(since, error)
    }
  }

  const wait = (worker: Incarnation, held: Failed): void => {
    if (life.phase !== 'starting' || life.worker !== worker) return
    life.held = held
    tell({ phase: 'starting', incarnation, held })
  }

  /** What only waits for another tab goes on waiting. */
  const openTooSlow = (): void => {
    if (life.phase === 'starting' && life.held !== undefined) settleOpen({ ok: false, failure: life.held })
    else end(openTimeout(limits.openMs))
  }

  const openIn = async (worker: Incarnation, opening: OpenRequest): Promise<void> => {
    const isCurrent = () => life.phase === 'starting' && life.worker === worker
    const reply = await worker.open(opening)
    if (!isCurrent()) return
    if (!reply.ok) return end(reply.failure)
    await pasts.reopenAll((cut) => worker.remote.openPast(cut).catch(defectReply))
    if (!isCurrent() || life.phase !== 'starting') return
    life.callOff()
    incarnation += 1
    life = { phase: 'up', worker }
    tell({ phase: 'up', incarnation, opened: reply.value })
    settleOpen({ ok: true, value: reply.value })
    // The token may have come or changed while it opened.
    if (request !== null && request !== opening) worker.remote.setToken(request.token).catch(defectReply)
    request = { ...(request ?? opening), witness: reply.value.store }
    subscriptions.connectAll(subscribeIn(worker))
    calls.resend(sendTo(worker))
  }

  const died = (since: number, cause?: unknown): void => {
    if (life.phase === 'over') return
    if ('callOff' in life) life.callOff()
    subscriptions.disconnectAll()
    const wasQuick = life.phase !== 'up' || Date.now() - since < limits.quickDeathMs
    quickDeaths = wasQuick ? quickDeaths + 1 : 1
    const failure = whyNoOther(cause)
    if (failure !== null) {
      end(failure)
      return
    }
    calls.failSpent(lostFailure)
    const timer = setTimeout(start, quickDeaths < 2 ? 0 : limits.backoffMs * 2 ** (quickDeaths - 2))
    life = { phase: 'waiting', callOff: () => clearTimeout(timer) }
    tell({ phase: 'starting', incarnation })
  }

  /** Why a dead worker is not replaced, or null. */
  const whyNoOther = (cause: unknown): Failed | null => {
    if (closing !== null) return closedFailure
    if (!canRespawn) return lostFailure
    return quickDeaths < limits.quickDeathsMax ? null : keepsDying(quickDeaths, cause)
  }

  const make = (plan: Pick<CallPlan, 'method' | 'args'> & Partial<CallPlan>): Promise<Reply<never>> => {
    if (life.phase === 'over') return Promise.resolve({ ok: false, failure: life.failure })
    if (closing !== null) return Promise.resolve({ ok: false, failure: closedFailure })
    if (life.phase === 'starting' && life.held !== undefined)
      return Promise.resolve({ ok: false, failure: life.held })
    const send = life.phase === 'up' ? sendTo(life.worker) : null
    return calls.make({ deadlineMs: limits.callMs, sendsMax: 2, ...plan }, send)
  }

  const subscribeIn = (worker: Incarnation): Subscribe => {
    return (query, port) => {
      worker.remote
        .subscribe(pasts.translate(query), transfer(port, [port]))
        .then((reply) => !reply.ok && reply.failure.code !== 'closed' && reportRefusal(query, reply.failure))
        .catch(defectReply)
    }
  }

  return Object.freeze({
    async open(opening: OpenRequest): Promise<Reply<Opened>> {
      if (life.phase === 'over') return { ok: false, failure: life.failure }
      if (request !== null) return { ok: false, failure: alreadyOpen }
      request = opening
      const opened = new Promise<Reply<Opened>>((resolve) => {
        settleOpen = resolve
      })
      start()
      return opened
    },
    dispatch: (wish: DispatchRequest) =>
      make({ method: 'dispatch', args: (again) => [wish, again], sendsMax: Number.POSITIVE_INFINITY }),
    subscribe(query: Query, listener: (update: Update) => void) {
      return subscriptions.add(query, listener, life.phase === 'up' ? subscribeIn(life.worker) : null)
    },
    history: (...[stream, from, past]: Parameters<Contract['history']>) =>
      make({
        method: 'history',
        args: () => [stream, from, past === null ? null : pasts.nameOf(past)],
        deadlineMs: limits.longCallMs,
      }),
    async openPast(cut: Cut): Promise<Reply<string>> {
      const reply: Reply<string> = await make({
        method: 'openPast',
        args: () => [cut],
        deadlineMs: limits.longCallMs,
      })
      return reply.ok ? { ok: true, value: pasts.add(cut, reply.value) } : reply
    },
    closePast(past: string) {
      const workerName = pasts.remove(past)
      return make({ method: 'closePast', args: () => [workerName] })
    },
    cancel: (ref: CommitRef) => make({ method: 'cancel', args: () => [ref] }),
    dismiss: (ref: CommitRef) => make({ method: 'dismiss', args: () => [ref] }),
    async setToken(token: string | null): Promise<Reply<null>> {
      if (request !== null) request = { ...request, token, awaitToken: false }
      // Else it goes with the next `open`, if there will be one.
      return life.phase === 'up' || life.phase === 'over'
        ? make({ method: 'setToken', args: () => [token] })
        : { ok: true, value: null }
    },
    async close(): Promise<Reply<null>> {
      if (life.phase === 'up') closing ??= closeIn(life.worker, limits.callMs)
      if (closing !== null) await Promise.race([closing, whenOver])
      end(closedFailure)
      return { ok: true, value: null }
    },
    onLife(listener: (life: WorkerLife) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}

function sendTo(worker: Incarnation): Send {
  const remote = worker.remote as unknown as Record<
    string,
    (...args: readonly unknown[]) => Promise<Reply<unknown>>
  >
  return (method, args) =>
    (remote[method] as (...args: readonly unknown[]) => Promise<Reply<unknown>>)(...args)
}

/** Gives the worker until the deadline to finish what it began. */
function closeIn(worker: Incarnation, deadlineMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const callOff = startDeadline(deadlineMs, () => resolve(null))
    worker.remote
      .close()
      .catch(defectReply)
      .then((reply) => {
        callOff()
        resolve(reply)
      })
  })
}
