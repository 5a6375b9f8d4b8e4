/**
 * Pending commits as they lie in `outbox`: a row holds a run of one replica's commits, in order, with holes where some
 * were placed. All of it runs inside a transaction that holds `outbox`.
 */

import type { Commit } from '../core/commit.ts'
import type { Dot, LogId } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import { type PackedPage, packItems, packPages, unpackItems } from './codec.ts'
import { Dexie } from './dexie-library.ts'
import type { Database, OutboxRow } from './dexie-schema.ts'
import { changeOutbox, type OutboxChange } from './outbox-change.ts'

/** `seq` is the first free number. Taken ones are an error, never overwritten. */
export async function addOutboxRows(
  { outbox }: Database,
  {
    log,
    seq,
    pages,
  }: { readonly log: LogId; readonly seq: number; readonly pages: readonly PackedPage<Commit>[] },
): Promise<void> {
  await outbox.bulkAdd(
    pages.map(({ codec, text, items }, index) => {
      const { replica, counter } = (items.at(-1) as Commit).dot
      return { log, seq: seq + index, replica, last: counter, codec, text }
    }),
  )
}

/** Pages of one replica each, as rows are. */
export function packRuns(commits: readonly Commit[]): readonly PackedPage<Commit>[] {
  const runs: Commit[][] = []
  for (const commit of commits) {
    const run = runs.at(-1)
    if (run?.[0]?.dot.replica === commit.dot.replica) run.push(commit)
    else runs.push([commit])
  }
  return runs.flatMap((run) => packPages(run))
}

/** `seq` is the first free number. */
export async function replaceOutbox(
  database: Database,
  rows: { readonly log: LogId; readonly seq: number; readonly pages: readonly PackedPage<Commit>[] },
): Promise<void> {
  await database.outbox
    .where('[log+seq]')
    .between([rows.log, Dexie.minKey], [rows.log, Dexie.maxKey])
    .delete()
  await addOutboxRows(database, rows)
}

export async function readOutboxOf({ outbox }: Database, log: LogId): Promise<readonly Commit[]> {
  const rows = await outbox.where('[log+seq]').between([log, Dexie.minKey], [log, Dexie.maxKey]).toArray()
  return rows.flatMap((row) => unpackItems<Commit>(row))
}

/** Touches only the rows that hold one of these dots. True if something changed. */
export async function writeOutboxChange(
  database: Database,
  {
    log,
    dots,
    change,
  }: { readonly log: LogId; readonly dots: readonly Dot[]; readonly change: OutboxChange },
): Promise<boolean> {
  const rows = await readRowsOf(database, log, dots)
  let removed = 0
  let replaced = 0
  for (const row of rows) {
    const changed = changeOutbox(unpackItems<Commit>(row), change)
    if (changed.removed + changed.replaced === 0) continue
    removed += changed.removed
    replaced += changed.replaced
    const last = changed.commits.at(-1)
    if (last === undefined) await database.outbox.delete([row.log, row.seq])
    else await database.outbox.put({ ...row, last: last.dot.counter, ...packItems(changed.commits) })
  }
  assert(replaced === change.changedByKey.size, 'What changes in the outbox is pending.')
  return removed + replaced > 0
}

/** The row that may hold a dot is the first of its replica that ends at or after it. */
async function readRowsOf(
  { outbox }: Database,
  log: LogId,
  dots: readonly Dot[],
): Promise<readonly OutboxRow[]> {
  const rows: OutboxRow[] = []
  const countersByReplica = Map.groupBy(dots, (dot) => dot.replica)
  for (const [replica, ofReplica] of countersByReplica) {
    let covered = 0
    for (const { counter } of ofReplica.toSorted((a, b) => a.counter - b.counter)) {
      if (counter <= covered) continue
      const row = await outbox
        .where('[log+replica+last]')
        .between([log, replica, counter], [log, replica, Dexie.maxKey])
        .first()
      covered = row?.last ?? Number.POSITIVE_INFINITY
      if (row !== undefined) rows.push(row)
    }
  }
  return rows
}
