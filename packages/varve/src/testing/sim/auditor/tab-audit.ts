/** What one tab shows: the naive fold of what it has read of its disk, and a status that never claims more than is so. */
import type { Entry } from '../../../core/commit.ts'
import { type LogId, parseStreamName } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'
import type { EngineStatus, ProjectionUpdate, RowsUpdate, StreamUpdate } from '../../../core/query.ts'
import { nothingSeen, type Seen, type SeenLog } from '../device-disk.ts'
import { folded, type NaiveFold, nothing, streamIn, viewIn } from './naive-fold.ts'
import { dotText, type ServerAudit } from './server-audit.ts'

/** What a look found to be right: as long as the tab has read no other log and outbox, it needs no second look. */
export interface LookedAt {
  readonly chain: string
  readonly outbox: SeenLog['outbox']
  /** The log and the outbox, folded. */
  readonly fold: NaiveFold
  readonly right: Set<StreamUpdate | ProjectionUpdate>
}

export interface ShownTab {
  readonly seen: Seen
  readonly lookedAt: Map<LogId, LookedAt>
  readonly shown: ReadonlyMap<string, StreamUpdate>
  /** Projections; of a table, all rows. */
  readonly views: ReadonlyMap<string, ProjectionUpdate>
  readonly status: EngineStatus | null
}

export interface TabGround {
  /** The build that the tab runs. */
  readonly model: Model
  readonly log: LogId
  /** Of a type of streams. */
  readonly logOf: (type: string) => LogId
  readonly server: ServerAudit
  readonly onFold: (model: Model, fold: NaiveFold) => void
}

/** Null, or how what is shown of a log differs from fold(log) then fold(outbox). */
export function shownFault(tab: ShownTab, ground: TabGround): string | null {
  const { model, log, logOf, server, onFold } = ground
  const { seen, lookedAt, shown, views, status } = tab
  const { chain, outbox } = seen.get(log) ?? nothingSeen
  let looked = lookedAt.get(log)
  if (looked?.chain !== chain || looked.outbox !== outbox) {
    const fold = folded(model, server.foldAt(model, chain), outbox)
    onFold(model, fold)
    looked = { chain, outbox, fold, right: new Set() }
    lookedAt.set(log, looked)
  }
  const { fold, right } = looked
  for (const [stream, update] of shown) {
    if (right.has(update) || logOf(parseStreamName(stream).type) !== log) continue
    const { state, revision, isFrozen } = streamIn(model, fold, stream)
    if ((update.frozen !== null) !== isFrozen)
      return `shows ${stream} ${isFrozen ? 'as if it understood all of it' : `frozen: ${update.frozen?.message}`}`
    if (update.revision !== revision || !isAlike(update.state, state))
      return `shows ${stream} as ${text(update.state)} after ${update.revision} events, and it is ${text(state)} after ${revision}`
    const pending = outbox.filter(
      ({ withdrawn, commands }) =>
        withdrawn === null && commands.some((command) => command.stream === stream),
    )
    if (
      update.pending.map(({ dot }) => dotText(dot)).join() !== pending.map(({ dot }) => dotText(dot)).join()
    )
      return `shows ${update.pending.length} pending on ${stream}, and there are ${pending.length}`
    right.add(update)
  }
  return viewsFault(looked, { ...ground, views, status })
}

function viewsFault(
  { fold, right }: LookedAt,
  { model, log, logOf, views, status }: Pick<ShownTab, 'views' | 'status'> & TabGround,
): string | null {
  for (const [name, update] of views) {
    // Of several logs: `mixedFault`.
    if (!model.projections.get(name)?.from.every(({ type }) => logOf(type) === log)) continue
    const { leftOut, isFailed } = viewIn(model, fold, name)
    const fault = right.has(update) ? null : viewFault(update, { model, fold, name })
    if (fault !== null) return fault
    right.add(update)
    const listed = status?.failures.find(({ projection }) => projection === name)?.leftOut ?? 0
    if (!isFailed && listed !== leftOut.size)
      return `says that ${name} leaves out ${listed} streams, and it leaves out ${leftOut.size}`
  }
  return null
}

/** All entries of all logs by the servers' time, and then in the order of the logs. */
export function mixedFold(model: Model, logs: readonly (readonly Entry[])[]): NaiveFold {
  const byTime = logs.flat().sort((a, b) => a.time - b.time)
  return folded(model, nothing, byTime)
}

/** Null, or a value or a table that differs from that fold. To be asked when nothing is pending and all is caught up. */
export function mixedFault(
  views: ShownTab['views'] = new Map(),
  model: Model,
  fold: NaiveFold,
): string | null {
  const faults = [...views].map(([name, update]) => viewFault(update, { model, fold, name }))
  return faults.find((fault) => fault !== null) ?? null
}

function viewFault(
  update: ProjectionUpdate,
  { model, fold, name }: { readonly model: Model; readonly fold: NaiveFold; readonly name: string },
): string | null {
  const { shown, isFailed } = viewIn(model, fold, name)
  const said =
    update.kind === 'value'
      ? update.value
      : update.kind === 'rows'
        ? new Map(byKey(update.rows))
        : update.kind
  const isTable = model.projections.get(name)?.kind === 'table'
  const is = isFailed
    ? 'failed'
    : isTable
      ? new Map(byKey([...(shown as ReadonlyMap<string, unknown>)]))
      : shown
  return isAlike(said, is) ? null : `shows ${name} as ${text(said)}, and it is ${text(is)}`
}

function byKey(rows: RowsUpdate['rows']): RowsUpdate['rows'] {
  return rows.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Null, or what the status line should not have said. */
export function statusFault(
  status: EngineStatus,
  facts: { readonly seenPending: number; readonly unplaced: readonly string[] },
): string | null {
  if (status.problem !== null && graveCodes.has(status.problem.code))
    return `reports ${status.problem.code}: ${status.problem.message}`
  if (status.pending !== facts.seenPending)
    return `counts ${status.pending} pending, and there are ${facts.seenPending}`
  if (status.phase === 'synced' && facts.unplaced.length > 0)
    return `says synced, and ${facts.unplaced[0]} is not placed`
  return null
}

/** With honest disks and one server, none of these has a reason. */
const graveCodes: ReadonlySet<string> = new Set([
  'defect',
  'fork',
  'collision',
  'chain_broken',
  'store_gone',
  'stuck',
])

/** What reads the same; in maps, sets and objects the order counts, too. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return text(a) === text(b)
  const kind: unknown = Object.getPrototypeOf(a)
  const isSame = kind === Object.getPrototypeOf(b)
  if (isSame && (kind === Map.prototype || kind === Set.prototype))
    return isAlike([...(a as Iterable<unknown>)], [...(b as Iterable<unknown>)])
  // A date, or what was of a class before it was saved.
  if (!isSame || (kind !== Object.prototype && kind !== Array.prototype)) return text(a) === text(b)
  const keys = Object.keys(a)
  const others = Object.keys(b)
  return (
    keys.length === others.length &&
    keys.every((key, i) => key === others[i] && isAlike((a as never)[key], (b as never)[key]))
  )
}

/** JSON knows neither maps nor sets, which a state may hold. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each instanceof Map ? { map: [...each] } : each instanceof Set ? { set: [...each] } : each,
  )
}
