/**
 * All projections of a store, each in two layers:
 *
 *   pending     what is shown: the outbox on top
 *   confirmed   the fold of the log, which snapshots save
 *
 * Every change is answered with what a watcher must be told and no more: a table's rows are compared where a layer
 * touched them, so that a commit that was pending and is now placed tells nothing. A projection over several logs sees
 * the pending commits log by log, in the order of the model, as it will after a reload; entries that come after younger
 * ones of another log make it `late`, until it is folded again by time.
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { type ProjectedEvent, projectedEvents } from '../core/projected-events.ts'
import type { AnyProjection } from '../core/projection.ts'
import type { ProjectionFailure, ProjectionUpdate } from '../core/query.ts'
import type { View } from '../core/view.ts'
import { isLate } from './read-by-time.ts'
import { difference, failureOf, wholeDifference } from './shown-view.ts'
import { type BoundLog, feedingLogs } from './snapshots.ts'

export type OutboxOf = (log: LogId) => readonly Commit[]

export interface Views {
  /** The layer that is shown. */
  mustGet(name: string): View
  confirmed(): readonly { readonly projection: AnyProjection; readonly view: View }[]
  /** Commits were added at the end of a log's outbox; `outboxOf` holds them already. */
  append(log: LogId, commits: readonly Commit[], outboxOf: OutboxOf): ReadonlyMap<string, ProjectionUpdate>
  /** Entries were applied or outboxes replaced, of the logs in `logs`. */
  replace(
    logs: ReadonlySet<LogId>,
    entries: readonly Entry[],
    outboxOf: OutboxOf,
  ): ReadonlyMap<string, ProjectionUpdate>
  /** Projections that were folded in the order in which the entries came, which is not that of the servers' time. */
  late(): ReadonlySet<string>
  /** Puts freshly folded views, of all that is applied, in place of late ones. */
  reorder(views: ReadonlyMap<string, View>, outboxOf: OutboxOf): ReadonlyMap<string, ProjectionUpdate>
  /** Puts freshly folded views in place of all; `times` are those of their last entries. */
  rebuild(
    views: ReadonlyMap<string, View>,
    times: ReadonlyMap<LogId, number>,
    outboxOf: OutboxOf,
  ): ReadonlyMap<string, ProjectionUpdate>
  failures(): readonly ProjectionFailure[]
}

interface Shown {
  readonly projection: AnyProjection
  readonly logs: readonly LogId[]
  confirmed: View
  pending: View
  late: boolean
}

export interface ViewsOptions {
  readonly model: Model
  readonly logs: readonly BoundLog[]
  readonly confirmed: ReadonlyMap<string, View>
  /** The server's time of the last entry in `confirmed`, by log; needed if a projection reads several. */
  readonly times: ReadonlyMap<LogId, number>
  readonly outboxOf: OutboxOf
}

