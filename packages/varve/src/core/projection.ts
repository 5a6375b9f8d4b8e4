/** The definition of a projection: one value, folded from the events of any streams. */
import { deepFreeze } from './deep-freeze.ts'
import { VarveError } from './errors.ts'
import type { EventOf, LogEvent } from './log-event.ts'
import type { AnyStream } from './stream.ts'
import type { TableDefinition } from './table.ts'

/** One function per event type that matters: `(value, event) => value`, pure. */
export type OnMap<From extends readonly AnyStream[], Value> = {
  readonly [E in EventOf<From[number]> as E['type']]?: (value: Value, event: E) => Value
}

export interface ProjectionDefinition<Value> {
  readonly kind: 'value'
  readonly name: string
  readonly from: readonly AnyStream[]
  readonly initial: Value
  readonly on: Readonly<Record<string, (value: unknown, event: LogEvent) => unknown>>
  readonly version: number
}

/** Any projection or table, whatever its types. */
export type AnyProjection = ProjectionDefinition<unknown> | TableDefinition<unknown>

export type ValueOf<Projection extends { readonly initial: unknown }> = Projection['initial']

export interface ProjectionSpec<From extends readonly AnyStream[], Value> {
  readonly from: From
  readonly initial: Value
  readonly on: NoInfer<OnMap<From, Value>>
  /** Count up when a function that the handlers import changes its result. */
  readonly version?: number
}

/** Defines a value that is folded from events, such as a total. */
export function defineProjection<const From extends readonly AnyStream[], Value>(
  name: string,
  spec: ProjectionSpec<From, Value>,
): ProjectionDefinition<Value> {
  checkProjectionName(name)
  return Object.freeze({
    kind: 'value',
    name,
    from: Object.freeze([...spec.from]),
    initial: deepFreeze(spec.initial),
    on: Object.freeze({ ...spec.on }) as ProjectionDefinition<Value>['on'],
    version: spec.version ?? 1,
  })
}

/** Throws unless `name` may name a projection: a letter, then letters, digits, `_` or `-`. */
export function checkProjectionName(name: string): void {
  if (/^[A-Za-z][\w-]*$/.test(name)) return
  throw new VarveError('bad_name', `${JSON.stringify(name)} is no name for a projection.`, {
    hint: 'Names are a letter followed by letters, digits, _ or -, such as orders.',
  })
}
