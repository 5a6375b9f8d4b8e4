/**
 * The model: everything pure, put together. It says which streams belong to which kind of log and which projections
 * are folded from them, and is checked as a whole when it is defined.
 */
import { VarveError } from './errors.ts'
import type { EventDefinition } from './event.ts'
import type { AnyProjection } from './projection.ts'
import { type AnyStream, checkLocalName } from './stream.ts'

export interface ModelEvent {
  readonly stream: AnyStream
  /** Local name, such as `itemAdded`. */
  readonly name: string
  readonly definition: EventDefinition<unknown, unknown>
  readonly evolve: (state: unknown, data: unknown) => unknown
  /** What the names of its streams begin with: `cart/`. */
  readonly streamPrefix: string
}

export interface Model<LogKind extends string = string> {
  readonly name: string
  readonly logKinds: readonly LogKind[]
  readonly projections: ReadonlyMap<string, AnyProjection>
  streamOf(type: string): AnyStream | undefined
  logKindOf(streamType: string): LogKind | undefined
  streamsOf(logKind: string): readonly AnyStream[]
  /** By full name, such as `cart.itemAdded`. */
  eventOf(type: string): ModelEvent | undefined
  /** The projections that are folded from streams of this kind of log. */
  projectionsFrom(logKind: string): readonly AnyProjection[]
}

export type LogKindOf<M> = M extends Model<infer LogKind> ? LogKind : never

export interface ModelSpec<Logs extends Readonly<Record<string, readonly AnyStream[]>>> {
  /** For each kind of log, the stream types that live on it. A commit belongs to one log. */
  readonly logs: Logs
  readonly projections?: readonly AnyProjection[]
}

export function defineModel<const Logs extends Readonly<Record<string, readonly AnyStream[]>>>(
  name: string,
  spec: ModelSpec<Logs>,
): Model<keyof Logs & string> {
  type LogKind = keyof Logs & string
  const logKinds = Object.keys(spec.logs) as LogKind[]
  const streamsIn = (logKind: LogKind) => spec.logs[logKind] as readonly AnyStream[]
  if (logKinds.length === 0) throw badModel(name, 'it has no logs')
  const streams = new Map<string, { readonly stream: AnyStream; readonly logKind: LogKind }>()
  const events = new Map<string, ModelEvent>()
  for (const logKind of logKinds) {
    checkLocalName('kind of log', logKind)
    for (const stream of streamsIn(logKind)) {
      const other = streams.get(stream.type)
      if (other !== undefined) throw badModel(name, streamTwice(stream, logKind, other))
      streams.set(stream.type, { stream, logKind })
      for (const event of eventsOf(stream)) events.set(`${stream.type}.${event.name}`, event)
    }
  }
  const projections = new Map<string, AnyProjection>()
  for (const projection of spec.projections ?? []) {
    const fault = projectionFault(projection, projections, (type) => streams.get(type)?.stream)
    if (fault !== null) throw badModel(name, fault)
    projections.set(projection.name, projection)
  }
  const byLogKind = new Map<
    string,
    { readonly streams: readonly AnyStream[]; readonly projections: readonly AnyProjection[] }
  >()
  for (const logKind of logKinds) {
    const own: readonly AnyStream[] = [...streamsIn(logKind)]
    const fed = [...projections.values()].filter((projection) =>
      projection.from.some((stream) => own.includes(stream)),
    )
    byLogKind.set(logKind, { streams: Object.freeze(own), projections: Object.freeze(fed) })
  }
  return Object.freeze({
    name,
    logKinds: Object.freeze(logKinds),
    projections,
    streamOf: (type: string) => streams.get(type)?.stream,
    logKindOf: (streamType: string) => streams.get(streamType)?.logKind,
    streamsOf: (logKind: string) => byLogKind.get(logKind)?.streams ?? [],
    eventOf: (type: string) => events.get(type),
    projectionsFrom: (logKind: string) => byLogKind.get(logKind)?.projections ?? [],
  })
}

function eventsOf(stream: AnyStream): readonly ModelEvent[] {
  return Object.entries(stream.events).map(([name, definition]) =>
    Object.freeze({
      stream,
      name,
      definition,
      evolve: stream.evolve[name] as ModelEvent['evolve'],
      streamPrefix: `${stream.type}/`,
    }),
  )
}

function streamTwice(
  stream: AnyStream,
  logKind: string,
  other: { readonly stream: AnyStream; readonly logKind: string },
): string {
  if (other.stream !== stream) return `two streams are called ${stream.type}`
  if (other.logKind === logKind) return `the stream ${stream.type} stands twice in the log ${logKind}`
  return `the stream ${stream.type} stands in the logs ${other.logKind} and ${logKind}, and a stream belongs to one log`
}

function projectionFault(
  projection: AnyProjection,
  others: ReadonlyMap<string, AnyProjection>,
  streamOf: (type: string) => AnyStream | undefined,
): string | null {
  if (others.has(projection.name)) return `two projections are called ${projection.name}`
  if (projection.from.length === 0) return `the projection ${projection.name} is folded from no stream`
  const types = new Set<string>()
  for (const stream of projection.from) {
    if (streamOf(stream.type) === undefined) {
      return `the projection ${projection.name} is folded from ${stream.type}, which is in none of the logs`
    }
    if (streamOf(stream.type) !== stream)
      return `the projection ${projection.name} is folded from another stream called ${stream.type}`
    for (const name of Object.keys(stream.events)) types.add(`${stream.type}.${name}`)
  }
  const unknown = Object.keys(projection.on).find((type) => !types.has(type))
  return unknown === undefined
    ? null
    : `the projection ${projection.name} handles ${unknown}, which none of its streams has`
}

function badModel(name: string, fault: string): VarveError {
  return new VarveError('bad_model', `The model ${name} cannot be: ${fault}.`)
}
