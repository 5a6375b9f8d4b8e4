/**
 * What streams, values and tables look like to a program, folded the plain way: an event after the other into a copy.
 * What the program does not understand freezes its stream, and leaves it out of the projections that would handle it; a
 * projection whose own function fails stands still.
 */
import type { Commit, Entry, EventRecord } from '../../../core/commit.ts'
import type { StreamName } from '../../../core/dot.ts'
import type { EventDefinition } from '../../../core/event.ts'
import type { LogEvent } from '../../../core/log-event.ts'
import type { Model } from '../../../core/model.ts'
import type { AnyProjection } from '../../../core/projection.ts'
import type { Schema } from '../../../core/schema.ts'
import type { TableDefinition } from '../../../core/table.ts'

export interface NaiveStream {
  readonly state: unknown
  readonly revision: number
  /** It has met an event that this program does not understand, or cannot fold. */
  readonly isFrozen: boolean
}

export interface NaiveView {
  /** Of a table: its rows by key. */
  readonly shown: unknown
  /** Streams that it does not follow any further. */
  readonly leftOut: ReadonlySet<StreamName>
  /** It stands still. */
  readonly isFailed: boolean
}

export interface NaiveFold {
  readonly streams: ReadonlyMap<StreamName, NaiveStream>
  /** By the projection's name. */
  readonly views: ReadonlyMap<string, NaiveView>
}

export const nothing: NaiveFold = { streams: new Map(), views: new Map() }

export function folded(
  model: Model,
  { streams, views }: NaiveFold,
  sources: readonly (Entry | Commit)[],
): NaiveFold {
  const fold = { streams: new Map(streams), views: new Map(views) }
  for (const source of sources) {
    const commit = 'commit' in source ? source.commit : source
    for (const event of commit.events) {
      fold.streams.set(event.stream, nextStream(model, streamIn(model, fold, event.stream), event))
      for (const projection of model.projections.values()) {
        if (!Object.hasOwn(projection.on, event.type)) continue
        const before = viewIn(model, fold, projection.name)
        if (before.leftOut.has(event.stream) || before.isFailed) continue
        fold.views.set(projection.name, nextView(model, before, { projection, source, event }))
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

export function viewIn(model: Model, { views }: NaiveFold, name: string): NaiveView {
  const projection = model.projections.get(name)
  const shown = projection?.kind === 'value' ? projection.initial : new Map()
  return views.get(name) ?? { shown, leftOut: new Set(), isFailed: false }
}

/** Whether a program with this model can make anything of the event. */
export function isReadable(model: Model, event: EventRecord): boolean {
  const definition = definitionOf(model, event)
  return definition !== undefined && event.version <= definition.versions.length
}

function nextStream(model: Model, before: NaiveStream, event: EventRecord): NaiveStream {
  const revision = before.revision + 1
  const [kind, name] = event.type.split('.') as [string, string]
  const state = before.isFrozen
    ? failed
    : tried(() =>
        model.streamOf(kind)?.evolve[name]?.(before.state, dataOf(definitionOf(model, event), event)),
      )
  return state === failed ? { ...before, revision, isFrozen: true } : { ...before, revision, state }
}

function nextView(
  model: Model,
  before: NaiveView,
  {
    projection,
    source,
    event,
  }: {
    readonly projection: AnyProjection
    readonly source: Entry | Commit
    readonly event: EventRecord
  },
): NaiveView {
  if (!isReadable(model, event)) return { ...before, leftOut: new Set([...before.leftOut, event.stream]) }
  const shown = tried(() => {
    const seen = seenEvent(source, event, dataOf(definitionOf(model, event), event))
    return projection.kind === 'value'
      ? projection.on[event.type]?.(before.shown, seen)
      : nextRows(projection, before.shown as ReadonlyMap<string, unknown>, seen)
  })
  return shown === failed ? { ...before, isFailed: true } : { ...before, shown }
}

/** All that an event touches, or none. */
function nextRows(
  table: TableDefinition<unknown>,
  before: ReadonlyMap<string, unknown>,
  event: LogEvent,
): ReadonlyMap<string, unknown> {
  const rows = new Map(before)
  const keys = table.key(event)
  for (const key of new Set(keys === null ? [] : typeof keys === 'string' ? [keys] : keys)) {
    if (typeof key !== 'string') throw new Error('This is no key.')
    const row = table.on[event.type]?.(before.get(key), event)
    if (row === undefined) throw new Error('The handler returned nothing.')
    if (row === null) rows.delete(key)
    else {
      mustParse(table.row, row)
      rows.set(key, row)
    }
  }
  return rows
}

const failed = Symbol('failed')

/** Functions of an application may throw, and none may return nothing. */
function tried(step: () => unknown): unknown {
  try {
    const result = step()
    return result === undefined ? failed : result
  } catch {
    return failed
  }
}

/** In its newest shape; throws if it has none here. */
function dataOf(
  definition: EventDefinition<unknown, unknown> | undefined,
  { version, data }: EventRecord,
): unknown {
  if (definition === undefined || version > definition.versions.length)
    throw new Error('This is unknown here.')
  let read: unknown = data
  for (const { schema, upcast } of definition.versions.slice(version))
    read = mustParse(schema, upcast?.(read))
  return read
}

function mustParse(schema: Schema, value: unknown): unknown {
  const parsed = schema['~standard'].validate(value)
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('This is not of its schema.')
  return parsed.value
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
