/**
 * A view: a projection being folded, in layers like the world (base = the log, fork = what is pending).
 *
 * A handler that throws marks its view `failed`: it keeps its last good value and ignores what comes later, while all
 * other views go on. A fork that fails leaves the layer below whole. An event that a newer program wrote leaves out its
 * stream from there on, as the world freezes it, and no other.
 */
import type { Position, StreamName } from './dot.ts'
import type { ProjectedEvent } from './projected-events.ts'
import type { AnyProjection, ProjectionDefinition } from './projection.ts'
import type { TableDefinition } from './table.ts'
import { createTableView } from './table-view.ts'
import { createValueView } from './value-view.ts'

export interface ViewFailure {
  readonly message: string
  /** Full name of the event that could not be folded. */
  readonly type: string
  /** Its position; null if it was pending. */
  readonly position: Position | null
}

/** Keyed by `projectionFingerprint`. Structured-cloneable, if values and rows are. */
export interface SavedView {
  readonly value?: unknown
  readonly rows?: readonly (readonly [string, unknown])[]
  readonly failed: ViewFailure | null
  readonly leftOut?: readonly (readonly [StreamName, ViewFailure])[]
}

export interface ViewOptions {
  readonly saved?: SavedView | undefined
  /** Deep-freezes values and checks rows by the table's schema. Default: true. */
  readonly freeze?: boolean
}

interface Layered<Self> {
  readonly name: string
  /** Folds the events that the projection handles into this layer. Never throws because of an event. */
  apply(events: readonly ProjectedEvent[]): void
  fork(): Self
  /** Merges this layer into the one below, and is empty after that. */
  absorb(): void
  failed(): ViewFailure | null
  /** Streams that it does not follow beyond an event of a newer program, each with that event. */
  leftOut(): ReadonlyMap<StreamName, ViewFailure>
  /** Only of a base. */
  dump(): SavedView
}

export interface ValueView<Value = unknown> extends Layered<ValueView<Value>> {
  readonly kind: 'value'
  value(): Value
}

export interface TableView<Row = unknown> extends Layered<TableView<Row>> {
  readonly kind: 'table'
  row(key: string): Row | undefined
  /** All rows. Of a base: the live map, to be read before the next `apply`; of a fork: a copy, made at each call. */
  rows(): ReadonlyMap<string, Row>
  /** The keys that this layer has set or deleted. */
  touched(): Iterable<string>
}

export type View = ValueView | TableView

export function createView<Value>(
  projection: ProjectionDefinition<Value>,
  options?: ViewOptions,
): ValueView<Value>
export function createView<Row>(projection: TableDefinition<Row>, options?: ViewOptions): TableView<Row>
export function createView(projection: AnyProjection, options?: ViewOptions): View
export function createView(projection: AnyProjection, options: ViewOptions = {}): View {
  return projection.kind === 'table'
    ? createTableView(projection, options)
    : createValueView(projection, options)
}
