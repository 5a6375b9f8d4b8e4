/**
 * A table in the page: a snapshot per change, made from the changed rows that cross the border.
 *
 * A snapshot is never changed, its identity changes only when a row did, and rows that did not change keep theirs, also
 * when all of them are told anew after a worker was replaced.
 */
import type { RowsUpdate } from '../core/query.ts'
import { shareEqual } from './share-equal.ts'

export type Rows = ReadonlyMap<string, unknown>

export const noRows: Rows = new Map()

/** Returns `before` itself if nothing changed. */
export function nextRows(before: Rows, { reset, rows }: RowsUpdate): Rows {
  const next = reset ? new Map<string, unknown>() : new Map(before)
  let changed = false
  for (const [key, row] of rows) {
    if (row === null) {
      changed = next.delete(key) || changed
      continue
    }
    const old = before.get(key)
    const shared = shareEqual(old, row)
    next.set(key, shared)
    if (old === undefined || shared !== old) changed = true
  }
  return changed || next.size !== before.size ? next : before
}

/** Several updates in one, so that a frame copies the Map once. */
export function joinRows(earlier: RowsUpdate | null, later: RowsUpdate): RowsUpdate {
  if (earlier === null || later.reset) return later
  return { kind: 'rows', reset: earlier.reset, rows: [...earlier.rows, ...later.rows] }
}
