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
import type { CommitRef, Entry, LogId, Position } from 'varve/core'
import { type HostTx, type Written, writeAs } from './host.ts'
import type { LogTx, PolicyFailure } from './log-port.ts'
import type { PolicyDefinition } from './policy.ts'
import { runPolicy } from './policy-run.ts'
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

interface Job {
  readonly policy: PolicyDefinition
  readonly log: LogId
}

export function createPolicyRunner(
  policies: readonly PolicyDefinition[],
  { log, host, model, kindOf, limits, monotonicMs, onError, ...ground }: RunnerGround,
): Runner {
  const kindsOf = new Map(policies.map((policy) => [policy, kindsFrom(model, policy)]))
  const secret = randomUUID()
  const jobs = new Map<string, Job>()
  /** How far each policy has looked, at or beyond its checkpoint. */
  const lookedAt = new Map<string, Position>()
  /** Failures of before this start. */
  let retries: PolicyFailure[] = []
  /** What there is to do is still to be read. */
  let isStarting = false
  const loop = createWorkLoop([readAll, nextJob, nextRetry], onError)

  function wake(source: LogId): void {
    const kind = kindOf(source) ?? undefined
    for (const policy of policies) {
      if (kind !== undefined && kindsOf.get(policy)?.has(kind))
        jobs.set(keyOf(policy, source), { policy, log: source })
    }
    if (jobs.size > 0) loop.wake()
  }

  async function readAll(): Promise<boolean> {
    if (!isStarting) return false
    const { policyRetriesMax } = limits
    const failures = await Promise.all(policies.map(({ name }) => log.failures(name, policyRetriesMax)))
    retries = failures.flat()
    for (const { log: source } of await log.logs()) wake(source)
    isStarting = false
    return true
  }

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

  /** What fails again is the oldest no more: at the next start others come before it. */
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
    const wanted = entries.filter((entry) => isWanted(policy, entry))
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
    const entry = await triggerOf(log, failure)
    await write(async (tx, hostTx) => {
      if (policy === undefined || entry === null) {
        await tx.saveFailure({ ...failure, time: ground.now() })
        return []
      }
      await tx.clearFailure(policy.name, failure.trigger)
      return runOn(policy, entry, { tx, hostTx })
    })
  }

  async function write(fn: (tx: LogTx, hostTx: HostTx) => Promise<readonly Written[]>): Promise<void> {
    const written = await writeAs(host, log, (hostTx, tx) => fn(tx, hostTx))
    for (const { log: target, position } of written) ground.moved(target, position)
  }

  async function runOn(
    policy: PolicyDefinition,
    entry: Entry,
    { tx, hostTx }: { readonly tx: LogTx; readonly hostTx: HostTx },
  ): Promise<readonly Written[]> {
    const trigger: CommitRef = { log: entry.commit.log, dot: entry.commit.dot }
    if (await tx.hasRun(policy.name, trigger)) return []
    const origin = await tx.originOf(trigger)
    const depth = (origin?.depth ?? 0) + 1
    const now = ground.now()
    const ran = await runPolicy({
      policy,
      entry,
      model,
      logKind: kindOf(trigger.log),
      now,
      origin: origin?.trigger ?? null,
      depth,
      hostTx,
      handlerMs: limits.handlerMs,
      monotonicMs,
      secret,
    })
    if (!ran.ok) {
      const { reason, message } = ran
      const { position } = entry
      await tx.saveFailure({ policy: policy.name, trigger, position, reason, message, time: now })
      return []
    }
    const written = ran.written.map(({ log: target, dot }) => ({ log: target, dot }))
    await tx.saveRun({ policy: policy.name, trigger, written, depth })
    return ran.written
  }

  return Object.freeze({
    start(): void {
      if (policies.length === 0) return
      isStarting = true
      loop.wake()
    },
    wake,
    isWorking: loop.isWorking,
    settled: loop.settled,
    stop: loop.stop,
  })
}

function keyOf({ name }: PolicyDefinition, log: LogId): string {
  return `${name} ${log}`
}
