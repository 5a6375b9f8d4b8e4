/**
 * Reconcile: the client half. The log has grown by a page of entries: what becomes of our pending commits?
 *
 *   before   log ──────────P            outbox   a1' a2' a3'
 *   page                   │ b7 a1 b8
 *   after    log ──────────┴─────────P  outbox   a2' a3'      a1 is placed; a2, a3 are kept, or decided again
 *
 * Keeps: the pending state is always fold(log[1..P]) then fold(outbox); an undisturbed commit keeps its events and
 * its base; a disturbed one is decided again with the same dot, input, now and ids; what is refused now stays as a
 * withdrawn commit, so that dots have no holes. The result equals replaying everything.
 *
 * Does not know what events mean (Rules do), how anything is stored, or whether a server exists. Only the log changes
 * a fate: receipts and conflicts are hints that make us pull.
 */
import { sameData } from './clean-data.ts'
import {
  type Commit,
  type Entry,
  streamsWritten,
  type WithdrawnFor,
  withdraw,
  withOutcome,
} from './commit.ts'
import { type Dot, dotKey, type Position, type StreamName, sameDot } from './dot.ts'
import { inLineage, type Lineage, writtenBy } from './lineage.ts'
import { detailsFault } from './reason.ts'
import type { Decision, Rules } from './rules.ts'

export interface ReconcileInput<S> {
  readonly rules: Rules<S>
  /** fold(log[1..position]). It is forked, not changed. */
  readonly confirmed: S
  /** Where the log stood before the page. */
  readonly position: Position
  readonly lineage: Lineage
  /** The last counter that the present replica (the first of the lineage) has used. */
  readonly issued: number
  readonly outbox: readonly Commit[]
  /** The entries already applied since the oldest `born` in the outbox, ascending: what `theirs` is taken from. */
  readonly recent: readonly Entry[]
  /** The new entries: consecutive, the first at position + 1. */
  readonly page: readonly Entry[]
  /** A pending commit to be emptied in place (rule C10: a cancel; or the server refuses it for good), and why. */
  readonly empty?: { readonly dot: Dot } & WithdrawnFor
}

/** One of ours that the page placed. */
export interface PlacedCommit {
  readonly entry: Entry
  /** What we held under this dot. */
  readonly held: Commit
}

/** A pending commit with a new outcome, or just a new base. */
export interface ChangedCommit {
  readonly before: Commit
  readonly after: Commit
  /** The foreign entries on its guards since it was born. */
  readonly theirs: readonly Entry[]
}

export interface Reconciled<S> {
  readonly confirmed: S
  /** A fork of `confirmed` with the outbox applied. */
  readonly pending: S
  readonly position: Position
  readonly outbox: readonly Commit[]
  readonly placed: readonly PlacedCommit[]
  readonly changed: readonly ChangedCommit[]
  /** Entries that carry our present replica's name and that we never wrote: someone else uses it (rule C8). */
  readonly unissued: readonly Dot[]
}

