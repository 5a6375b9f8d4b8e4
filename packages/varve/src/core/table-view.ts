/** The view of a table: a fork holds the rows that it changed, and null where it deleted one. */
import { deepFreeze } from './deep-freeze.ts'
import type { StreamName } from './dot.ts'
import { assert, messageOf } from './errors.ts'
import type { ProjectedEvent } from './projected-events.ts'
import { parseWith } from './schema.ts'
import type { TableDefinition } from './table.ts'
import type { TableView, ViewFailure, ViewOptions } from './view.ts'
import { absorbLeftOut, failureOf, foldOne, leavesOut, leftOutOf } from './view-fold.ts'

interface TableLayer {
  readonly below: TableLayer | null
  /** Null marks a deleted row; a base has none. */
  readonly rows: Map<string, unknown>
  failed: ViewFailure | null
  readonly leftOut: Map<StreamName, ViewFailure>
}

interface Ground {
  readonly table: TableDefinition<unknown>
  readonly freeze: boolean
}

type Changes = readonly (readonly [string, unknown])[]

export function createTableView(
  table: TableDefinition<unknown>,
  { saved, freeze = true }: ViewOptions,
): TableView {
  const rows = saved?.rows ?? []
  if (freeze) for (const [, row] of rows) deepFreeze(row)
  return tableView(
    { table, freeze },
    {
      below: null,
      rows: new Map(rows),
      failed: saved?.failed ?? null,
      leftOut: new Map(saved?.leftOut),
    },
  )
}

function tableView(ground: Ground, layer: TableLayer): TableView {
  const { below } = layer
  return {
    kind: 'table',
    name: ground.table.name,
    row: (key) => rowOf(layer, key),
    rows: () => mergedRows(layer),
    touched: () => layer.rows.keys(),
    failed: () => failureOf(layer),
    leftOut: () => leftOutOf(layer),
    apply: (events) => {
      for (const event of events) {
        if (!Object.hasOwn(ground.table.on, event.type) || failureOf(layer) !== null) continue
        if (leavesOut(layer, event)) continue
        const folded = foldOne(event, () => changesBy(ground, layer, event))
        if (folded.ok) setRows(layer, folded.value as Changes)
        else layer.failed = folded.failure
      }
    },
    fork: () => tableView(ground, { below: layer, rows: new Map(), failed: null, leftOut: new Map() }),
    absorb: () => {
      assert(below !== null, 'A base view has nothing below to be absorbed into.')
      setRows(below, layer.rows)
      absorbLeftOut(layer, below)
      below.failed = layer.failed ?? below.failed
      layer.rows.clear()
      layer.failed = null
    },
    dump: () => {
      assert(below === null, 'Only a base view can be dumped: absorb its forks first.')
      return { rows: [...layer.rows], failed: layer.failed, leftOut: [...layer.leftOut] }
    },
  }
}

/** The rows that an event changes: all or, if the handler throws at one of them, none. */
function changesBy({ table, freeze }: Ground, layer: TableLayer, event: ProjectedEvent): Changes {
  const handler = table.on[event.type]
  assert(handler !== undefined, 'Only events that the table handles are folded into it.')
  const keys = table.key(event)
  return [...new Set(keys === null ? [] : [keys].flat())].map((key) => {
    if (typeof key !== 'string') {
      const it = `${messageOf(key)} for ${event.type}`
      throw new Error(`The key of table ${table.name} must be text, a list of texts or null, and is ${it}.`)
    }
    const row = handler(rowOf(layer, key), event)
    if (row === undefined)
      throw new Error(`The handler of ${event.type} returned nothing; null deletes a row.`)
    if (freeze && row !== null) checkRow(table, key, row)
    return [key, freeze ? deepFreeze(row) : row] as const
  })
}

function checkRow(table: TableDefinition<unknown>, key: string, row: unknown): void {
  const parsed = parseWith(table.row, row)
  if (!parsed.ok)
    throw new Error(`The row ${key} of ${table.name} is not what its schema says: ${parsed.message}`)
}

function setRows(layer: TableLayer, changes: Iterable<readonly [string, unknown]>): void {
  for (const [key, row] of changes) {
    if (row === null && layer.below === null) layer.rows.delete(key)
    else layer.rows.set(key, row)
  }
}

function rowOf(layer: TableLayer, key: string): unknown {
  for (let at: TableLayer | null = layer; at !== null; at = at.below) {
    const row = at.rows.get(key)
    if (row !== undefined) return row ?? undefined
  }
  return undefined
}

function mergedRows(layer: TableLayer): ReadonlyMap<string, unknown> {
  if (layer.below === null) return layer.rows
  const rows = new Map(mergedRows(layer.below))
  for (const [key, row] of layer.rows) {
    if (row === null) rows.delete(key)
    else rows.set(key, row)
  }
  return rows
}
