/** Answers queries: from the present through the watchers, or once and for all from an opened past. */
import type { LogId, StreamName } from '../core/dot.ts'
import { parseStreamName } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import type { PendingNote, Query, StreamUpdate } from '../core/query.ts'
import type { World } from '../core/world.ts'
import type { FateWatch } from './fate-watch.ts'
import type { Past } from './past.ts'
import { projectionUpdate } from './shown-view.ts'
import type { Listener, Watchers } from './watchers.ts'

export interface QuerySources {
  readonly model: Model
  readonly logOf: (kind: string) => LogId
  readonly watchers: Watchers
  readonly fates: FateWatch
  /** Throws `unknown_past`. */
  readonly mustPast: (id: string) => Past
  readonly report: (thrown: unknown) => void
}

export function answer(sources: QuerySources, query: Query, listener: Listener): () => void {
  const { watchers } = sources
  switch (query.kind) {
    case 'stream': {
      const log = mustLogOf(sources, query.stream)
      if (query.past === undefined) return watchers.watchStream(query.stream, listener)
      const world = sources.mustPast(query.past).world(log)
      if (world !== undefined) tell(sources, listener, streamUpdate(world, query.stream, []))
      return stopNothing
    }
    case 'projection': {
      mustProjection(sources.model, query.name)
      if (query.past === undefined) return watchers.watchProjection(query.name, listener)
      const view = sources.mustPast(query.past).view(query.name)
      if (view !== undefined) tell(sources, listener, projectionUpdate(view))
      return stopNothing
    }
    case 'status':
      return watchers.watchStatus(listener)
    case 'inbox':
      return watchers.watchInbox(listener)
    case 'fate':
      return sources.fates.watch(query.ref, listener)
    case 'fates': {
      let stopped = false
      const stop = watchers.watchFates(listener)
      sources.fates.tellEnded(query.awaiting, (update) => {
        if (!stopped) listener(update)
      })
      return () => {
        stopped = true
        stop()
      }
    }
  }
}

/** The log that a stream lives on. */
export function mustLogOf(
  { model, logOf }: Pick<QuerySources, 'model' | 'logOf'>,
  stream: StreamName,
): LogId {
  const kind = model.logKindOf(parseStreamName(stream).type)
  if (kind !== undefined) return logOf(kind)
  throw new VarveError('unknown_stream', `The model ${model.name} has no stream type for ${stream}.`)
}

function mustProjection(model: Model, name: string): void {
  if (model.projections.has(name)) return
  throw new VarveError('unknown_projection', `The model ${model.name} has no projection ${name}.`, {
    hint: 'Add it to `projections` in defineModel.',
  })
}

export function streamUpdate(
  world: World,
  stream: StreamName,
  pending: readonly PendingNote[],
): StreamUpdate {
  const { state, revision, frozen } = world.get(stream)
  return { kind: 'stream', state, revision, pending, frozen }
}

function tell({ report }: QuerySources, listener: Listener, update: Parameters<Listener>[0]): void {
  try {
    listener(update)
  } catch (thrown) {
    // Whatever a page's code throws.
    report(thrown)
  }
}

function stopNothing(): void {}
