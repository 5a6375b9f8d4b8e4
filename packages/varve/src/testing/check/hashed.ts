/** Core's hashes of what never changes. A walk asks for the same ones again and again, and hashing would be most of it. */
import { type Commit, outcomeOf } from '../../core/commit.ts'
import type { Hash } from '../../core/hash.ts'
import { extendHistoryBy } from '../../core/history.ts'

const outcomes = new WeakMap<Commit, Hash>()
const histories = new WeakMap<Commit, Map<Hash, Hash>>()

export function knownOutcomeOf(commit: Commit): Hash {
  const known = outcomes.get(commit)
  if (known !== undefined) return known
  const outcome = outcomeOf(commit)
  outcomes.set(commit, outcome)
  return outcome
}

/** As `extendHistory`. */
export function historyAfter(history: Hash, commit: Commit): Hash {
  const after = histories.get(commit) ?? new Map<Hash, Hash>()
  histories.set(commit, after)
  const known =
    after.get(history) ?? extendHistoryBy(history, commit.dot, commit.intent, knownOutcomeOf(commit))
  after.set(history, known)
  return known
}
