/**
 * Which streams were written to by whom (table `touches`), and so which serial guards of a commit somebody else has
 * disturbed after its base (rule A5).
 *
 *   stream x    a1@1  a2@3  b1@4  a3@7  a4@9        position
 *   other         –     –    @3    @4    @4         the last touch before it by another replica
 *
 * From the last touch one goes from replica to replica, not from touch to touch: an author who was offline for a
 * thousand commits on one stream pushes them all on an old base, and must not have them all read for each of them.
 * Skipping is sound for ancestors too: within a run of one replica counters grow, so if its last touch is within the
 * lineage, all of it is.
 */
import type { DatabaseSync } from 'node:sqlite'
import {
  type Commit,
  type Dot,
  inLineage,
  type Lineage,
  openEnd,
  type Position,
  type StreamName,
  streamsWritten,
} from 'varve/core'

interface TouchRow extends Dot {
  readonly position: Position
  readonly other: Position | null
}

export interface Touches {
  /** For each serial guard that was disturbed: the last foreign position. */
  disturbedAt(log: number, commit: Commit): ReadonlyMap<StreamName, Position>
  /** The commit was placed. */
  add(log: number, commit: Commit, position: Position): void
}

export function createTouches(db: DatabaseSync): Touches {
  const selectLast = db.prepare(
    'SELECT position, replica, counter, other FROM touches WHERE log = ? AND stream = ? ORDER BY position DESC LIMIT 1',
  )
  const selectAt = db.prepare(
    'SELECT position, replica, counter, other FROM touches WHERE log = ? AND stream = ? AND position = ?',
  )
  const insert = db.prepare(
    'INSERT INTO touches (log, stream, position, replica, counter, other) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const selectParent = db.prepare('SELECT parent, bound FROM lineages WHERE log = ? AND replica = ?')

  function parentOf(log: number, replica: string): Dot | null {
    const row = selectParent.get(log, replica) as
      | { readonly parent: string | null; readonly bound: number | null }
      | undefined
    return row === undefined || row.parent === null || row.bound === null
      ? null
      : { replica: row.parent, counter: row.bound }
  }

  function lineageOf(log: number, { dot, parent }: Commit): Lineage {
    const lineage = [{ replica: dot.replica, upTo: openEnd }]
    // A parent is placed before its child, so this walks back in time and ends.
    for (
      let at = dot.counter > 1 ? parentOf(log, dot.replica) : parent;
      at !== null;
      at = parentOf(log, at.replica)
    ) {
      lineage.push({ replica: at.replica, upTo: at.counter })
    }
    return lineage
  }

  function disturbedAt(log: number, commit: Commit): ReadonlyMap<StreamName, Position> {
    const found = new Map<StreamName, Position>()
    let lineage: Lineage | null = null
    for (const { stream, kind } of commit.guards) {
      if (kind === 'commute') continue
      let touch = selectLast.get(log, stream) as TouchRow | undefined
      while (touch !== undefined && touch.position > commit.base) {
        if (touch.replica !== commit.dot.replica) {
          lineage ??= lineageOf(log, commit)
          if (!inLineage(lineage, touch)) {
            found.set(stream, touch.position)
            break
          }
        }
        touch =
          touch.other === null ? undefined : (selectAt.get(log, stream, touch.other) as TouchRow | undefined)
      }
    }
    return found
  }

  return Object.freeze({
    disturbedAt,
    add(log: number, commit: Commit, position: Position): void {
      const { replica, counter } = commit.dot
      for (const stream of streamsWritten(commit)) {
        const last = selectLast.get(log, stream) as TouchRow | undefined
        const other = last === undefined ? null : last.replica === replica ? last.other : last.position
        insert.run(log, stream, position, replica, counter, other)
      }
    },
  })
}
