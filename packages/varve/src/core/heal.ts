/**
 * Heal: the server came back from an older backup. What our log and its log still have in common ends at the fork;
 * what we hold beyond is taken back into the outbox, as far as it is ours, and is pushed again with the same dots (C7).
 *
 *   before   log  1 … F │ a4 b7 a5 ───── P       outbox  a6' a7'
 *   after    log  1 … F                          outbox  a4' a5' a6' a7'       b7 comes back from b, if b still has it
 *
 * Keeps: nothing of ours is lost or gets another name; a decision that leaned on a foreign entry which is gone is made
 * again, and what leaned on that one; all others keep their events, as decisions at the fork.
 */
import { type Commit, type Entry, sealCommit, streamsWritten } from './commit.ts'
import type { Position, StreamName } from './dot.ts'
import { inLineage, type Lineage, writtenBy } from './lineage.ts'
import { addMoved, type ChangedCommit, foreignTo, settled } from './reconcile.ts'
import type { Rules } from './rules.ts'

export interface HealInput<S> {
  readonly rules: Rules<S>
  /** fold(log[1..position]). It is forked, not changed. */
  readonly confirmed: S
  /** The fork: the last position at which both logs are the same. */
  readonly position: Position
  readonly lineage: Lineage
  /** The last counter that the present replica has used. */
  readonly issued: number
  readonly outbox: readonly Commit[]
  /** Entries up to the fork since the oldest `born`: what `theirs` is taken from. */
  readonly recent: readonly Entry[]
  /** What this store holds after the fork, ascending. */
  readonly lost: readonly Entry[]
}

export interface Healed<S> {
  /** A fork of `confirmed` with the outbox applied. */
  readonly pending: S
  /** Our lost commits, then those that were pending, all known at the fork. */
  readonly outbox: readonly Commit[]
  /** Those of the outbox that are not what they were, if only in their base. */
  readonly changed: readonly ChangedCommit[]
}

export function heal<S>({ rules, confirmed, position, ...input }: HealInput<S>): Healed<S> {
  const lineage = writtenBy(input.lineage, input.issued)
  const isOurs = ({ commit }: Entry): boolean => inLineage(lineage, commit.dot)
  const ours = input.lost.filter(isOurs).map(({ commit }) => commit)
  const theirLost = input.lost.filter((entry) => !isOurs(entry))

  let pending = rules.fork(confirmed)
  const outbox: Commit[] = []
  const changed: ChangedCommit[] = []
  const moved = new Set<StreamName>()
  for (const before of [...ours, ...input.outbox]) {
    const known = knownAt(before, position)
    const theirs = foreignTo(known, lineage, input.recent)
    const after = leans(before)
      ? settled(known, rules.decide(pending, known, theirs), { theirs, base: position })
      : known
    if (after !== before) {
      changed.push({ before, after, theirs })
      addMoved(moved, before, after)
    }
    outbox.push(after)
    pending = rules.apply(pending, after)
  }
  return { pending, outbox, changed }

  /** Whether it was decided on something that is no longer so. A withdrawn commit has no guards: it stays as it is. */
  function leans({ guards, base }: Commit): boolean {
    const known = theirLost.filter((entry) => entry.position <= base)
    // Of whatever kind: what was known and is gone was leaned on, also on a stream that commutes.
    return guards.some(
      ({ stream }) => moved.has(stream) || known.some(({ commit }) => streamsWritten(commit).has(stream)),
    )
  }
}

/** The same outcome, of an author who knew the log up to the fork at most. */
function knownAt(commit: Commit, fork: Position): Commit {
  const { base, born } = commit
  if (base <= fork) return commit
  return sealCommit({ ...commit, base: fork, born: Math.min(born, fork) })
}
