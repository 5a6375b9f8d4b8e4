/**
 * The running hash of a lineage: what an author has had placed so far, with which outcomes. A push says which
 * history it continues (`prev`), so that an old copy of a commit, whose predecessors turned out otherwise since,
 * is told apart from the present one (rule A6).
 */
import { type Commit, outcomeOf } from './commit.ts'
import type { Dot } from './dot.ts'
import { type Hash, hashOf } from './hash.ts'

/** The history of a replica that has placed nothing and continues nobody. */
export const historyStart: Hash = ''

export function extendHistory(history: Hash, commit: Commit): Hash {
  return extendHistoryBy(history, commit.dot, commit.intent, outcomeOf(commit))
}

export function extendHistoryBy(history: Hash, dot: Dot, intent: Hash, outcome: Hash): Hash {
  return hashOf([history, dot.replica, dot.counter, intent, outcome])
}
