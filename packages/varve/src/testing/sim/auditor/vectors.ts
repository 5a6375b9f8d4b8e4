/**
 * Full vector clocks, kept the naive way: a map of counters per commit, merged entry by entry. What an author knew is
 * what the auditor saw on its disk when the commit was stored, not what the commit says.
 */
import type { Dot } from '../../../core/dot.ts'

export type Vector = ReadonlyMap<string, number>

export interface Vectors {
  /** A placed commit: who knew the log up to `known` and continues `before`. In the order of the log. */
  place(dot: Dot, before: Dot | null, known: number): void
  /** Whether a happened before b. */
  precedes(a: Dot, b: Dot): boolean
}

export function createVectors(): Vectors {
  const byDot = new Map<string, Vector>()
  /** For each position, all that the log holds up to there. */
  const prefixes: Vector[] = [new Map()]

  function merge(into: Map<string, number>, vector: Vector | undefined): void {
    for (const [replica, counter] of vector ?? []) {
      if (counter > (into.get(replica) ?? 0)) into.set(replica, counter)
    }
  }

  return Object.freeze({
    place(dot: Dot, before: Dot | null, known: number) {
      const vector = new Map(prefixes[known])
      if (before !== null) merge(vector, byDot.get(keyOf(before)))
      vector.set(dot.replica, dot.counter)
      byDot.set(keyOf(dot), vector)
      const prefix = new Map(prefixes.at(-1))
      merge(prefix, vector)
      prefixes.push(prefix)
    },
    precedes: (a: Dot, b: Dot) =>
      keyOf(a) !== keyOf(b) && (byDot.get(keyOf(b))?.get(a.replica) ?? 0) >= a.counter,
  })
}

function keyOf({ replica, counter }: Dot): string {
  return `${replica}:${counter}`
}
