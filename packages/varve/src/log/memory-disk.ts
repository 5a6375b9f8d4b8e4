/**
 * What a memory log is stored on: the disk of a simulated browser profile. Several handles ("tabs") may be opened
 * on one disk; a clone is a profile copied to another machine, or a backup to go back to; erasing is "site data
 * cleared" under open tabs.
 *
 * A write is staged and takes effect as a whole or not at all, as an IndexedDB transaction does.
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId } from '../core/dot.ts'
import type { InboxItem, Snapshot, StoreRecord } from './port.ts'

export interface MemoryInboxRow {
  readonly item: InboxItem
  readonly dismissed: boolean
}

/** All values are deep-frozen copies. */
export interface MemoryTables {
  record: StoreRecord | null
  readonly outboxes: Map<LogId, readonly Commit[]>
  readonly entries: Map<LogId, Entry[]>
  /** By `streamKey`: the positions of the entries that hold events of the stream, ascending. */
  readonly streams: Map<string, number[]>
  readonly inbox: Map<string, MemoryInboxRow>
  readonly snapshots: Map<string, Snapshot>
}

export interface MemoryDisk {
  /** Read freely; written by memory logs only. */
  readonly tables: MemoryTables
  /** A disk of its own with the same content. */
  clone(): MemoryDisk
  /** Becomes what another disk holds, under open handles: a browser that rolls a store back without a word. */
  setBack(to: MemoryDisk): void
  /** Clears the site's data: every open handle is told `store_gone`. */
  erase(): void
  onErase(listener: () => void): () => void
}

/** An empty disk: a browser profile that has not seen the site. `clone` and `erase` do to it what happens to profiles. */
export function memoryDisk(): MemoryDisk {
  return diskOf(emptyTables())
}

function diskOf(tables: MemoryTables): MemoryDisk {
  const listeners = new Set<() => void>()
  return Object.freeze({
    tables,
    clone: () => diskOf(copyTables(tables)),
    setBack({ tables: before }) {
      const copy = copyTables(before)
      tables.record = copy.record
      refill(tables.outboxes, copy.outboxes)
      refill(tables.entries, copy.entries)
      refill(tables.streams, copy.streams)
      refill(tables.inbox, copy.inbox)
      refill(tables.snapshots, copy.snapshots)
    },
    erase() {
      tables.record = null
      for (const table of [tables.outboxes, tables.entries, tables.streams, tables.inbox, tables.snapshots])
        table.clear()
      for (const listener of [...listeners]) listener()
    },
    onErase(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } satisfies MemoryDisk)
}

function refill<K, V>(table: Map<K, V>, from: ReadonlyMap<K, V>): void {
  table.clear()
  for (const [key, value] of from) table.set(key, value)
}

function emptyTables(): MemoryTables {
  return {
    record: null,
    outboxes: new Map(),
    entries: new Map(),
    streams: new Map(),
    inbox: new Map(),
    snapshots: new Map(),
  }
}

function copyTables(tables: MemoryTables): MemoryTables {
  const copyLists = <T>(lists: Map<string, T[]>): Map<string, T[]> =>
    new Map([...lists].map(([key, list]) => [key, [...list]]))
  return {
    record: tables.record,
    outboxes: new Map(tables.outboxes),
    entries: copyLists(tables.entries),
    streams: copyLists(tables.streams),
    inbox: new Map(tables.inbox),
    // Nobody changes one: it is a copy of what was saved, and who reads it gets a copy.
    snapshots: new Map(tables.snapshots),
  }
}

export type MemoryWrite = 'record' | 'outbox' | 'entries' | 'inbox' | 'snapshots' | 'complete' | 'acknowledge'

/**
 * Called before each write of a transaction, before it completes, and between completion and acknowledgement. To
 * throw is to crash there.
 */
export type OnMemoryWrite = (write: MemoryWrite) => void

export interface Staging {
  stage(write: MemoryWrite, effect: () => void): void
}

/** Runs a transaction: what it stages takes effect together after it has returned, or never. */
export function transact<T>(onWrite: OnMemoryWrite, body: (staging: Staging) => T): T {
  const effects: (() => void)[] = []
  const result = body({
    stage(write, effect) {
      onWrite(write)
      effects.push(effect)
    },
  })
  if (effects.length === 0) return result
  onWrite('complete')
  for (const effect of effects) effect()
  onWrite('acknowledge')
  return result
}
