/**
 * A projection over several logs is folded by the servers' time, but entries come log by log: while a store catches up,
 * and whenever one log is faster than another. Such a projection shows the order in which they came until it is folded
 * again from what is stored; no snapshot is taken of it before.
 */
import type { LogId } from '../core/dot.ts'
import type { StoreLog } from '../log/port.ts'
import { foldTo } from './fold-to.ts'
import { positionsOf } from './present.ts'
import { timeAt } from './read-by-time.ts'
import { feedingLogs, type SnapshotScope } from './snapshots.ts'
import type { Writer } from './writer.ts'

export async function reorder({ model, log, present, freeze }: Writer): Promise<void> {
  const late = present.views.late()
  if (late.size === 0) return
  const logs = present.logs()
  const scope = { model, logs, heads: logs.map(({ head }) => head) }
  const { views } = await foldTo(log, {
    scope,
    cut: positionsOf(logs),
    freeze,
    only: { projections: late, worlds: false },
  })
  present.reorder(views)
}

/** The server's time of the last entry of each log, if a projection of the model reads several. */
export async function lastTimes(
  log: StoreLog,
  { model, logs, heads }: SnapshotScope,
): Promise<ReadonlyMap<LogId, number>> {
  const readsSeveral = [...model.projections.values()].some(
    (projection) => feedingLogs(model, projection, logs).length > 1,
  )
  const times = new Map<LogId, number>()
  if (!readsSeveral) return times
  for (const head of heads) times.set(head.log, await timeAt(log, head.log, head.position))
  return times
}
