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
import { type CommitRef, type Entry, type LogEvent, type LogId, type Position, uuidOf } from 'varve/core'
import type { EffectContext, EffectDefinition } from './effect.ts'
import { writeAs } from './host.ts'
import type { LogTx, Origin, PolicyFailure } from './log-port.ts'
import { type Asked, askHandlers, carryOut, identityOf, type Ran, readerOf } from './policy-run.ts'
import {
  batchMax,
  idleEntriesMax,
  isWanted,
  kindsFrom,
  type Runner,
  type RunnerGround,
  triggerOf,
} from './runner.ts'
import { createWorkLoop } from './work-loop.ts'

interface Retry {
  readonly failure: PolicyFailure
  /** How often it has failed since it is held here. */
  readonly failed: number
  /** Monotonic. */
  readonly dueMs: number
}

/** So many triggers of one log, then another log and what failed have their turn. */
const turnMax = 8
/** Only another program can help: at the next start, perhaps. */
const isHopeless = ({ reason }: PolicyFailure): boolean =>
  reason === 'too_deep' || reason === 'unreadable_event'

export function createEffectRunner(
  effect: EffectDefinition,
  { log, host, model, kindOf, limits, monotonicMs, onError, now, moved }: RunnerGround,
): Runner {
  const { name } = effect
  const kinds = kindsFrom(model, effect)
  /** Logs that may hold something new. */
  const waiting = new Set<LogId>()
  /** How far it has looked where that is beyond its checkpoint. */
  const lookedAt = new Map<LogId, Position>()
  let retries: Retry[] = []
  /** There may be more failures than are held here. */
  let hasMoreRetries = false
  /** Retries have half of the time at most, so that those which hang do not keep what is new waiting. */
  let restsUntilMs = 0
  let hasStarted = false
  let isStarting = false
  let isStopped = false
  let alarm: NodeJS.Timeout | null = null
  /** Of the handler at hand. */
  let asking: AbortController | null = null
  const loop = createWorkLoop([readAll, nextTriggers, nextRetry], onError)

  function wake(source: LogId): void {
    const kind = kindOf(source) ?? undefined
    // Nobody is asked for anything before the start, which looks at all logs.
    if (!hasStarted || kind === undefined || !kinds.has(kind)) return
    waiting.add(source)
    loop.wake()
  }

  async function readAll(): Promise<boolean> {
    if (!isStarting) return false
    await readFailures(monotonicMs())
    for (const { log: source } of await log.logs()) wake(source)
    isStarting = false
    return true
  }

  async function readFailures(dueMs: number): Promise<void> {
    const failures = await log.failures(name, limits.policyRetriesMax)
    hasMoreRetries = failures.length === limits.policyRetriesMax
    retries = failures.map((failure) => ({ failure, failed: 0, dueMs }))
  }

  async function nextTriggers(): Promise<boolean> {
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

  /** Some triggers on, or to where there is none. True if there may be more. */
  async function advance(source: LogId): Promise<boolean> {
    const checkpoint = await log.checkpoint(name, source)
    const from = Math.max(checkpoint, lookedAt.get(source) ?? 0)
    const entries = await log.entries(source, from, batchMax)
    const last = entries.at(-1)
    if (last === undefined) return false
    const triggers = entries.filter((entry) => entry.time >= effect.since && isWanted(effect, entry))
    for (const trigger of triggers.slice(0, turnMax)) {
      await react(trigger, { failed: 0, pass: (tx) => tx.saveCheckpoint(name, source, trigger.position) })
      if (isStopped) return true
      lookedAt.delete(source)
    }
    if (triggers.length > turnMax) return true
    if (last.position - checkpoint >= idleEntriesMax)
      await log.write((tx) => tx.saveCheckpoint(name, source, last.position))
    lookedAt.set(source, last.position)
    return entries.length === batchMax
  }

  async function nextRetry(): Promise<boolean> {
    // Those that could not be held have waited for their turn; they wait for a pause too.
    if (retries.length === 0 && hasMoreRetries) await readFailures(monotonicMs() + limits.effectRetryMsMax)
    const [next] = retries.toSorted((a, b) => a.dueMs - b.dueMs)
    if (next === undefined) return false
    const waitMs = Math.max(next.dueMs, restsUntilMs) - monotonicMs()
    if (waitMs > 0) {
      wakeIn(waitMs)
      return false
    }
    const startMs = monotonicMs()
    retries = retries.filter((retry) => retry !== next)
    try {
      await retry(next)
    } catch (error) {
      // The log failed: nothing was noted.
      retries.push(next)
      throw error
    }
    restsUntilMs = 2 * monotonicMs() - startMs
    return true
  }

  async function retry({ failure, failed }: Retry): Promise<void> {
    const entry = await triggerOf(log, failure)
    if (entry === null) askAgain(failure, failed + 1)
    // It was called off since.
    else if (entry.time < effect.since) await log.write((tx) => tx.clearFailure(name, failure.trigger))
    else await react(entry, { failed, pass: async () => {} })
  }

  function wakeIn(ms: number): void {
    if (alarm !== null) clearTimeout(alarm)
    alarm = isStopped ? null : setTimeout(loop.wake, ms).unref()
  }

  function askAgain(failure: PolicyFailure, failed: number): void {
    if (isHopeless(failure)) return
    // One that fails again goes behind those that are not held, or they would never have their turn.
    if (retries.length >= limits.policyRetriesMax || (failed > 1 && hasMoreRetries)) {
      hasMoreRetries = true
      return
    }
    const waitMs = Math.min(limits.effectRetryMs * 2 ** (failed - 1), limits.effectRetryMsMax)
    retries.push({ failure, failed, dueMs: monotonicMs() + waitMs })
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
      await log.write(async (tx) => {
        await pass(tx)
        await tx.clearFailure(name, trigger)
      })
      return
    }
    const asked = await ask(entry, origin)
    // The server closes, and nobody knows what came of it.
    if (asked === null) return
    const depth = depthOf(origin)
    const ran = await writeAs(host, log, async (hostTx, tx): Promise<Ran> => {
      await pass(tx)
      const carried = asked.ok
        ? await carryOut({
            ...{ policy: effect, entry, isOurs: origin !== null, acts: asked.acts },
            ...{ model, hostTx, now: now() },
          })
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

  function failureOf(
    { commit: { log: source, dot }, position }: Entry,
    { reason, message }: Extract<Ran, { ok: false }>,
  ): PolicyFailure {
    return { policy: name, trigger: { log: source, dot }, position, reason, message, time: now() }
  }

  /** Null: the server closes, and it was not asked, or not waited for. */
  async function ask(entry: Entry, origin: Origin | null): Promise<Asked | null> {
    if (isStopped) return null
    const { log: source, dot } = entry.commit
    const own = new AbortController()
    asking = own
    const { signal } = own
    const { read, brokenBy } = readerOf((target, stream) =>
      writeAs(host, log, (hostTx) => hostTx.read(target, stream)),
    )
    const shared = { log: source, dot, origin: origin?.trigger ?? null, now: now(), signal, read }
    const keyFor = keysOf(entry, origin)
    const asked = await askHandlers<EffectContext>({
      on: effect.on,
      entry,
      model,
      logKind: kindOf(source),
      depth: depthOf(origin),
      contextFor: (event) => Object.freeze({ ...shared, key: keyFor(event) }),
      leftMs: () => limits.effectMs,
      tooLong: `It took longer than ${limits.effectMs} ms.`,
      signal,
    })
    asking = null
    if (signal.aborted) return null
    if (asked.ok) return asked
    // What it does still, it does for nobody.
    own.abort(new Error(asked.message))
    const broken = brokenBy()
    if (broken !== null) throw broken.error
    return asked
  }

  /** The same for the same event of the same trigger, whatever the model has learnt meanwhile. */
  function keysOf(entry: Entry, origin: Origin | null): (event: LogEvent) => string {
    const identity = identityOf(entry, origin !== null)
    const seen = new Map<string, number>()
    return ({ stream, type }) => {
      const nth = (seen.get(`${type} ${stream}`) ?? 0) + 1
      seen.set(`${type} ${stream}`, nth)
      return uuidOf([name, identity, stream, type, nth])
    }
  }

  return Object.freeze({
    start(): void {
      hasStarted = true
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

function depthOf(origin: Origin | null): number {
  return (origin?.depth ?? 0) + 1
}
