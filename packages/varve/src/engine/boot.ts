/**
 * From disk to memory: the identity of the store, snapshots and the tail of the log, then the outbox. What is in memory
 * after it equals a replay of the whole log.
 */
import { rulesOf } from '../core/decide.ts'
import type { LogId } from '../core/dot.ts'
import { assert, VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { nameFault } from '../core/plain-data.ts'
import type { StoreLog, StoreRecord } from '../log/port.ts'
import type { Change } from './change.ts'
import { type FoldedStore, foldStored } from './fold-stored.ts'
import { startLog } from './log-state.ts'
import type { EnginePorts } from './ports.ts'
import { createPresent, mustHeadOf, type Present } from './present.ts'
import { refresh } from './refresh.ts'
import { reorder } from './reorder.ts'
import type { BoundLog } from './snapshots.ts'
import { createViews } from './views.ts'
import { roundsMax } from './writer.ts'

export interface BootOptions {
  readonly model: Model
  readonly log: StoreLog
  readonly logs: readonly BoundLog[]
  readonly ports: EnginePorts
  readonly freeze: boolean
  readonly publish: (change: Change) => void
  readonly rules?: typeof rulesOf | undefined
}

export interface Booted {
  readonly present: Present
  readonly store: string
  readonly created: boolean
  /** Entries that no snapshot holds. */
  readonly unsaved: number
  /** Outbox revisions of logs that the store has and that are not opened here. */
  readonly writesElsewhere: number
}

export async function boot({
  model,
  log,
  logs,
  ports,
  freeze,
  publish,
  rules = rulesOf,
}: BootOptions): Promise<Booted> {
  const ensured = await log.ensureStore({
    store: ports.newId(),
    replica: ports.newId(),
    logs: logs.map(({ id }) => id),
  })
  const { record, folded } = await foldRecord(ensured.record)
  const { worlds, views, read, times } = folded
  const writesElsewhere = record.heads
    .filter(({ log: id }) => logs.every((each) => each.id !== id))
    .reduce((sum, { outboxRevision }) => sum + outboxRevision, 0)
  const states = logs.map(({ id, kind }) => {
    const confirmed = worlds.get(id)
    assert(confirmed !== undefined, 'Every log of the store was folded.')
    // As of revision 0 the outbox was empty; the refresh below brings the present one.
    const head = { ...mustHeadOf(record, id), outboxRevision: 0 }
    return startLog({ id, kind, rules: rules(model, kind), head, confirmed })
  })
  const present = createPresent({
    logs: states,
    views: createViews({
      model,
      logs,
      confirmed: views,
      times,
      outboxOf: () => [],
    }),
    publish,
  })
  const writer = { model, log, present, freeze }
  await refresh(writer)
  await reorder(writer)
  return { present, store: record.store, created: ensured.created, unsaved: read, writesElsewhere }

  /** Another tab may reset a log meanwhile. */
  async function foldRecord(
    first: StoreRecord,
  ): Promise<{ readonly record: StoreRecord; readonly folded: FoldedStore }> {
    for (let round = 0, record = first; round < roundsMax; round += 1, record = await log.readRecord()) {
      const heads = logs.map(({ id }) => mustHeadOf(record, id))
      const folded = await foldStored(log, { model, logs, heads, freeze })
      if (folded !== null) return { record, folded }
    }
    throw new VarveError('busy', 'Another tab kept resetting a log while the store was being opened.', {
      hint: 'Open it again.',
    })
  }
}

/** One log for each kind of the model, none for another kind, and no log twice. */
export function bindLogs(model: Model, ids: Readonly<Record<string, LogId>>): readonly BoundLog[] {
  const unknown = Object.keys(ids).find((kind) => !model.logKinds.includes(kind))
  if (unknown !== undefined) {
    throw new VarveError('unknown_log', `The model ${model.name} has no log of the kind ${unknown}.`, {
      hint: `It has ${model.logKinds.join(', ')}.`,
    })
  }
  const logs = model.logKinds.map((kind) => {
    const id = ids[kind]
    if (id === undefined || id === '') {
      throw new VarveError(
        'unknown_log',
        `No log was given for the kind ${kind} of the model ${model.name}.`,
        {
          hint: `Say which log it is: logs: { ${kind}: '${kind}' }.`,
        },
      )
    }
    const fault = nameFault(id, `the log of ${kind}`)
    if (fault !== null) throw new VarveError('bad_name', `This store cannot be opened: ${fault}.`)
    return { id, kind }
  })
  if (new Set(logs.map(({ id }) => id)).size !== logs.length) {
    throw new VarveError('unknown_log', `Two kinds of the model ${model.name} were given the same log.`)
  }
  return logs
}
