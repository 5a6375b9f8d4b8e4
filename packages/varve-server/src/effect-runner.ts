/**
 * Runs one effect: asks its handlers about each placed trigger, outside of any transaction, and writes down that it is done.
 *
 *   next trigger ──▸ handlers ──▸ one transaction: run + what they want written + checkpoint ──▸ next trigger …
 *                       └─ threw, or took too long ──▸ one transaction: failure + checkpoint ──▸ next trigger …
 *                                                          └─▸ asked again after 1 s, 2 s, … 5 min, and at the next start
 *
 * A trigger that is written down as done is never asked about again; one that is not is asked about with the same key.
 * Each effect has a runner of its own, so that a slow one is nobody else's matter.
 */
import { randomUUID } from 'node:crypto'
import { type CommitRef, type Entry, type LogEvent, type LogId, type Position, uuidOf } from 'varve/core'
import type { EffectContext, EffectDefinition } from './effect.ts'
import { writeAs } from './host.ts'
import type { LogTx, Origin, PolicyFailure } from './log-port.ts'
import { type Asked, askHandlers, carryOut, type Ran, readerOf } from './policy-run.ts'
import {
  batchMax,
  idleEntriesMax,
  isWanted,
  kindsFrom,
  type PolicyRunner,
  type RunnerGround,
  triggerOf,
} from './policy-runner.ts'
import { createWorkLoop } from './work-loop.ts'

interface Retry {
  readonly failure: PolicyFailure
  /** How often it has failed since this start. */
  readonly failed: number
  /** Monotonic. */
  readonly dueMs: number
}

