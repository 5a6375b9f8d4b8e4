/** What a projection shows, and what whoever watches it must be told when one view takes the place of another. */
import type { ProjectionFailure, ProjectionUpdate } from '../core/query.ts'
import type { TableView, View } from '../core/view.ts'
import { sameShown } from './same-shown.ts'

/** All of it. */
export function projectionUpdate(view: View): ProjectionUpdate {
  const failure = failureOf(view)
  if (failure?.leftOut === 0) return { kind: 'failed', failure }
  if (view.kind === 'value') return { kind: 'value', value: view.value() }
  return { kind: 'rows', reset: true, rows: [...view.rows()] }
}

/** Why it stands still or, if it goes on, the first of the streams that it leaves out; null if all is well. */
export function failureOf(view: View): ProjectionFailure | null {
  const leftOut = view.leftOut()
  const failed = view.failed()
  const failure = failed ?? [...leftOut.values()][0]
  if (failure === undefined) return null
  return { projection: view.name, leftOut: failed === null ? leftOut.size : 0, ...failure }
}

/** What is shown otherwise in `after`; only keys that one of the layers touched can be. */
export function difference(before: View, after: View, layers: readonly View[]): ProjectionUpdate | null {
  return changeBetween(
    before,
    after,
    () => new Set(layers.flatMap((layer) => (layer.kind === 'table' ? [...layer.touched()] : []))),
  )
}

/** As `difference`, of two views that have no layer in common. */
export function wholeDifference(before: View, after: View): ProjectionUpdate | null {
  return changeBetween(before, after, (a, b) => new Set([...a.rows().keys(), ...b.rows().keys()]))
}

function changeBetween(
  before: View,
  after: View,
  keysOf: (before: TableView, after: TableView) => ReadonlySet<string>,
): ProjectionUpdate | null {
  if (before.failed() !== null || after.failed() !== null) {
    return sameShown(before.failed(), after.failed()) ? null : projectionUpdate(after)
  }
  if (before.kind === 'table' && after.kind === 'table') {
    return rowsBetween(before, after, keysOf(before, after))
  }
  const update = projectionUpdate(after)
  return sameShown(projectionUpdate(before), update) ? null : update
}

function rowsBetween(
  before: TableView,
  after: TableView,
  keys: ReadonlySet<string>,
): ProjectionUpdate | null {
  const rows: [string, unknown][] = []
  for (const key of keys) {
    const row = after.row(key)
    if (!sameShown(before.row(key), row)) rows.push([key, row ?? null])
  }
  return rows.length === 0 ? null : { kind: 'rows', reset: false, rows }
}
