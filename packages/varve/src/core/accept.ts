/**
 * Accept: the server half. May this commit be placed after the head of its log?
 *
 * Pure: what the log knows about the commit comes in as facts, read in the same transaction in which the commit is
 * then placed. No domain code is needed: a commit says itself which streams its decision leaned on, and whether that is
 * so is answered from outside, where somebody has the model (A7). The rules run in the order A1, A2, …; the first that
 * objects answers, and nothing is consumed before A9. SPEC.md tells, for each rule, the trace that it closes.
 *
 * Lemma. A commit that a foreign entry on one of its serial guards disturbed is dead for ever: that entry lies after
 * its base in every log of this epoch. So it must be decided again, and its old copy can never be placed by mistake.
 * Content that changed for another reason has no such protection: hence `prev` (A6).
 */
import { type Commit, outcomeOf } from './commit.ts'
import type { Dot, Position, StreamName } from './dot.ts'
import type { Hash } from './hash.ts'
import { extendHistoryBy, historyStart } from './history.ts'

/** What the log knows about one commit, read at its head. */
export interface AcceptFacts {
  /** The log's incarnation. */
  readonly epoch: string
  readonly head: Position
  /** The entry placed under the commit's dot, if there is one. */
  readonly known: { readonly position: Position; readonly intent: Hash; readonly outcome: Hash } | null
  /** The last counter placed of the commit's replica; 0 if none. */
  readonly counter: number
  /** The last counter placed of the replica that the commit names as its parent; 0 if none or no parent. */
  readonly parentCounter: number
  /** The history of the commit's replica after its last placed commit; for its first one, that of the parent dot. */
  readonly history: Hash
  /** For each of the commit's serial guards that a foreign entry wrote to after the commit's base: the last such position. */
  readonly disturbedAt: ReadonlyMap<StreamName, Position>
  /** Where a commit with events of the same root stands; null if the wish is not applied yet. */
  readonly appliedAt: Position | null
  /** Streams held for another replica, whose commit met too many conflicts (rule A8). */
  readonly held: ReadonlySet<StreamName>
}

/** A commit as it was pushed: the epoch its author believes in, and the history that it continues. */
export interface Pushed {
  readonly epoch: string
  readonly prev: Hash
  readonly commit: Commit
}

export type Verdict =
  | { readonly kind: 'place'; readonly history: Hash; readonly outcome: Hash }
  | { readonly kind: 'known'; readonly position: Position; readonly outcome: Hash }
  | { readonly kind: 'fork' }
  | { readonly kind: 'collision' }
  | { readonly kind: 'gap'; readonly expected: Dot }
  | { readonly kind: 'conflict'; readonly stream: StreamName; readonly position: Position }
  | { readonly kind: 'applied'; readonly position: Position }
  | { readonly kind: 'stale' }
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'held'; readonly stream: StreamName }

/**
 * Why no honest author could have decided the commit so, or null: see verify.ts. Asked only when A1 to A6 have nothing
 * against it, for A5 is what makes the known state one that still exists.
 */
export type Verify = () => string | null

export function accept(
  { epoch, prev, commit }: Pushed,
  facts: AcceptFacts,
  verify: Verify = () => null,
): Verdict {
  const { dot, parent } = commit

  // A1: a frame from before a restore must not touch the log that came after it.
  if (epoch !== facts.epoch) return { kind: 'fork' }

  // A2: intents are compared, not contents: deciding again changes content lawfully.
  if (facts.known !== null) {
    return facts.known.intent === commit.intent
      ? { kind: 'known', position: facts.known.position, outcome: facts.known.outcome }
      : { kind: 'collision' }
  }

  // A3
  if (dot.counter !== facts.counter + 1) {
    return { kind: 'gap', expected: { replica: dot.replica, counter: facts.counter + 1 } }
  }

  // A4: a first commit may lean on pending commits of the replica that it continues.
  if (dot.counter === 1 && parent !== null && facts.parentCounter < parent.counter) {
    return { kind: 'gap', expected: { replica: parent.replica, counter: facts.parentCounter + 1 } }
  }

  // A5
  if (commit.base > facts.head) return { kind: 'fork' }
  for (const guard of commit.guards) {
    const position = guard.kind === 'serial' ? facts.disturbedAt.get(guard.stream) : undefined
    if (position !== undefined) return { kind: 'conflict', stream: guard.stream, position }
  }
  // A wish may have got two names, and lean on nothing that others disturb: it is applied once all the same.
  if (facts.appliedAt !== null && commit.events.length > 0) {
    return { kind: 'applied', position: facts.appliedAt }
  }

  // A6
  if (prev !== facts.history) return { kind: 'stale' }

  // A7: a server without the model has nothing to ask.
  const message = verify()
  if (message !== null) return { kind: 'forbidden', message }

  // A8
  for (const event of commit.events) {
    if (facts.held.has(event.stream)) return { kind: 'held', stream: event.stream }
  }

  // A9
  const outcome = outcomeOf(commit)
  return { kind: 'place', history: extendHistoryBy(facts.history, dot, commit.intent, outcome), outcome }
}

/** The facts about a log that has never placed anything. */
export function emptyFacts(epoch: string): AcceptFacts {
  return {
    epoch,
    head: 0,
    known: null,
    counter: 0,
    parentCounter: 0,
    history: historyStart,
    disturbedAt: new Map(),
    appliedAt: null,
    held: new Set(),
  }
}
