/**
 * Runs the policies: reads what was placed on the logs that they listen to, in order, and has the host carry out what
 * they want.
 *
 *   checkpoint ──▸ next entries ──▸ one transaction: acts + runs + failures + checkpoint ──▸ on disk ──▸ …
 *
 * Exactly once: what a policy wrote, that it ran on this trigger (policy, log, dot) and how far it has come become
 * true together or not at all; whatever dies, the next start goes on from the checkpoint. A trigger is named by its
 * dot, not by its position, which is used again after a restore. A failing trigger is written down and passed; a
 * chain of policies that set each other off ends at `depthMax`.
 */
import { randomUUID } from 'node:crypto'
import type { CommitRef, Entry, LogId, Model, Position } from 'varve/core'
import type { Host, HostTx, Written } from './host.ts'
import type { ServerLimits } from './limits.ts'
import type { LogTx, PolicyFailure, ServerLog } from './log-port.ts'
import type { PolicyDefinition } from './policy.ts'
import { runPolicy } from './policy-run.ts'

export interface PolicyRunner {
  /** Catches up with all logs, and tries failures again, in the background. */
  start(): void
  /** The log has moved. */
  wake(log: LogId): void
  /** Resolves when there is nothing left to do. */
  settled(): Promise<void>
  /** Finishes the transaction at hand. */
  stop(): Promise<void>
}

export interface PolicyRunnerOptions {
  readonly log: ServerLog
  readonly host: Host
  readonly model: Model
  readonly kindOf: (log: LogId) => string | null
  readonly policies: readonly PolicyDefinition[]
  readonly limits: Pick<ServerLimits, 'handlerMs' | 'policyBatchMs' | 'policyRetriesMax'>
  /** Monotonic, ms. */
  readonly monotonicMs: () => number
  readonly now: () => number
  readonly moved: (log: LogId, head: Position) => void
  readonly onError: (error: unknown) => void
}

/** Entries looked at in one transaction. */
const batchMax = 64
/** After this many entries that nobody wanted the checkpoint is saved although nothing was done. */
const idleEntriesMax = 1_000
const retryMs = 1_000
const retryMsMax = 30_000

interface Job {
  readonly policy: PolicyDefinition
  readonly log: LogId
}

