/**
 * A sequencer's book in memory: one log, its entries, and the indexes that `accept` asks. The simulation's server and
 * the server package's memory log are this; a database keeps the same indexes as tables.
 */
import { type AcceptFacts, accept, type Verdict } from './accept.ts'
import { type Commit, chainOf, chainStart, type Entry } from './commit.ts'
import { type Dot, dotKey, type Position, type ReplicaId, type StreamName } from './dot.ts'
import type { Hash } from './hash.ts'
import { historyStart } from './history.ts'
import { inLineage, type Lineage, openEnd } from './lineage.ts'
import type { Touch } from './verify.ts'

interface Placed {
  readonly position: Position
  readonly intent: Hash
  readonly outcome: Hash
  /** The author's history after this commit. */
  readonly history: Hash
}

export interface Offer {
  readonly epoch: string
  readonly prev: Hash
  readonly commit: Commit
  readonly principal: string | null
  readonly time: number
}

export interface Ledger {
  readonly epoch: string
  readonly head: () => Position
  readonly facts: (commit: Commit, held?: ReadonlySet<StreamName>) => AcceptFacts
  /** Entries that wrote to a stream, ascending, as the commit's author sees them. */
  readonly touching: (commit: Commit, stream: StreamName) => readonly Touch[]
  /** Accept, and place if the verdict says so. */
  readonly offer: (offer: Offer, held?: ReadonlySet<StreamName>) => Verdict
  /** Entries with position > after, at most `max`. */
  readonly entries: (after: Position, max?: number) => readonly Entry[]
}

/** @param acceptWith test-only: an `accept` with a rule switched off, as a negative control. */
export function createLedger(epoch: string, acceptWith: typeof accept = accept): Ledger {
  const entries: Entry[] = []
  const placedByDot = new Map<string, Placed>()
  const counters = new Map<ReplicaId, number>()
  const parents = new Map<ReplicaId, Dot>()
  /** For each stream, the entries that wrote to it, ascending. */
  const writes = new Map<StreamName, Entry[]>()
  /** For each root intent that is applied, where. */
  const applied = new Map<Hash, Position>()

  const head = (): Position => entries.length

  function facts(commit: Commit, held: ReadonlySet<StreamName> = new Set()): AcceptFacts {
    const { dot, parent } = commit
    const counter = counters.get(dot.replica) ?? 0
    const before: Dot | null = counter > 0 ? { replica: dot.replica, counter } : parent
    return {
      epoch,
      head: head(),
      known: placedByDot.get(dotKey(dot)) ?? null,
      counter,
      parentCounter: parent === null ? 0 : (counters.get(parent.replica) ?? 0),
      history: (before === null ? undefined : placedByDot.get(dotKey(before))?.history) ?? historyStart,
      disturbedAt: disturbedAt(commit),
      appliedAt: applied.get(commit.root) ?? null,
      held,
    }
  }

  function disturbedAt(commit: Commit): ReadonlyMap<StreamName, Position> {
    const lineage = lineageOf(commit)
    const found = new Map<StreamName, Position>()
    for (const { stream, kind } of commit.guards) {
      if (kind === 'commute') continue
      const last = writes.get(stream)?.findLast((entry) => !inLineage(lineage, entry.commit.dot))
      if (last !== undefined && last.position > commit.base) found.set(stream, last.position)
    }
    return found
  }

  function touching(commit: Commit, stream: StreamName): readonly Touch[] {
    const lineage = lineageOf(commit)
    return (writes.get(stream) ?? []).map((entry) => ({
      entry,
      foreign: !inLineage(lineage, entry.commit.dot),
    }))
  }

  function lineageOf({ dot, parent }: Commit): Lineage {
    const lineage = [{ replica: dot.replica, upTo: openEnd }]
    let at = parents.get(dot.replica) ?? parent
    while (at !== null) {
      lineage.push({ replica: at.replica, upTo: at.counter })
      at = parents.get(at.replica) ?? null
    }
    return lineage
  }

  function offer({ principal, time, ...pushed }: Offer, held?: ReadonlySet<StreamName>): Verdict {
    const verdict = acceptWith(pushed, facts(pushed.commit, held))
    if (verdict.kind === 'place') place(pushed.commit, verdict, principal, time)
    return verdict
  }

  function place(
    commit: Commit,
    verdict: Verdict & { kind: 'place' },
    principal: string | null,
    at: number,
  ): void {
    const last = entries.at(-1)
    const unchained = { position: head() + 1, commit, principal, time: Math.max(at, last?.time ?? at) }
    const entry: Entry = { ...unchained, chain: chainOf(last?.chain ?? chainStart, unchained) }
    entries.push(entry)
    placedByDot.set(dotKey(commit.dot), {
      position: entry.position,
      intent: commit.intent,
      outcome: verdict.outcome,
      history: verdict.history,
    })
    counters.set(commit.dot.replica, commit.dot.counter)
    if (commit.parent !== null) parents.set(commit.dot.replica, commit.parent)
    if (commit.events.length > 0) applied.set(commit.root, entry.position)
    for (const stream of new Set(commit.events.map((event) => event.stream))) {
      const written = writes.get(stream)
      if (written === undefined) writes.set(stream, [entry])
      else written.push(entry)
    }
  }

  return Object.freeze({
    epoch,
    head,
    facts,
    touching,
    offer,
    entries: (after: Position, max = Number.POSITIVE_INFINITY) => entries.slice(after, after + max),
  })
}
