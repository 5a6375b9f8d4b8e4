/**
 * Rename: somebody else writes under our name, because this store was copied or set back while it was in use. A dot of
 * ours is theirs in the log. From it on, what is pending gets a new name: another replica, which continues our lineage
 * before that dot, and is decided again (C8). The intents stay, so nothing is lost and nothing applies twice.
 *
 *   log      … a4 a5(theirs)             lineage  a
 *   before   outbox  a5' a6'
 *   after    outbox  r1' r2'             lineage  r, a up to 4
 */

import { type Commit, type Entry, sealCommit, withdraw } from './commit.ts'
import { type Dot, dotKey, type Position, type ReplicaId, sameDot } from './dot.ts'
import { assert } from './errors.ts'
import { type Lineage, openEnd, parentOf } from './lineage.ts'
import { type ChangedCommit, foreignTo, settled } from './reconcile.ts'
import type { Rules } from './rules.ts'

export interface RenameInput<S> {
  readonly rules: Rules<S>
  /** fold(log[1..position]). It is forked, not changed. */
  readonly confirmed: S
  readonly position: Position
  readonly lineage: Lineage
  readonly outbox: readonly Commit[]
  /** The entries already applied since the oldest `born` in the outbox, ascending: what `theirs` is taken from. */
  readonly recent: readonly Entry[]
  /** The pending commit whose dot is somebody else's in the log. */
  readonly from: Dot
  /** Never used before. */
  readonly replica: ReplicaId
}

export interface Renamed<S> {
  /** A fork of `confirmed` with the outbox applied. */
  readonly pending: S
  readonly outbox: readonly Commit[]
  readonly lineage: Lineage
  /** The last counter that `replica` has used: as many commits have a new name. */
  readonly issued: number
  readonly changed: readonly ChangedCommit[]
}

export function rename<S>({
  rules,
  confirmed,
  position,
  replica,
  from,
  ...input
}: RenameInput<S>): Renamed<S> {
  const first = input.outbox.findIndex((commit) => sameDot(commit.dot, from))
  assert(first >= 0, `${dotKey(from)} is pending, so it can be renamed.`)
  const lineage = continuedBefore(input.lineage, from, replica)

  let pending = rules.fork(confirmed)
  const outbox: Commit[] = []
  const changed: ChangedCommit[] = []
  for (const [at, before] of input.outbox.entries()) {
    const after = at < first ? before : underNewName(before, at - first + 1)
    outbox.push(after)
    pending = rules.apply(pending, after)
  }
  return { pending, outbox, lineage, issued: input.outbox.length - first, changed }

  function underNewName(before: Commit, counter: number): Commit {
    const dot: Dot = { replica, counter }
    const named = sealCommit({ ...before, dot, parent: counter === 1 ? parentOf(lineage) : null })
    const theirs = foreignTo(named, lineage, input.recent)
    const after =
      before.withdrawn === null
        ? settled(named, rules.decide(pending, named, theirs), { theirs, base: position })
        : withdraw(named, before.withdrawn, position)
    changed.push({ before, after, theirs })
    return after
  }
}

/** The lineage of a new replica that leaves everything from a dot on to whoever else uses it. */
function continuedBefore(lineage: Lineage, { replica: taken, counter }: Dot, replica: ReplicaId): Lineage {
  const at = lineage.findIndex((branch) => branch.replica === taken)
  assert(at >= 0, `${taken} is of this lineage.`)
  const left = counter > 1 ? [{ replica: taken, upTo: counter - 1 }] : []
  return [{ replica, upTo: openEnd }, ...left, ...lineage.slice(at + 1)]
}