export function createPolicyRunner(options: PolicyRunnerOptions): PolicyRunner {
  const { log, host, model, kindOf, policies, limits, monotonicMs, onError } = options
  const kindsOf = new Map(
    policies.map((policy) => [policy, new Set(policy.from.map(({ type }) => model.logKindOf(type)))]),
  )
  const secret = randomUUID()
  const jobs = new Map<string, Job>()
  /** How far each policy has looked, at or beyond its checkpoint. */
  const lookedAt = new Map<string, Position>()
  /** Failures of before this start. */
  let retries: PolicyFailure[] = []
  /** What there is to do is still to be read. */
  let isStarting = false
  let working: Promise<void> | null = null
  let isStopped = false
  let wakeFromPause: () => void = () => {}

  function wake(source: LogId): void {
    const kind = kindOf(source) ?? undefined
    for (const policy of policies) {
      if (kind !== undefined && kindsOf.get(policy)?.has(kind))
        jobs.set(keyOf(policy, source), { policy, log: source })
    }
    if (jobs.size > 0 && !isStopped) working ??= work()
  }

  async function work(): Promise<void> {
    let failures = 0
    while (!isStopped) {
      try {
        if (isStarting) await readAll()
        // In turn, so that neither waits for all of the other.
        const hadJob = await nextJob()
        const hadRetry = await nextRetry()
        if (!hadJob && !hadRetry) break
        failures = 0
      } catch (error) {
        // The log failed (a full disk), not the policy: nothing was done, and it is tried again.
        onError(error)
        failures += 1
        await pause(Math.min(retryMs * 2 ** (failures - 1), retryMsMax))
      }
    }
    working = null
  }

  async function readAll(): Promise<void> {
    const { policyRetriesMax } = limits
    const failures = await Promise.all(policies.map(({ name }) => log.failures(name, policyRetriesMax)))
    retries = failures.flat()
    for (const { log: source } of await log.logs()) wake(source)
    isStarting = false
  }

  /** False if there was none. */
  async function nextJob(): Promise<boolean> {
    const next = jobs.entries().next().value
    if (next === undefined) return false
    const [key, job] = next
    jobs.delete(key)
    try {
      if (await runBatch(job)) jobs.set(key, job)
    } catch (error) {
      jobs.set(key, job)
      throw error
    }
    return true
  }

  /** False if there was none. What fails again is the oldest no more: at the next start others come before it. */
  async function nextRetry(): Promise<boolean> {
    const failure = retries.shift()
    if (failure === undefined) return false
    // Should the log fail, it stays written down; the others are not held up by it.
    await retry(failure)
    return true
  }

  /** True if there may be more. */
  async function runBatch(job: Job): Promise<boolean> {
    const { policy, log: source } = job
    const key = keyOf(policy, source)
    const checkpoint = await log.checkpoint(policy.name, source)
    const from = Math.max(checkpoint, lookedAt.get(key) ?? 0)
    const entries = await log.entries(source, from, batchMax)
    const last = entries.at(-1)
    if (last === undefined) return false
    const wanted = entries.filter((entry) =>
      entry.commit.events.some((event) => Object.hasOwn(policy.on, event.type)),
    )
    let upTo = last.position
    if (wanted.length > 0 || last.position - checkpoint >= idleEntriesMax) {
      await write(async (tx, hostTx) => {
        const endsAtMs = monotonicMs() + limits.policyBatchMs
        const written: Written[] = []
        for (const entry of wanted) {
          written.push(...(await runOn(policy, entry, { tx, hostTx })))
          upTo = entry.position
          if (monotonicMs() >= endsAtMs) break
        }
        if (upTo === wanted.at(-1)?.position) upTo = last.position
        await tx.saveCheckpoint(policy.name, source, upTo)
        return written
      })
    }
    lookedAt.set(key, upTo)
    return upTo < last.position || entries.length === batchMax
  }

  async function retry(failure: PolicyFailure): Promise<void> {
    const policy = policies.find(({ name }) => name === failure.policy)
    const { trigger, position } = failure
    const [entry] = await log.entries(trigger.log, position - 1, 1)
    await write(async (tx, hostTx) => {
      if (policy === undefined || entry === undefined || !isSameRef(trigger, entry)) {
        await tx.saveFailure({ ...failure, time: options.now() })
        return []
      }
      await tx.clearFailure(policy.name, trigger)
      return runOn(policy, entry, { tx, hostTx })
    })
  }

  async function write(fn: (tx: LogTx, hostTx: HostTx) => Promise<readonly Written[]>): Promise<void> {
    let hostTx: HostTx | null = null
    const written = await log.write((tx) => {
      hostTx = host.begin(tx)
      return fn(tx, hostTx)
    })
    ;(hostTx as HostTx | null)?.keep()
    for (const { log: target, position } of written) options.moved(target, position)
  }

  async function runOn(
    policy: PolicyDefinition,
    entry: Entry,
    at: { readonly tx: LogTx; readonly hostTx: HostTx },
  ): Promise<readonly Written[]> {
    const { tx } = at
    const trigger: CommitRef = { log: entry.commit.log, dot: entry.commit.dot }
    if (await tx.hasRun(policy.name, trigger)) return []
    const origin = await tx.originOf(trigger)
    const depth = (origin?.depth ?? 0) + 1
    const now = options.now()
    const ran = await runPolicy({
      policy,
      entry,
      model,
      logKind: kindOf(trigger.log),
      now,
      origin: origin?.trigger ?? null,
      depth,
      hostTx: at.hostTx,
      handlerMs: limits.handlerMs,
      monotonicMs,
      secret,
    })
    if (!ran.ok) {
      const { reason, message } = ran
      await tx.saveFailure({
        policy: policy.name,
        trigger,
        position: entry.position,
        reason,
        message,
        time: now,
      })
      return []
    }
    await tx.saveRun({
      policy: policy.name,
      trigger,
      written: ran.written.map(({ log: target, dot }) => ({ log: target, dot })),
      depth,
    })
    return ran.written
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeFromPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return Object.freeze({
    start(): void {
      if (policies.length === 0) return
      isStarting = true
      if (!isStopped) working ??= work()
    },
    wake,
    async settled(): Promise<void> {
      while (working !== null) await working
    },
    async stop(): Promise<void> {
      isStopped = true
      wakeFromPause()
      await working
    },
  })
}

function keyOf({ name }: PolicyDefinition, log: LogId): string {
  return `${name} ${log}`
}

function isSameRef({ log, dot }: CommitRef, { commit }: Entry): boolean {
  return commit.log === log && commit.dot.replica === dot.replica && commit.dot.counter === dot.counter
}