export function createEffectRunner(
  effect: EffectDefinition,
  { log, host, model, kindOf, limits, monotonicMs, onError, now, moved }: RunnerGround,
): PolicyRunner {
  const { name } = effect
  const kinds = kindsFrom(model, effect)
  const secret = randomUUID()
  /** Logs that may hold something new. */
  const waiting = new Set<LogId>()
  /** How far it has looked, at or beyond its checkpoint. */
  const lookedAt = new Map<LogId, Position>()
  let retries: Retry[] = []
  /** There are more failures than are held here. */
  let hasMoreRetries = false
  let isStarting = false
  let alarm: NodeJS.Timeout | null = null
  /** Of the handlers at hand. */
  let asking: AbortController | null = null
  let isStopped = false
  const loop = createWorkLoop([readAll, nextTrigger, nextRetry], onError)

  function wake(source: LogId): void {
    const kind = kindOf(source) ?? undefined
    if (kind === undefined || !kinds.has(kind)) return
    waiting.add(source)
    loop.wake()
  }

  async function readAll(): Promise<boolean> {
    if (!isStarting) return false
    await readFailures()
    for (const { log: source } of await log.logs()) wake(source)
    isStarting = false
    return true
  }

  async function readFailures(): Promise<void> {
    const failures = await log.failures(name, limits.policyRetriesMax)
    hasMoreRetries = failures.length === limits.policyRetriesMax
    retries = failures.map((failure) => ({ failure, failed: 0, dueMs: monotonicMs() }))
  }

  async function nextTrigger(): Promise<boolean> {
    const [source] = waiting
    if (source === undefined) return false
    waiting.delete(source)
    try {
      // At the end: the others have their turn.
      if (await advance(source)) waiting.add(source)
    } catch (error) {
      waiting.add(source)
      throw error
    }
    return true
  }

  /** To the next trigger, or to where there is none. True if there may be more. */
  async function advance(source: LogId): Promise<boolean> {
    const checkpoint = await log.checkpoint(name, source)
    const from = Math.max(checkpoint, lookedAt.get(source) ?? 0)
    const entries = await log.entries(source, from, batchMax)
    const last = entries.at(-1)
    if (last === undefined) return false
    const trigger = entries.find((entry) => entry.time >= effect.since && isWanted(effect, entry))
    const upTo = trigger?.position ?? last.position
    const pass = (tx: LogTx) => tx.saveCheckpoint(name, source, upTo)
    if (trigger !== undefined) await react(trigger, { failed: 0, pass })
    else if (upTo - checkpoint >= idleEntriesMax) await log.write(pass)
    lookedAt.set(source, upTo)
    return upTo < last.position || entries.length === batchMax
  }

  async function nextRetry(): Promise<boolean> {
    if (retries.length === 0 && hasMoreRetries) await readFailures()
    const next = retries.reduce<Retry | null>(
      (soonest, retry) => (soonest === null || retry.dueMs < soonest.dueMs ? retry : soonest),
      null,
    )
    const waitMs = (next?.dueMs ?? Number.POSITIVE_INFINITY) - monotonicMs()
    if (next === null) return false
    if (waitMs > 0) {
      wakeIn(waitMs)
      return false
    }
    retries = retries.filter((retry) => retry !== next)
    const entry = await triggerOf(log, next.failure)
    if (entry !== null) await react(entry, { failed: next.failed, pass: async () => {} })
    else askAgain(next.failure, next.failed + 1)
    return true
  }

  function wakeIn(ms: number): void {
    if (alarm !== null) clearTimeout(alarm)
    alarm = isStopped ? null : setTimeout(loop.wake, ms).unref()
  }

  /** Asks, and writes down what came of it and, with that, that the trigger is passed. */
  async function react(
    entry: Entry,
    { failed, pass }: { readonly failed: number; readonly pass: (tx: LogTx) => Promise<void> },
  ): Promise<void> {
    const trigger: CommitRef = { log: entry.commit.log, dot: entry.commit.dot }
    const { hasRun, origin } = await log.write(async (tx) => ({
      hasRun: await tx.hasRun(name, trigger),
      origin: await tx.originOf(trigger),
    }))
    if (hasRun) {
      await log.write(pass)
      return
    }
    const depth = (origin?.depth ?? 0) + 1
    const asked = await ask(entry, origin, depth)
    // The server closes: nobody knows what came of it.
    if (asked === null) return
    const ran = await writeAs(host, log, async (hostTx, tx): Promise<Ran> => {
      await pass(tx)
      const { acts } = asked.ok ? asked : { acts: [] }
      const carried = asked.ok
        ? await carryOut({ policy: effect, trigger, acts, model, hostTx, now: now(), secret })
        : asked
      if (carried.ok) {
        await tx.clearFailure(name, trigger)
        const written = carried.written.map(({ log: target, dot }) => ({ log: target, dot }))
        await tx.saveRun({ policy: name, trigger, written, depth })
      } else await tx.saveFailure(failureOf(entry, carried))
      return carried
    })
    if (ran.ok) for (const { log: target, position } of ran.written) moved(target, position)
    else askAgain(failureOf(entry, ran), failed + 1)
  }

  function askAgain(failure: PolicyFailure, failed: number): void {
    if (retries.length >= limits.policyRetriesMax) {
      hasMoreRetries = true
      return
    }
    const waitMs = Math.min(limits.effectRetryMs * 2 ** (failed - 1), limits.effectRetryMsMax)
    retries.push({ failure, failed, dueMs: monotonicMs() + waitMs })
  }

  function failureOf(
    { commit: { log: source, dot }, position }: Entry,
    { reason, message }: Extract<Ran, { ok: false }>,
  ): PolicyFailure {
    return { policy: name, trigger: { log: source, dot }, position, reason, message, time: now() }
  }

  /** Null: it was not waited for. */
  async function ask(entry: Entry, origin: Origin | null, depth: number): Promise<Asked | null> {
    const { log: source, dot } = entry.commit
    const own = new AbortController()
    asking = own
    const { read } = readerOf((target, stream) => writeAs(host, log, (hostTx) => hostTx.read(target, stream)))
    const shared = { log: source, dot, origin: origin?.trigger ?? null, now: now(), signal: own.signal, read }
    const nameOf = keysOf(entry)
    const asked = await Promise.race([
      askHandlers<EffectContext>({
        on: effect.on,
        entry,
        model,
        logKind: kindOf(source),
        depth,
        contextFor: (event) => Object.freeze({ ...shared, key: nameOf(event) }),
        handlerMs: limits.effectMs,
        monotonicMs,
      }),
      new Promise<null>((resolve) => own.signal.addEventListener('abort', () => resolve(null))),
    ])
    asking = null
    // What it does still, it does for nobody.
    if (asked !== null && !asked.ok) own.abort(new Error(asked.message))
    return asked
  }

  /** The same for the same event of the same trigger, whatever the model has learnt meanwhile. */
  function keysOf({ commit: { log: source, dot } }: Entry): (event: LogEvent) => string {
    const seen = new Map<string, number>()
    return ({ stream, type }) => {
      const nth = (seen.get(`${type} ${stream}`) ?? 0) + 1
      seen.set(`${type} ${stream}`, nth)
      return uuidOf([name, source, dot, stream, type, nth])
    }
  }

  return Object.freeze({
    start(): void {
      isStarting = true
      loop.wake()
    },
    wake,
    isWorking: loop.isWorking,
    settled: loop.settled,
    async stop(graceMs: number): Promise<void> {
      isStopped = true
      if (alarm !== null) clearTimeout(alarm)
      const patience = setTimeout(() => asking?.abort(new Error('The server closes.')), graceMs)
      await loop.stop()
      clearTimeout(patience)
    },
  })
}
