/** The conflict inbox as it lies in `inbox`. All of it runs inside a transaction that holds `inbox`. */
import type { Dot, LogId, ReplicaId } from '../core/dot.ts'
import { packItems, unpackItems } from './codec.ts'
import type { Database, InboxRow } from './dexie-schema.ts'
import { inboxFate } from './outbox-change.ts'
import type { InboxItem, ResetLog } from './port.ts'

export async function readInboxItems({ inbox }: Database): Promise<readonly InboxItem[]> {
  const rows = await inbox.toArray()
  return rows.filter((row) => !row.dismissed).flatMap((row) => unpackItems<InboxItem>(row))
}

export async function writeInboxItems({ inbox }: Database, items: readonly InboxItem[]): Promise<void> {
  const stored = items.length === 0 ? [] : await inbox.bulkGet(items.map(keyOf))
  for (const [index, item] of items.entries()) {
    const fate = inboxFate(stored[index]?.dismissed, item)
    if (fate === 'put') await inbox.put(rowOf(item))
    if (fate === 'remove') await inbox.delete(keyOf(item))
  }
}

/** Whatever is there under their dots. */
export async function putInboxItems(
  { inbox }: Database,
  { inbox: items, inboxHidden }: Pick<ResetLog, 'inbox' | 'inboxHidden'>,
): Promise<void> {
  await inbox.bulkPut([
    ...items.map(rowOf),
    ...inboxHidden.map((item) => ({ ...rowOf(item), dismissed: true })),
  ])
}

export async function hideInboxItem(
  { inbox }: Database,
  log: LogId,
  { replica, counter }: Dot,
): Promise<void> {
  const row = await inbox.get([log, replica, counter])
  if (row === undefined) return
  if (row.placed) await inbox.delete([log, replica, counter])
  else await inbox.put({ ...row, dismissed: true })
}

function keyOf({ log, dot }: InboxItem): [LogId, ReplicaId, number] {
  return [log, dot.replica, dot.counter]
}

function rowOf(item: InboxItem): InboxRow {
  const { log, dot, position } = item
  return {
    log,
    replica: dot.replica,
    counter: dot.counter,
    placed: position !== null,
    dismissed: false,
    ...packItems([item]),
  }
}
