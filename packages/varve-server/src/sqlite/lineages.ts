/**
 * Whether a dot is of a commit's own lineage: its replica, and its ancestors up to where each was left.
 *
 * A lineage may be as long as its author's years, and is asked about for each guard of each commit of a push. So one
 * is kept, read in one statement; a replica that continues it makes it longer by one step and not a new one to read.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type Dot, openEnd, type ReplicaId } from 'varve/core'

export interface Author {
  readonly dot: Dot
  /** What the replica's first commit names, if this is that commit. */
  readonly parent: Dot | null
}

/** The last counter of each replica that is of a lineage. */
export type Bounds = ReadonlyMap<ReplicaId, number>

export interface Lineages {
  /** To be looked at before the next call: one lineage is kept. */
  boundsOf(log: number, author: Author): Bounds
  /** Of a replica that has written. */
  parentOf(log: number, replica: ReplicaId): Dot | null
  /** The kept lineage may be of rows that were undone. */
  forget(): void
}

interface ParentRow {
  readonly parent: ReplicaId | null
  readonly bound: number | null
}

interface Kept {
  readonly log: number
  readonly replica: ReplicaId
  readonly parent: Dot | null
  readonly bounds: Map<ReplicaId, number>
}

export function createLineages(db: DatabaseSync): Lineages {
  const selectParent = db.prepare('SELECT parent, bound FROM lineages WHERE log = ? AND replica = ?')
  // A parent is placed before its child, so this walks back in time and ends.
  const selectAncestors = db.prepare(
    `WITH RECURSIVE ancestors (replica, upTo) AS (
       SELECT ?2, ?3
       UNION ALL
       SELECT parent, bound FROM ancestors CROSS JOIN lineages USING (replica)
       WHERE log = ?1 AND parent IS NOT NULL
     )
     SELECT replica, upTo FROM ancestors`,
  )
  let kept: Kept | null = null

  function parentOf(log: number, replica: ReplicaId): Dot | null {
    const row = selectParent.get(log, replica) as ParentRow | undefined
    return row === undefined || row.parent === null || row.bound === null
      ? null
      : { replica: row.parent, counter: row.bound }
  }

  function boundsOf(log: number, { dot: { replica, counter }, parent: named }: Author): Bounds {
    const parent = counter > 1 ? parentOf(log, replica) : named
    if (kept?.log === log && kept.replica === replica && isSame(kept.parent, parent)) return kept.bounds
    const bounds = isContinued(log, parent) ? (kept as Kept).bounds : ancestorsOf(log, parent)
    if (parent !== null) bounds.set(parent.replica, parent.counter)
    kept = { log, replica, parent, bounds: bounds.set(replica, openEnd) }
    return bounds
  }

  /** Is what is kept the lineage of this parent, as it was placed? */
  function isContinued(log: number, parent: Dot | null): boolean {
    return (
      parent !== null &&
      kept?.log === log &&
      kept.replica === parent.replica &&
      isSame(kept.parent, parentOf(log, parent.replica))
    )
  }

  function ancestorsOf(log: number, parent: Dot | null): Map<ReplicaId, number> {
    if (parent === null) return new Map()
    const rows = selectAncestors.all(log, parent.replica, parent.counter) as unknown as readonly {
      readonly replica: ReplicaId
      readonly upTo: number
    }[]
    return new Map(rows.map(({ replica, upTo }) => [replica, upTo]))
  }

  return Object.freeze({
    boundsOf,
    parentOf,
    forget(): void {
      kept = null
    },
  })
}

function isSame(a: Dot | null, b: Dot | null): boolean {
  return a?.replica === b?.replica && a?.counter === b?.counter
}
