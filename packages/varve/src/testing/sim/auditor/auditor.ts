/**
 * The auditor: watches a whole run and says what went wrong first. It keeps plain lists and maps and looks at
 * everything again; it shares no code with core but hashing, so that it cannot be wrong in the same way.
 */
import { clockOf } from '../../../core/clock.ts'
import type { Entry } from '../../../core/commit.ts'
import type { LogId } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'
import type { MemoryTables } from '../../../log/memory-disk.ts'
import type { SeededRandom } from '../../seeded-random.ts'
import { createLogAuditor, type LogAuditor, type Receipt } from './log-auditor.ts'
import type { Invariant } from './server-audit.ts'

export interface Auditor {
  readonly violation: () => string | null
  fail(what: string): void
  of(log: LogId): LogAuditor
  lookAtDisk(device: string, tables: MemoryTables): void
  /** The disk is as it was some time ago: what it had acknowledged since may be lost. */
  setBack(device: string, tables: MemoryTables): void
  /** A frame on its way from the server, and what is durable there. */
  lookAtFrame(text: string, durable: (log: LogId) => readonly Entry[]): void
  /** Of these acknowledged seeds: those that never were in a log of the server. */
  unplaced(seeds: Iterable<string>): readonly string[]
  outboxLength(device: string): number
  /** With the faults over and everything delivered. `inboxes`: for each device the dots that it lists of a log. */
  atTheEnd(inboxes: (log: LogId) => ReadonlyMap<string, ReadonlySet<string>>, random: SeededRandom): void
  /** A wish was refused at once. */
  refused(): void
  readonly counts: () => Counts
}

export interface Counts {
  readonly wishes: number
  /** Of the wishes: those that were refused at once. */
  readonly refused: number
  readonly entries: number
  readonly withdrawn: number
}

export interface AuditorGround {
  /** The builds of the model that are about, the newest first. */
  readonly models: readonly [Model, ...Model[]]
  readonly logs: readonly LogId[]
  readonly invariant: Invariant | undefined
  /** Test-only. Default: core's. */
  readonly clock?: typeof clockOf | undefined
}

export function createAuditor({ models, logs, invariant, clock = clockOf }: AuditorGround): Auditor {
  let violation: string | null = null
  let refused = 0
  /** Who writes as a replica, on whatever log: the device that was seen to first. */
  const owners = new Map<string, string>()
  const auditors = new Map<LogId, LogAuditor>()
  for (const log of logs) {
    const where = logs.length > 1 ? `${log}: ` : ''
    const tell = (what: string): void => fail(`${where}${what}`)
    auditors.set(log, createLogAuditor({ models, log, owners, invariant, clockOf: clock, fail: tell }))
  }
  const all = [...auditors.values()]

  function fail(what: string): void {
    violation ??= what
  }

  const sum = (count: (auditor: LogAuditor) => number): number =>
    all.reduce((total, each) => total + count(each), 0)

  return Object.freeze({
    violation: () => violation,
    fail,
    of: (log) => auditors.get(log) as LogAuditor,
    lookAtDisk(device, tables) {
      for (const each of all) each.lookAtDisk(device, tables)
    },
    setBack(device, tables) {
      for (const each of all) each.setBack(device, tables)
    },
    lookAtFrame(text, durable) {
      if (!text.startsWith('{"type":"receipt"')) return
      const receipt = JSON.parse(text) as Receipt & { readonly log: LogId }
      auditors.get(receipt.log)?.lookAtReceipt(receipt, durable(receipt.log))
    },
    unplaced: (seeds) => [...seeds].filter((seed) => all.every(({ server }) => !server.hasPlaced(seed))),
    outboxLength: (device) => sum((each) => each.outboxLength(device)),
    atTheEnd(inboxes, random) {
      for (const [log, each] of auditors) each.atTheEnd(inboxes(log), random)
    },
    refused() {
      refused += 1
    },
    counts: () => ({
      refused,
      wishes: sum((each) => each.counts().wishes),
      entries: sum((each) => each.counts().entries),
      withdrawn: sum((each) => each.counts().withdrawn),
    }),
  } satisfies Auditor)
}
