/**
 * The auditor of the simulation: plain lists, replays and brute force, so that it cannot be wrong in the same way as
 * the code that it watches.
 */
import type { Commit, Entry } from '../core/commit.ts'
import { type Dot, dotKey } from '../core/dot.ts'
import type { Ledger } from '../core/ledger.ts'
import type { Lineage } from '../core/lineage.ts'
import type { SyncPhase } from '../core/query.ts'
import type { Rules } from '../core/rules.ts'
import type { ReferenceReplica } from './reference-replica.ts'

export interface WishedCommit {
  readonly dot: Dot
  readonly seed: string
}

export interface Audit<S> {
  readonly rules: Rules<S>
  readonly initial: () => S
  readonly show: (state: S) => unknown
  readonly wishes: WishedCommit[]
  /** The first violation found while running. */
  violation: string | null
  withdrawn: number
  redecided: number
}

/** After each step of a replica. */
export function auditReplica<S>(
  audit: Audit<S>,
  replica: ReferenceReplica<S>,
  report: { readonly phase: SyncPhase },
  ledger: Ledger,
): void {
  if (audit.violation !== null) return
  const log = ledger.entries(0, replica.position())
  const outbox = replica.outbox()
  audit.violation =
    stateFault(audit, replica, log, outbox) ??
    keptFault(audit, replica, log, outbox) ??
    (report.phase === 'synced' && outbox.length > 0
      ? `${nameOf(replica)} says synced with ${outbox.length} pending`
      : null)
}

function nameOf(replica: ReferenceReplica<unknown>): string {
  return (replica.lineage()[0] as Lineage[number]).replica
}

/** What is shown is fold(log) then fold(outbox), and nothing else. */
function stateFault<S>(
  audit: Audit<S>,
  replica: ReferenceReplica<S>,
  log: readonly Entry[],
  outbox: readonly Commit[],
): string | null {
  const { rules, show } = audit
  let state = audit.initial()
  for (const { commit } of log) state = rules.apply(state, commit)
  if (text(show(state)) !== text(show(replica.confirmed())))
    return `${nameOf(replica)}: confirmed is not fold(log)`
  for (const commit of outbox) state = rules.apply(state, commit)
  return text(show(state)) === text(show(replica.pending()))
    ? null
    : `${nameOf(replica)}: pending is not fold(log) + fold(outbox)`
}

/** Keeping undisturbed commits equals deciding everything again. */
function keptFault<S>(
  audit: Audit<S>,
  replica: ReferenceReplica<S>,
  log: readonly Entry[],
  outbox: readonly Commit[],
): string | null {
  const { rules } = audit
  let state = audit.initial()
  for (const { commit } of log) state = rules.apply(state, commit)
  const own = new Set(replica.lineage().map((branch) => branch.replica))
  for (const commit of outbox) {
    if (commit.withdrawn === null) {
      const streams = new Set(commit.guards.map((guard) => guard.stream))
      const theirs = log.filter(
        (entry) =>
          entry.position > commit.born &&
          !own.has(entry.commit.dot.replica) &&
          entry.commit.events.some((event) => streams.has(event.stream)),
      )
      const again = rules.decide(state, commit, theirs)
      if (!again.ok)
        return `${dotKey(commit.dot)} was kept, and is refused when everything is decided again: ${again.reason}`
      if (text(again.events) !== text(commit.events))
        return `${dotKey(commit.dot)} was kept, and decides otherwise again`
    }
    state = rules.apply(state, commit)
  }
  return null
}

/** With all messages delivered: everyone agrees, and every wish ended exactly once. Null, or what is wrong. */
export function auditAgreement<S>(
  audit: Audit<S>,
  replicas: readonly ReferenceReplica<S>[],
  ledger: Ledger,
): string | null {
  const entries = ledger.entries(0)
  for (const replica of replicas) {
    if (replica.outbox().length > 0) return `${nameOf(replica)} still has ${replica.outbox().length} pending`
    if (replica.position() !== entries.length)
      return `${nameOf(replica)} stands at ${replica.position()} of ${entries.length}`
    if (replica.stored().chain !== (entries.at(-1)?.chain ?? ''))
      return `${nameOf(replica)} has another chain`
  }
  const shown = new Set(replicas.map((replica) => text(audit.show(replica.confirmed()))))
  if (shown.size > 1) return 'replicas stand in different states'
  audit.withdrawn = entries.filter((entry) => entry.commit.withdrawn !== null).length
  return onceFault(audit, entries) ?? conflictFault(entries)
}

function onceFault<S>(audit: Audit<S>, entries: readonly Entry[]): string | null {
  const dots = new Map<string, Entry>()
  const seeds = new Map<string, number>()
  const counters = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    const { dot, seed } = entry.commit
    if (entry.position !== index + 1) return `position ${entry.position} stands in place ${index + 1}`
    if (dots.has(dotKey(dot))) return `${dotKey(dot)} was placed twice`
    if (dot.counter !== (counters.get(dot.replica) ?? 0) + 1)
      return `the counters of ${dot.replica} have a hole before ${dot.counter}`
    counters.set(dot.replica, dot.counter)
    dots.set(dotKey(dot), entry)
    seeds.set(seed, (seeds.get(seed) ?? 0) + 1)
  }
  for (const { dot, seed } of audit.wishes) {
    if (!dots.has(dotKey(dot))) return `the acknowledged ${dotKey(dot)} is nowhere`
    if (seeds.get(seed) !== 1) return `the wish ${seed} stands ${seeds.get(seed)} times in the log`
  }
  return entries.length === audit.wishes.length ? null : 'the log holds what nobody wished'
}

/** Brute force over the log: no placed decision leaned on something that a stranger had changed. */
function conflictFault(entries: readonly Entry[]): string | null {
  const parents = new Map<string, Dot>()
  for (const { commit } of entries) if (commit.parent !== null) parents.set(commit.dot.replica, commit.parent)
  const isOwn = (author: string, dot: Dot): boolean => {
    if (dot.replica === author) return true
    for (let at = parents.get(author); at !== undefined; at = parents.get(at.replica)) {
      if (at.replica === dot.replica) return dot.counter <= at.counter
    }
    return false
  }
  for (const { commit, position } of entries) {
    const serial = commit.guards.filter((guard) => guard.kind === 'serial').map((guard) => guard.stream)
    const between = entries.slice(commit.base, position - 1)
    for (const other of between) {
      if (isOwn(commit.dot.replica, other.commit.dot)) continue
      const clash = other.commit.events.find((event) => serial.includes(event.stream))
      if (clash !== undefined)
        return `@${position} leaned on ${clash.stream}, which @${other.position} had changed`
    }
  }
  return null
}

function text(value: unknown): string {
  return JSON.stringify(value)
}