export function createViews({ model, logs, confirmed, ...options }: ViewsOptions): Views {
  const times = new Map(options.times)
  const shown = new Map<string, Shown>()
  for (const projection of model.projections.values()) {
    const base = confirmed.get(projection.name)
    if (base === undefined) continue
    const ids = feedingLogs(model, projection, logs).map(({ id }) => id)
    shown.set(projection.name, {
      projection,
      logs: ids,
      confirmed: base,
      pending: pendingOn(base, ids, options.outboxOf),
      late: false,
    })
  }

  function mustGet(name: string): View {
    const each = shown.get(name)
    assert(each !== undefined, `The model has the projection ${name}.`)
    return each.pending
  }

  function pendingOn(below: View, ids: readonly LogId[], outboxOf: OutboxOf): View {
    const layer = below.fork()
    for (const id of ids) for (const commit of outboxOf(id)) layer.apply(projectedEvents(model, commit, id))
    return layer
  }

  function append(
    log: LogId,
    commits: readonly Commit[],
    outboxOf: OutboxOf,
  ): ReadonlyMap<string, ProjectionUpdate> {
    const events = commits.flatMap((commit) => projectedEvents(model, commit, log))
    return changesIn([...shown.values()], (each) => {
      const at = each.logs.indexOf(log)
      if (at < 0 || !handles(each, events)) return null
      const inOrder = each.logs.slice(at + 1).every((later) => outboxOf(later).length === 0)
      if (!inOrder) return replaceOne(each, [], outboxOf)
      const layer = each.pending.fork()
      layer.apply(events)
      const change = difference(each.pending, layer, [layer])
      layer.absorb()
      return change
    })
  }

  function replace(
    ids: ReadonlySet<LogId>,
    entries: readonly Entry[],
    outboxOf: OutboxOf,
  ): ReadonlyMap<string, ProjectionUpdate> {
    const placed = entries.map(
      (entry) => [entry.commit.log, projectedEvents(model, entry, entry.commit.log)] as const,
    )
    for (const each of shown.values()) each.late ||= comeLate(each, entries)
    for (const { commit, time } of entries) times.set(commit.log, time)
    return changesIn([...shown.values()], (each) => {
      if (!each.logs.some((id) => ids.has(id))) return null
      const events = placed.flatMap(([log, of]) => (each.logs.includes(log) ? of : []))
      return replaceOne(each, events, outboxOf)
    })
  }

  function comeLate({ logs: ids }: Shown, entries: readonly Entry[]): boolean {
    if (ids.length < 2) return false
    const folded = ids.map((id) => times.get(id) ?? Number.NEGATIVE_INFINITY)
    return entries.some(({ commit, time }) => {
      const at = ids.indexOf(commit.log)
      return at >= 0 && isLate(folded, { time, at })
    })
  }

  function reorder(
    views: ReadonlyMap<string, View>,
    outboxOf: OutboxOf,
  ): ReadonlyMap<string, ProjectionUpdate> {
    return changesIn([...shown.values()], (each) => {
      const view = views.get(each.projection.name)
      if (view === undefined) return null
      const before = each.pending
      each.confirmed = view
      each.pending = pendingOn(view, each.logs, outboxOf)
      each.late = false
      return wholeDifference(before, each.pending)
    })
  }

  function replaceOne(
    each: Shown,
    events: readonly ProjectedEvent[],
    outboxOf: OutboxOf,
  ): ProjectionUpdate | null {
    const before = each.pending
    const step = each.confirmed.fork()
    step.apply(events)
    const after = pendingOn(step, each.logs, outboxOf)
    // Before the step is absorbed: `before` stands on the confirmed layer too.
    const change = difference(before, after, [before, step, after])
    step.absorb()
    each.pending = after
    return change
  }

  return Object.freeze({
    mustGet,
    confirmed: () => [...shown.values()].map(({ projection, confirmed: view }) => ({ projection, view })),
    append,
    replace,
    late: () =>
      new Set([...shown.values()].filter(({ late }) => late).map(({ projection }) => projection.name)),
    reorder,
    rebuild: (views: ReadonlyMap<string, View>, fresh: ReadonlyMap<LogId, number>, outboxOf: OutboxOf) => {
      times.clear()
      for (const [log, time] of fresh) times.set(log, time)
      return reorder(views, outboxOf)
    },
    failures: () => [...shown.values()].flatMap(({ pending }) => failureOf(pending) ?? []),
  })
}

function handles({ projection }: Shown, events: readonly ProjectedEvent[]): boolean {
  return events.some((event) => Object.hasOwn(projection.on, event.type))
}

function changesIn(
  all: readonly Shown[],
  changeOf: (each: Shown) => ProjectionUpdate | null,
): ReadonlyMap<string, ProjectionUpdate> {
  const changes = new Map<string, ProjectionUpdate>()
  for (const each of all) {
    const change = changeOf(each)
    if (change !== null) changes.set(each.projection.name, change)
  }
  return changes
}
