/**
 * What streams and values look like to a program, folded the plain way: an event after the other into a copy. What the
 * program does not understand freezes its stream, and leaves it out of the values that would handle it.
 */
import type { Commit, Entry, EventRecord } from '../../../core/commit.ts'
import type { StreamName } from '../../../core/dot.ts'
import type { EventDefinition } from '../../../core/event.ts'
import type { LogEvent } from '../../../core/log-event.ts'
import type { Model } from '../../../core/model.ts'

export interface NaiveStream {
  readonly state: unknown
  readonly revision: number
  /** It has met an event that this program does not understand. */
  readonly isFrozen: boolean
}

/** A projection of one value. */
export interface NaiveValue {
  readonly value: unknown
  /** Streams that it does not follow any further. */
  readonly leftOut: ReadonlySet<StreamName>
}

export interface NaiveFold {
  readonly streams: ReadonlyMap<StreamName, NaiveStream>
  /** By the projection's name. Tables are not among them. */
  readonly values: ReadonlyMap<string, NaiveValue>
}

export const nothing: NaiveFold = { streams: new Map(), values: new Map() }

export function folded(
  model: Model,
  { streams, values }: NaiveFold,
  sources: readonly (Entry | Commit)[],
): NaiveFold {
  const fold = { streams: new Map(streams), values: new Map(values) }
  for (const source of sources) {
    const commit = 'commit' in source ? source.commit : source
    for (const event of commit.events) {
      fold.streams.set(event.stream, nextStream(model, streamIn(model, fold, event.stream), event))
      for (const projection of model.projections.values()) {
        const handler = projection.kind === 'value' ? projection.on[event.type] : undefined
        if (projection.kind !== 'value' || handler === undefined) continue
        const before = valueIn(model, fold, projection.name)
        if (before.leftOut.has(event.stream)) continue
        const data = readData(definitionOf(model, event), event)
        fold.values.set(
          projection.name,
          data === unreadable
            ? { ...before, leftOut: new Set([...before.leftOut, event.stream]) }
            : { ...before, value: handler(before.value, seenEvent(source, event, data)) },
        )
      }
    }
  }
  return fold
}

/** A stream as a fold has it; its initial state if it has no events. */
export function streamIn(model: Model, { streams }: NaiveFold, stream: StreamName): NaiveStream {
  const initial = model.streamOf(stream.slice(0, stream.indexOf('/')))?.initial
  return streams.get(stream) ?? { state: initial, revision: 0, isFrozen: false }
}

/** A projection of one value as a fold has it. */
export function valueIn(model: Model, { values }: NaiveFold, name: string): NaiveValue {
  const projection = model.projections.get(name)
  const initial = projection?.kind === 'value' ? projection.initial : undefined
  return values.get(name) ?? { value: initial, leftOut: new Set() }
}

/** Whether a program with this model can make anything of the event. */
export function isReadable(model: Model, event: EventRecord): boolean {
  const definition = definitionOf(model, event)
  return definition !== undefined && event.version <= definition.versions.length
}

function nextStream(model: Model, before: NaiveStream, event: EventRecord): NaiveStream {
  const revision = before.revision + 1
  const data = readData(definitionOf(model, event), event)
  const [kind, name] = event.type.split('.') as [string, string]
  return before.isFrozen || data === unreadable
    ? { ...before, revision, isFrozen: true }
    : { ...before, revision, state: model.streamOf(kind)?.evolve[name]?.(before.state, data) }
}

const unreadable = Symbol('unreadable')

/** In its newest shape. */
function readData(
  definition: EventDefinition<unknown, unknown> | undefined,
  { version, data }: EventRecord,
): unknown {
  if (definition === undefined || version > definition.versions.length) return unreadable
  let read: unknown = data
  for (const { schema, upcast } of definition.versions.slice(version)) {
    const parsed = schema['~standard'].validate(upcast?.(read)) as { readonly value: unknown }
    read = parsed.value
  }
  return read
}

function definitionOf(model: Model, { type }: EventRecord): EventDefinition<unknown, unknown> | undefined {
  const [kind, name] = type.split('.') as [string, string]
  return model.streamOf(kind)?.events[name]
}

function seenEvent(source: Entry | Commit, { stream, type }: EventRecord, data: unknown): LogEvent {
  const { position, time, commit } =
    'commit' in source ? source : { position: null, time: null, commit: source }
  const { log, now, dot } = commit
  const streamId = stream.slice(stream.indexOf('/') + 1)
  return { type, data, stream, streamId, log, position, time, now, replica: dot.replica }
}
