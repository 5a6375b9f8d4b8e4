/**
 * The definition of a table: rows by key, folded from the events of any streams. Only the rows that an event touched
 * are computed, stored and sent across the worker border.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventOf, LogEvent } from './log-event.ts'
import { checkProjectionName } from './projection.ts'
import type { SchemaOutput } from './schema.ts'
import type { AnyStream } from './stream.ts'

/** One function per event type that matters: from the row, if there is one, to the next row, or null to delete it. */
export type RowOnMap<From extends readonly AnyStream[], Row> = {
  readonly [E in EventOf<From[number]> as E['type']]?: (row: Row | undefined, event: E) => Row | null
}

/** The key of the row that an event touches, several keys, or null for none. */
export type RowKeys = string | readonly string[] | null

export interface TableDefinition<Row> {
  readonly kind: 'table'
  readonly name: string
  readonly from: readonly AnyStream[]
  readonly key: (event: LogEvent) => RowKeys
  /** Gives the rows their type; in development each new row is checked by it. */
  readonly row: StandardSchemaV1
  readonly indexes: readonly string[]
  readonly on: Readonly<Record<string, (row: unknown, event: LogEvent) => unknown>>
  readonly version: number
  /** Types only; never there. */
  readonly '~row'?: Row
}

export type RowOf<Table> = Table extends TableDefinition<infer Row> ? Row : never

export interface TableSpec<From extends readonly AnyStream[], Row extends StandardSchemaV1> {
  readonly from: From
  /** Called for the events in `on` only. */
  readonly key: (event: NoInfer<EventOf<From[number]>>) => RowKeys
  readonly row: Row
  /** Columns to look rows up by. */
  readonly indexes?: readonly NoInfer<keyof SchemaOutput<Row> & string>[]
  readonly on: NoInfer<RowOnMap<From, SchemaOutput<Row>>>
  /** Count up when a function that the handlers import changes its result. */
  readonly version?: number
}

/** Defines rows that are folded from events, such as the list of orders. */
export function defineTable<const From extends readonly AnyStream[], Row extends StandardSchemaV1>(
  name: string,
  spec: TableSpec<From, Row>,
): TableDefinition<SchemaOutput<Row>> {
  checkProjectionName(name)
  return Object.freeze({
    kind: 'table',
    name,
    from: Object.freeze([...spec.from]),
    key: spec.key as unknown as TableDefinition<unknown>['key'],
    row: spec.row,
    indexes: Object.freeze([...(spec.indexes ?? [])]),
    on: Object.freeze({ ...spec.on }) as TableDefinition<unknown>['on'],
    version: spec.version ?? 1,
  })
}
