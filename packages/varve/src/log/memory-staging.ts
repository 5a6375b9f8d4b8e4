/** What a memory log's writes stage, table by table: each makes frozen copies, so that nobody shares what is stored. */
import { type Commit, type Entry, streamsWritten } from '../core/commit.ts'
import { dotKey, type LogId } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import { streamKey } from './codec.ts'
import type { MemoryTables, Staging } from './memory-disk.ts'
import { changeOutbox, inboxFate, type OutboxChange } from './outbox-change.ts'
import type { ApplyEntries, InboxItem, ResetLog, StoreRecord, Written } from './port.ts'

export function outboxOf(tables: MemoryTables, log: LogId): readonly Commit[] {
  return tables.outboxes.get(log) ?? []
}

/** True if something changed. */
export function stageOutbox(
  { stage }: Staging,
  tables: MemoryTables,
  { log, change }: { readonly log: LogId; readonly change: OutboxChange },
): boolean {
  const changed = changeOutbox(outboxOf(tables, log), change)
  assert(changed.replaced === change.changedByKey.size, 'What changes in the outbox is pending.')
  if (changed.removed + changed.replaced === 0) return false
  const commits = frozenCopy(changed.commits)
  stage('outbox', () => tables.outboxes.set(log, commits))
  return true
}

export function stageInbox({ stage }: Staging, tables: MemoryTables, items: readonly InboxItem[]): void {
  for (const item of items) {
    const key = inboxKey(item)
    const fate = inboxFate(tables.inbox.get(key)?.dismissed, item)
    const row = { item: frozenCopy(item), dismissed: false }
    if (fate === 'put') stage('inbox', () => tables.inbox.set(key, row))
    if (fate === 'remove') stage('inbox', () => tables.inbox.delete(key))
  }
}

export function stageEntries(
  { stage }: Staging,
  tables: MemoryTables,
  { log, entries }: Pick<ApplyEntries, 'log' | 'entries'>,
): void {
  const copies = entries.map(frozenCopy)
  stage('entries', () => {
    listIn<Entry>(tables.entries, log).push(...copies)
    for (const { commit, position } of copies) {
      for (const stream of streamsWritten(commit))
        listIn(tables.streams, streamKey(log, stream)).push(position)
    }
  })
}

/** The log as it is after a reset, with all that its entries and commits are found by. */
export function stageReset({ stage }: Staging, tables: MemoryTables, write: ResetLog): void {
  const { log, position } = write
  const outbox = frozenCopy(write.outbox)
  stage('entries', () => {
    tables.entries.get(log)?.splice(position)
    for (const [key, positions] of tables.streams) {
      if (!key.startsWith(streamKey(log, ''))) continue
      const kept = positions.filter((each) => each <= position)
      tables.streams.set(key, kept)
    }
  })
  stage('outbox', () => tables.outboxes.set(log, outbox))
  for (const dot of write.inboxGone) stage('inbox', () => tables.inbox.delete(inboxKey({ log, dot })))
  for (const [items, dismissed] of [
    [write.inbox, false],
    [write.inboxHidden, true],
  ] as const) {
    for (const item of items.map(frozenCopy))
      stage('inbox', () => tables.inbox.set(inboxKey(item), { item, dismissed }))
  }
  stage('snapshots', () => {
    for (const [key, { positions }] of tables.snapshots)
      if ((positions[log] ?? 0) > position) tables.snapshots.delete(key)
  })
}

export function stageRecord({ stage }: Staging, tables: MemoryTables, record: StoreRecord): Written {
  const copy = frozenCopy(record)
  stage('record', () => {
    tables.record = copy
  })
  return { status: 'written', record: copy }
}

export function inboxKey({ log, dot }: Pick<InboxItem, 'log' | 'dot'>): string {
  return `${dotKey(dot)}|${log}`
}

/** Of plain data. What is frozen already is shared: nobody can change it. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T
  const copy: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) copy[key] = frozenCopy(part)
  return Object.freeze(copy) as T
}

/** What the user has not dismissed. */
export function inboxOf({ inbox }: MemoryTables): readonly InboxItem[] {
  const rows = [...inbox.values()].filter((row) => !row.dismissed)
  return rows.map((row) => row.item).sort(byLogAndDot)
}

function byLogAndDot(a: InboxItem, b: InboxItem): number {
  const byText = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0)
  return byText(a.log, b.log) || byText(a.dot.replica, b.dot.replica) || a.dot.counter - b.dot.counter
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
