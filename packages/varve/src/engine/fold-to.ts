/**
 * Folds what is stored up to a cut into worlds and views: how an engine boots (the cut is the head) and how the past
 * is opened. Each world and each view starts from its own snapshot, if there is a fitting one; the entries are read
 * once for all of them.
 */
import type { LogId, Position } from '../core/dot.ts'
import { projectedEvents } from '../core/projected-events.ts'
import type { AnyProjection } from '../core/projection.ts'
import { createView, type View } from '../core/view.ts'
import { createWorld, type World } from '../core/world.ts'
import type { StoreLog } from '../log/port.ts'
import { readByTime } from './read-by-time.ts'
import { type BoundLog, feedingLogs, type Positions, readSnapshots, type SnapshotScope } from './snapshots.ts'

export interface Folded {
  readonly worlds: ReadonlyMap<LogId, World>
  readonly views: ReadonlyMap<string, View>
  /** Entries read: what a fresh snapshot would save. */
  readonly read: number
}

export interface FoldOptions {
  readonly scope: SnapshotScope
  readonly cut: Positions
  readonly freeze: boolean
  /** Folds only these projections, and worlds or none. */
  readonly only?: { readonly projections: ReadonlySet<string>; readonly worlds: boolean }
}

export async function foldTo(log: StoreLog, { scope, cut, freeze, only }: FoldOptions): Promise<Folded> {
  const { model, logs } = scope
  const projections = [...model.projections.values()].filter(
    ({ name }) => only?.projections.has(name) ?? true,
  )
  const snapshots = await readSnapshots(log, scope, cut)
  const worlds = new Map(((only?.worlds ?? true) ? logs : []).map((each) => [each.id, startWorld(each)]))
  const views = projections.map(startView)

  function startWorld(each: BoundLog) {
    const { positions, saved } = snapshots.world(each)
    return { world: createWorld(model, each.kind, { saved, freeze }), after: positions[each.id] ?? 0 }
  }

  function startView(projection: AnyProjection) {
    const { positions, saved } = snapshots.view(projection, feedingLogs(model, projection, logs))
    return { view: createView(projection, { saved, freeze }), after: positions }
  }

  /** The first position that somebody still has to fold. */
  function startOf(id: LogId): Position {
    const afters = views.flatMap(({ after }) => after[id] ?? [])
    return Math.min(worlds.get(id)?.after ?? cut[id] ?? 0, ...afters)
  }

  const ranges = logs.map(({ id }) => ({ log: id, after: startOf(id), upTo: cut[id] ?? 0 }))
  let read = 0
  for await (const page of readByTime(log, ranges)) {
    read += page.length
    for (const entry of page) {
      const { position, commit } = entry
      const started = worlds.get(commit.log)
      if (started !== undefined && position > started.after) started.world.apply(commit.events)
      const behind = views.filter(({ after }) => position > (after[commit.log] ?? Number.POSITIVE_INFINITY))
      if (behind.length === 0) continue
      const events = projectedEvents(model, entry, commit.log)
      for (const { view } of behind) view.apply(events)
    }
  }
  return {
    worlds: new Map([...worlds].map(([id, { world }]) => [id, world])),
    views: new Map(views.map(({ view }) => [view.name, view])),
    read,
  }
}
