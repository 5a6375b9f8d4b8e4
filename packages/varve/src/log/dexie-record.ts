/** The store's record as it lies in `meta`. All of it runs inside a transaction that holds `meta`. */
import type { LogId, Position } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import type { Lineage } from '../core/lineage.ts'
import { barrier } from './barrier.ts'
import type { Database, MetaRow } from './dexie-schema.ts'
import { failures } from './failures.ts'
import type { LogHead, StoreRecord } from './port.ts'

/** Null if there is no store in the database. */
export async function readStore({ meta }: Database): Promise<StoreRecord | null> {
  const rows = await meta.toArray()
  const heads: Omit<LogHead, 'lineage'>[] = []
  const lineageByKey = new Map<string, Lineage>()
  let store: Omit<StoreRecord, 'heads'> | null = null
  for (const row of rows) {
    if ('head' in row) heads.push(row.head)
    else if ('lineage' in row) lineageByKey.set(row.key, row.lineage)
    else store = { format: row.format, store: row.store, replica: row.replica, fence: row.fence }
  }
  if (store === null) return null
  if (store.format !== 1) throw failures.newer()
  const whole = heads.map((head) => {
    const lineage = lineageByKey.get(`lineage/${head.log}`)
    assert(lineage !== undefined, `The head of ${head.log} has a lineage.`)
    return { ...head, lineage }
  })
  return { ...store, heads: whole }
}

/** Writes all of a record; with `created`, a store that is there already is an error. */
export async function writeStore(database: Database, record: StoreRecord, created: boolean): Promise<void> {
  const { heads, ...store } = record
  const row: MetaRow = { key: 'store', ...store }
  if (created) await database.meta.add(row)
  else await database.meta.put(row)
  barrier('store: row written')
  for (const head of heads) {
    await writeHead(database, head)
    barrier('store: head written')
    await writeLineage(database, head)
  }
}

export async function writeLineage({ meta }: Database, { log, lineage }: LogHead): Promise<void> {
  await meta.put({ key: `lineage/${log}`, lineage })
}

/** Of a log that is set back; in a transaction that holds `snapshots`. */
export async function dropSnapshotsAfter(
  { snapshots }: Database,
  log: LogId,
  position: Position,
): Promise<void> {
  await snapshots.filter(({ positions }) => (positions[log] ?? 0) > position).delete()
}

/** Writes what changes between leaders. */
export async function writeHead({ meta }: Database, { lineage: _lineage, ...head }: LogHead): Promise<void> {
  await meta.put({ key: `head/${head.log}`, head })
}
