/**
 * Snapshots: folds of the log that are kept so that opening is fast. They are disposable: one that is missing, made by
 * another version of the application, of another incarnation of a log or beyond the cut is passed over, and the state
 * is folded from the start.
 */
import type { LogId, Position } from '../core/dot.ts'
import { projectionFingerprint, worldFingerprint } from '../core/fingerprint.ts'
import type { Model } from '../core/model.ts'
import type { AnyProjection } from '../core/projection.ts'
import type { SavedView, View } from '../core/view.ts'
import type { SavedWorld, World } from '../core/world.ts'
import type { LogHead, Snapshot, StoreLog } from '../log/port.ts'
import { isLate, timeAt } from './read-by-time.ts'

export type Positions = Readonly<Record<LogId, Position>>

/** A log as bound to its kind. */
export interface BoundLog {
  readonly id: LogId
  readonly kind: string
}

export interface SavedFold<Saved> {
  readonly positions: Positions
  readonly saved: Saved | undefined
}

export interface SnapshotReader {
  world(log: BoundLog): SavedFold<SavedWorld>
  view(projection: AnyProjection, logs: readonly BoundLog[]): SavedFold<SavedView>
}

/** The logs that feed a projection, in the order of the model. */
export function feedingLogs(
  model: Model,
  projection: AnyProjection,
  logs: readonly BoundLog[],
): readonly BoundLog[] {
  return logs.filter(({ kind }) => model.projectionsFrom(kind).includes(projection))
}

export interface SnapshotScope {
  readonly model: Model
  readonly logs: readonly BoundLog[]
  readonly heads: readonly LogHead[]
}

/** Reads what may serve as a start for a fold up to `cut`; gives empty starts where nothing does. */
export async function readSnapshots(
  log: StoreLog,
  scope: SnapshotScope,
  cut: Positions,
): Promise<SnapshotReader> {
  const { model, logs } = scope
  const keys = [
    ...logs.map((each) => worldKey(scope, each)),
    ...[...model.projections.values()].map((each) => viewKey(scope, each)),
  ]
  const found = new Map<string, Snapshot>()
  for (const snapshot of await readAll(log, keys)) {
    if (await isInOrder(log, logs, cut, snapshot)) found.set(snapshot.key, snapshot)
  }

  function startOf<Saved>(key: string, of: readonly BoundLog[]): SavedFold<Saved> {
    const snapshot = found.get(key)
    if (snapshot !== undefined && fits(snapshot.positions, of, cut) && !hasFailed(snapshot)) {
      return { positions: snapshot.positions, saved: snapshot.state as Saved }
    }
    return { positions: Object.fromEntries(of.map(({ id }) => [id, 0])), saved: undefined }
  }
  return {
    world: (each) => startOf(worldKey(scope, each), [each]),
    view: (projection, of) => startOf(viewKey(scope, projection), of),
  }
}

async function readAll(log: StoreLog, keys: readonly string[]): Promise<readonly Snapshot[]> {
  try {
    return await log.readSnapshots(keys)
  } catch {
    // Whatever is wrong with snapshots, the entries are the truth; if the store itself is gone, reading those says so.
    return []
  }
}

/**
 * Whether all that was placed up to the cut and is not in the snapshot belongs after what is in it. Entries of one log
 * may have come here after younger ones of another.
 */
async function isInOrder(
  log: StoreLog,
  logs: readonly BoundLog[],
  cut: Positions,
  { positions }: Snapshot,
): Promise<boolean> {
  const of = logs.filter(({ id }) => (positions[id] ?? Number.POSITIVE_INFINITY) <= (cut[id] ?? 0))
  if (of.length < 2 || of.every(({ id }) => positions[id] === cut[id])) return true
  const folded: number[] = []
  const next: number[] = []
  for (const { id } of of) {
    const position = positions[id] ?? 0
    folded.push(await timeAt(log, id, position))
    next.push(position < (cut[id] ?? 0) ? await timeAt(log, id, position + 1) : Number.POSITIVE_INFINITY)
  }
  return !next.some((time, at) => isLate(folded, { time, at }))
}

function fits(positions: Positions, logs: readonly BoundLog[], cut: Positions): boolean {
  return (
    Object.keys(positions).length === logs.length &&
    logs.every(({ id }) => (positions[id] ?? Number.POSITIVE_INFINITY) <= (cut[id] ?? 0))
  )
}

/** A view that has failed is tried again from the start: whatever was wrong may be mended. */
function hasFailed({ state }: Snapshot): boolean {
  return ((state as Partial<SavedView>).failed ?? null) !== null
}

export function worldSnapshot(scope: SnapshotScope, log: BoundLog, world: World): Snapshot {
  return { key: worldKey(scope, log), positions: positionsOf(scope, [log]), state: world.dump() }
}

export function viewSnapshot(scope: SnapshotScope, projection: AnyProjection, view: View): Snapshot {
  const logs = feedingLogs(scope.model, projection, scope.logs)
  return { key: viewKey(scope, projection), positions: positionsOf(scope, logs), state: view.dump() }
}

function positionsOf(scope: SnapshotScope, logs: readonly BoundLog[]): Positions {
  return Object.fromEntries(logs.map(({ id }) => [id, headOf(scope, id)?.position ?? 0]))
}

function worldKey(scope: SnapshotScope, log: BoundLog): string {
  return `world ${worldFingerprint(scope.model, log.kind)} ${incarnations(scope, [log])}`
}

function viewKey(scope: SnapshotScope, projection: AnyProjection): string {
  const logs = feedingLogs(scope.model, projection, scope.logs)
  return `view ${projectionFingerprint(projection)} ${incarnations(scope, logs)}`
}

/** With the epoch, because positions are used again after a server was restored from a backup. */
function incarnations(scope: SnapshotScope, logs: readonly BoundLog[]): string {
  return logs.map(({ id }) => `${id}#${headOf(scope, id)?.epoch ?? ''}`).join(' ')
}

function headOf({ heads }: SnapshotScope, log: LogId): LogHead | undefined {
  return heads.find((head) => head.log === log)
}
