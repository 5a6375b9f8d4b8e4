/**
 * The past: the same worlds and views, folded from disk up to a cut, read-only and apart from the present. A cut names
 * a position, which is included, or a server time; other logs are cut at the time of the entry at that position.
 */
import type { LogId, Position } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Cut } from '../core/query.ts'
import type { View } from '../core/view.ts'
import type { World } from '../core/world.ts'
import type { StoreLog } from '../log/port.ts'
import { foldTo } from './fold-to.ts'
import type { Positions, SnapshotScope } from './snapshots.ts'

export interface Past {
  readonly positions: Positions
  world(log: LogId): World | undefined
  view(name: string): View | undefined
}

export async function readPast(
  log: StoreLog,
  scope: SnapshotScope,
  options: { readonly cut: Cut; readonly freeze: boolean },
): Promise<Past> {
  const positions = await readPositions(log, scope, options.cut)
  const { worlds, views } = await foldTo(log, { scope, cut: positions, freeze: options.freeze })
  return Object.freeze({
    positions,
    world: (id: LogId) => worlds.get(id),
    view: (name: string) => views.get(name),
  })
}

async function readPositions(log: StoreLog, { heads }: SnapshotScope, cut: Cut): Promise<Positions> {
  const time = 'time' in cut ? cut.time : await readTime(log, heads, cut)
  const positions: Record<LogId, Position> = {}
  for (const head of heads) {
    const named = 'log' in cut && cut.log === head.log
    positions[head.log] = named ? cut.position : await readPositionAt(log, { ...head, time })
  }
  return positions
}

type Named = Extract<Cut, { readonly log: LogId }>

async function readTime(
  log: StoreLog,
  heads: SnapshotScope['heads'],
  { log: id, position }: Named,
): Promise<number> {
  const head = heads.find((each) => each.log === id)
  if (head === undefined) throw new VarveError('unknown_log', `This store holds no log ${id}.`)
  if (!Number.isSafeInteger(position) || position < 0 || position > head.position) {
    throw new VarveError(
      'beyond_head',
      `${id} is known here up to @${head.position}, and @${position} was asked for.`,
      {
        hint: 'A past can be opened at any position that has been fetched: wait until the log is here.',
      },
    )
  }
  if (position === 0) return Number.NEGATIVE_INFINITY
  const [entry] = await log.readEntries(id, position - 1, 1)
  return entry?.time ?? Number.NEGATIVE_INFINITY
}

/** The last position whose entry is not later than `time`, found by halving: times never fall along a log. */
async function readPositionAt(
  log: StoreLog,
  of: { readonly log: LogId; readonly position: Position; readonly time: number },
): Promise<Position> {
  let low = 0
  let high = of.position
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [entry] = await log.readEntries(of.log, middle - 1, 1)
    if (entry !== undefined && entry.time <= of.time) low = middle
    else high = middle - 1
  }
  return low
}
