/** The classic vector clock: for each replica, the greatest counter that is known. A missing replica counts as 0. */
import type { Dot, ReplicaId } from './dot.ts'

export type VersionVector = ReadonlyMap<ReplicaId, number>

export type CausalOrder = 'before' | 'after' | 'equal' | 'concurrent'

export function covers(vector: VersionVector, dot: Dot): boolean {
  return (vector.get(dot.replica) ?? 0) >= dot.counter
}

export function mergeVectors(a: VersionVector, b: VersionVector): VersionVector {
  const merged = new Map(a)
  for (const [replica, counter] of b) merged.set(replica, Math.max(merged.get(replica) ?? 0, counter))
  return merged
}

export function compareVectors(a: VersionVector, b: VersionVector): CausalOrder {
  const aKnowsMore = exceeds(a, b)
  const bKnowsMore = exceeds(b, a)
  if (aKnowsMore) return bKnowsMore ? 'concurrent' : 'after'
  return bKnowsMore ? 'before' : 'equal'
}

function exceeds(a: VersionVector, b: VersionVector): boolean {
  for (const [replica, counter] of a) if (counter > (b.get(replica) ?? 0)) return true
  return false
}
