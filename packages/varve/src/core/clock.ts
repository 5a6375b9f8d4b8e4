/**
 * Happened-before on one log, from what commits carry: `{ log: base, replica: counter }` is a vector clock as strong
 * as one entry per device, because one sequencer orders the log.
 *
 *   a → b  ⇔  a stands before b in b's lineage,  or  position(a) ≤ seen(b)
 *
 * seen(b) is the largest base among b and its predecessors of the same lineage: a running maximum, computed and
 * never sent. With the raw base instead, → would not be transitive where decided-again and kept commits of one
 * replica alternate (a kept commit has a smaller base than the decided-again one before it).
 *
 * Exact within one epoch, for a causally closed set of commits: every commit's predecessors are in the set.
 */
import type { Commit, Entry } from './commit.ts'
import { type Dot, dotKey, type Position, type ReplicaId, sameDot } from './dot.ts'
import { type CausalOrder, mergeVectors, type VersionVector } from './version-vector.ts'

/** What the order needs of a commit; `position` is null while it is pending. */
export interface Timed {
  readonly dot: Dot
  readonly base: Position
  readonly parent: Dot | null
  readonly position: Position | null
}

export interface Clock {
  /** The position up to which the author, or its lineage before it, had seen the log. */
  seen(dot: Dot): Position
  /** `before`: a happened before b. */
  compare(a: Dot, b: Dot): CausalOrder
  /** The full vector: every dot it covers happened before `dot` or is `dot`. */
  expand(dot: Dot): VersionVector
  /** The order of two commits as a sentence that gives the reason. */
  explain(a: Dot, b: Dot): string
}

export function timed(item: Entry | Commit): Timed {
  const { commit, position } = 'commit' in item ? item : { commit: item, position: null }
  return { dot: commit.dot, base: commit.base, parent: commit.parent, position }
}

/** Throws RangeError if a dot is asked for that is not among `items`. */
export function clockOf(items: Iterable<Timed>): Clock {
  const byDot = new Map<string, Timed>()
  for (const item of items) byDot.set(dotKey(item.dot), item)
  const seenByDot = new Map<string, Position>()

  function must(dot: Dot): Timed {
    const item = byDot.get(dotKey(dot))
    if (item === undefined) throw new RangeError(`no commit ${dot.replica}:${dot.counter} in this clock`)
    return item
  }

  /** The commit before this one in its lineage. */
  function predecessor({ dot, parent }: Timed): Dot | null {
    return dot.counter > 1 ? { replica: dot.replica, counter: dot.counter - 1 } : parent
  }

  function seen(dot: Dot): Position {
    // Iterative: a lineage may be longer than the stack is deep.
    const path: Timed[] = []
    let known: Position = 0
    for (let at: Dot | null = dot; at !== null; ) {
      const cached = seenByDot.get(dotKey(at))
      if (cached !== undefined) {
        known = cached
        break
      }
      const item = must(at)
      path.push(item)
      at = predecessor(item)
    }
    for (const item of path.reverse()) {
      known = Math.max(known, item.base)
      seenByDot.set(dotKey(item.dot), known)
    }
    return known
  }

  /** The greatest counter of each replica in the lineage of `dot`, `dot` included. */
  function lineageVector(dot: Dot): Map<ReplicaId, number> {
    const vector = new Map<ReplicaId, number>()
    for (let at: Dot | null = dot; at !== null; ) {
      vector.set(at.replica, at.counter)
      at = must({ replica: at.replica, counter: 1 }).parent
    }
    return vector
  }

  /** Of two different commits. */
  function happenedBefore(a: Dot, b: Dot): 'lineage' | 'seen' | null {
    if ((lineageVector(b).get(a.replica) ?? 0) >= a.counter) return 'lineage'
    const { position } = must(a)
    return position !== null && position <= seen(b) ? 'seen' : null
  }

  function compare(a: Dot, b: Dot): CausalOrder {
    must(a)
    must(b)
    if (sameDot(a, b)) return 'equal'
    if (happenedBefore(a, b) !== null) return 'before'
    return happenedBefore(b, a) !== null ? 'after' : 'concurrent'
  }

  function expand(dot: Dot): VersionVector {
    const horizon = seen(dot)
    const prefix = new Map<ReplicaId, number>()
    for (const { dot: other, position } of byDot.values()) {
      if (position === null || position > horizon) continue
      prefix.set(other.replica, Math.max(prefix.get(other.replica) ?? 0, other.counter))
    }
    return mergeVectors(prefix, lineageVector(dot))
  }

  function explain(a: Dot, b: Dot): string {
    const order = compare(a, b)
    if (order === 'equal') return `${name(a)} is ${name(b)}`
    if (order === 'after') return explain(b, a)
    if (order === 'before') {
      return happenedBefore(a, b) === 'lineage'
        ? `${name(a)} happened before ${name(b)}: the same author wrote it earlier`
        : `${name(a)} happened before ${name(b)}: it stands at @${must(a).position} and the author of ${name(b)} had seen the log up to @${seen(b)}`
    }
    return `${name(a)} and ${name(b)} are concurrent: ${unseen(a, b)}, and ${unseen(b, a)}`
  }

  function unseen(a: Dot, b: Dot): string {
    const { position } = must(a)
    return position === null
      ? `${name(a)} is not placed yet`
      : `the author of ${name(b)} had seen the log up to @${seen(b)} and ${name(a)} stands at @${position}`
  }

  return Object.freeze({ seen, compare, expand, explain })
}

/** How two commits of a causally closed set stand to each other. For many pairs make one clock with `clockOf`. */
export function compare(a: Entry | Commit, b: Entry | Commit, log: Iterable<Entry | Commit>): CausalOrder {
  const items = [...log].map(timed)
  // The log's word on where a commit stands comes last, and holds.
  return clockOf([timed(a), timed(b), ...items]).compare(timed(a).dot, timed(b).dot)
}

/** The log in the text format of the ShiViz viewer: an event line and a vector line per commit. */
export function toShiViz(items: Iterable<Entry | Commit>): string {
  const all = [...items].map(timed)
  const clock = clockOf(all)
  return all
    .map(({ dot, position }) => {
      const vector = Object.fromEntries(clock.expand(dot))
      return `${dot.replica} ${JSON.stringify(vector)}\n${name(dot)}${position === null ? "'" : ` @${position}`}`
    })
    .join('\n')
}

function name(dot: Dot): string {
  return `${dot.replica}:${dot.counter}`
}