export function reconcile<S>(input: ReconcileInput<S>): Reconciled<S> {
  const { rules, page } = input
  // C8: what carries our name and was never written here is somebody else's.
  const lineage = writtenBy(input.lineage, input.issued)
  const position = page.at(-1)?.position ?? input.position
  const pageByDot = new Map(page.map((entry) => [dotKey(entry.commit.dot), entry]))
  const foreign = page.filter((entry) => !inLineage(lineage, entry.commit.dot))
  const disturbed = streamsOf(foreign)

  let confirmed = rules.fork(input.confirmed)
  for (const entry of page) confirmed = rules.apply(confirmed, entry.commit)

  let pending = rules.fork(confirmed)
  const outbox: Commit[] = []
  const placed: PlacedCommit[] = []
  const changed: ChangedCommit[] = []
  /** Streams on which an earlier commit of ours turned out otherwise than later ones believed. */
  const moved = new Set<StreamName>()
  const roots = appliedRoots(page)

  for (const before of input.outbox) {
    const entry = pageByDot.get(dotKey(before.dot))
    // C3: whatever the log holds under our dot is the truth, whatever we hold.
    if (entry !== undefined) {
      placed.push({ entry, held: before })
      addMoved(moved, before, entry.commit)
      continue
    }
    const after = settle(before)
    if (after !== before) {
      changed.push({ before, after, theirs: theirsOf(before) })
      addMoved(moved, before, after)
    }
    if (after.events.length > 0) roots.add(after.root)
    outbox.push(after)
    pending = rules.apply(pending, after)
  }
  return { confirmed, pending, position, outbox, placed, changed, unissued: unissuedOf(input) }

  function settle(commit: Commit): Commit {
    // C6: once refused, a commit stays withdrawn until the log places it.
    if (commit.withdrawn !== null) return commit
    // C10
    if (input.empty !== undefined) {
      const { dot, ...why } = input.empty
      if (sameDot(commit.dot, dot)) return withdraw(commit, { ...why, because: [] }, position)
    }
    // C11: a retry must not come on top of the original.
    if (roots.has(commit.root)) {
      return withdraw(commit, { reason: 'already_applied', because: [] }, position)
    }
    // C4: a stream that commutes does not mind what others append; what we append ourselves may have been leaned on.
    const isDisturbed = commit.guards.some(
      ({ kind, stream }) => moved.has(stream) || (kind === 'serial' && disturbed.has(stream)),
    )
    if (!isDisturbed) return commit
    const theirs = theirsOf(commit)
    return settled(commit, rules.decide(pending, commit, theirs), { theirs, base: position })
  }

  function theirsOf(commit: Commit): readonly Entry[] {
    return foreignTo(commit, lineage, [...input.recent, ...page])
  }
}

/** The entries that a commit's author had not seen when it was born, on streams that it leans on: its `theirs`. */
export function foreignTo(commit: Commit, lineage: Lineage, entries: readonly Entry[]): readonly Entry[] {
  const streams = new Set(commit.guards.map((guard) => guard.stream))
  return entries.filter(
    ({ position, commit: their }) =>
      position > commit.born &&
      !inLineage(lineage, their.dot) &&
      their.events.some((event) => streams.has(event.stream)),
  )
}

/** The commit with what the decision says: a new outcome at `base`, or withdrawn. */
export function settled(
  commit: Commit,
  decision: Decision,
  { theirs, base }: { readonly theirs: readonly Entry[]; readonly base: Position },
): Commit {
  if (decision.ok) {
    return withOutcome(commit, { guards: decision.guards, events: decision.events, withdrawn: null }, base)
  }
  const { reason, details } = decision
  const because = theirs.slice(-becauseMax).map((entry) => entry.commit.dot)
  if (details === undefined) return withdraw(commit, { reason, because }, base)
  const fault = detailsFault(details)
  return withdraw(commit, { reason, because, details: fault === null ? details : { message: fault } }, base)
}

/** The latest foreign commits that a withdrawal names: its empty form must stay small enough to be placed. */
const becauseMax = 100

/** C4: streams whose events an outcome change moved. Deciding again to equal events moves nothing. */
export function addMoved(moved: Set<StreamName>, before: Commit, after: Commit): void {
  if (sameData(before.events, after.events)) return
  for (const stream of [...streamsWritten(before), ...streamsWritten(after)]) moved.add(stream)
}

function streamsOf(entries: readonly Entry[]): ReadonlySet<StreamName> {
  return new Set(entries.flatMap((entry) => [...streamsWritten(entry.commit)]))
}

/** The root intents that the page applied. */
function appliedRoots(page: readonly Entry[]): Set<string> {
  return new Set(page.filter(({ commit }) => commit.events.length > 0).map(({ commit }) => commit.root))
}

function unissuedOf({
  lineage,
  issued,
  page,
}: Pick<ReconcileInput<unknown>, 'lineage' | 'issued' | 'page'>): readonly Dot[] {
  const present = lineage[0]?.replica
  return page
    .map((entry) => entry.commit.dot)
    .filter((dot) => dot.replica === present && dot.counter > issued)
}
