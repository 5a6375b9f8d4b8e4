/**
 * The definition of one event type: its schemas, oldest first, and how each shape becomes the next.
 *
 * Stored events are never rewritten. They carry the version of the schema that they were written with, and are
 * brought to the newest shape when they are read.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { parseWith, type SchemaInput, type SchemaOutput } from './schema.ts'

export interface EventVersion {
  readonly schema: StandardSchemaV1
  /** From the shape before to this schema's input; null for the first version. */
  readonly upcast: ((old: unknown) => unknown) | null
}

export interface EventDefinition<Input, Data> {
  /** Oldest first; the version of a stored event is its place here, from 1. */
  readonly versions: readonly EventVersion[]
  /**
   * Gives the event a new shape. Events stored with the shape before are brought to the new one by `upcast` (a pure
   * function), then validated by `schema`, whenever they are read.
   */
  revise<S extends StandardSchemaV1>(
    schema: S,
    upcast: (old: Data) => NoInfer<SchemaInput<S>>,
  ): EventDefinition<SchemaInput<S>, SchemaOutput<S>>
  /** Types only; never there. */
  readonly '~types'?: { readonly input: Input; readonly data: Data }
}

export type EventMap = Readonly<Record<string, EventDefinition<unknown, unknown>>>

/** What `emit` takes: the newest schema's input. */
export type EventInput<E> = E extends EventDefinition<infer Input, unknown> ? Input : never
/** What is stored and folded: the newest schema's output. */
export type EventData<E> = E extends EventDefinition<unknown, infer Data> ? Data : never

/** Defines an event by the schema of its data. */
export function event<S extends StandardSchemaV1>(
  schema: S,
): EventDefinition<SchemaInput<S>, SchemaOutput<S>> {
  return eventOf([{ schema, upcast: null }])
}

function eventOf<Input, Data>(versions: readonly EventVersion[]): EventDefinition<Input, Data> {
  return Object.freeze({
    versions: Object.freeze(versions.map((version) => Object.freeze(version))),
    revise: <S extends StandardSchemaV1>(schema: S, upcast: (old: Data) => NoInfer<SchemaInput<S>>) =>
      eventOf<SchemaInput<S>, SchemaOutput<S>>([
        ...versions,
        { schema, upcast: upcast as (old: unknown) => unknown },
      ]),
  })
}

/**
 * Brings stored data from `version` to the newest shape; throws if an upcaster does, or if its result does not satisfy
 * its schema. Data of the newest version is taken as it is: it was validated when it was written.
 */
export function upcast(
  definition: EventDefinition<unknown, unknown>,
  version: number,
  data: unknown,
): unknown {
  let current = data
  for (const { schema, upcast: step } of definition.versions.slice(version)) {
    // Only the first version has none, and it is not among those after `version`.
    const parsed = parseWith(schema, (step as (old: unknown) => unknown)(current))
    if (!parsed.ok) throw new Error(`after revising: ${parsed.message}`)
    current = parsed.value
  }
  return current
}
