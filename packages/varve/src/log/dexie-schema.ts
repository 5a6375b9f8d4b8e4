/**
 * The tables of a store in IndexedDB.
 *
 *   meta       a row for the store, and per log one for its head and one for its lineage (which grows with each leader
 *              and changes with leaders only, so that an append does not write it again)
 *   outbox     a row per group commit, or several for a big one: commits of one replica, ending at `last`. `seq`
 *              grows with the outbox revision, so rows are in the order of deciding, whatever replica wrote them
 *   entries    a row per applied page, or several for a big one; found by position and by stream
 *   inbox      a row per withdrawn commit; hidden ones were dismissed before they were placed
 *   snapshots  structured clones by key
 *
 * Rows are packed (codec.ts), so the native schema changes rarely: what IndexedDB sees are keys only.
 */

import type { LogId, Position, ReplicaId } from '../core/dot.ts'
import type { Lineage } from '../core/lineage.ts'
import type { Packed } from './codec.ts'
import { Dexie, type Table } from './dexie-library.ts'
import { failures } from './failures.ts'
import type { LogHead, Snapshot, StoreRecord } from './port.ts'

export type MetaRow =
  | ({ readonly key: 'store' } & Omit<StoreRecord, 'heads'>)
  | { readonly key: `head/${LogId}`; readonly head: Omit<LogHead, 'lineage'> }
  | { readonly key: `lineage/${LogId}`; readonly lineage: Lineage }

export interface OutboxRow extends Packed {
  readonly log: LogId
  readonly seq: number
  readonly replica: ReplicaId
  readonly last: number
}

export interface EntriesRow extends Packed {
  readonly log: LogId
  readonly first: Position
  readonly last: Position
  /** `streamKey` of each stream that the entries hold events of, ... */
  readonly streams: readonly string[]
  /** ... and, in the same order, the indexes of these entries in the row. */
  readonly places: readonly (readonly number[])[]
  /** Where in the text each entry ends. */
  readonly ends: readonly number[]
}

export interface InboxRow extends Packed {
  readonly log: LogId
  readonly replica: ReplicaId
  readonly counter: number
  readonly placed: boolean
  readonly dismissed: boolean
}

export interface Tables {
  readonly meta: Table<MetaRow, MetaRow['key']>
  readonly outbox: Table<OutboxRow, [LogId, number]>
  readonly entries: Table<EntriesRow, [LogId, Position]>
  readonly inbox: Table<InboxRow, [LogId, ReplicaId, number]>
  readonly snapshots: Table<Snapshot, string>
}

export type TableName = keyof Tables
export type Database = Dexie & Tables

const schemaVersion = 1
/** Dexie multiplies versions by ten. */
const nativeVersion = schemaVersion * 10

export interface DatabaseOptions {
  /** The store's name; the database is called `varve:<name>`. */
  readonly name: string
  /** For Node and tests; the browser's own otherwise. */
  readonly indexedDB?: IDBFactory
  readonly IDBKeyRange?: typeof IDBKeyRange
}

export function databaseName(name: string): string {
  return `varve:${name}`
}

/** A closed database that opens only when told to, and does no more than what it is asked for. */
export function newDatabase(options: DatabaseOptions): Database {
  const { name, indexedDB = globalThis.indexedDB, IDBKeyRange = globalThis.IDBKeyRange } = options
  if (indexedDB === undefined) throw failures.failed(new Error('There is no IndexedDB here.'))
  // On localhost Dexie would print each failure, also those that are expected and named here.
  Dexie.debug = false
  const database = new Dexie(databaseName(name), {
    autoOpen: false,
    cache: 'disabled',
    chromeTransactionDurability: 'strict',
    indexedDB: sameVersion(indexedDB),
    IDBKeyRange,
  })
  // Nobody uses liveQuery: without it Dexie need not compute and broadcast what each write touched.
  database.unuse({ stack: 'dbcore', name: 'Observability' })
  database.version(schemaVersion).stores({
    meta: 'key',
    outbox: '[log+seq], [log+replica+last]',
    entries: '[log+first], *streams',
    inbox: '[log+replica+counter]',
    snapshots: 'key',
  })
  return database as Database
}

/**
 * Dexie would open a database of a newer version all the same, and even add to it what it misses: here that is a
 * VersionError.
 */
function sameVersion(factory: IDBFactory): IDBFactory {
  return {
    open: (name) => factory.open(name, nativeVersion),
    deleteDatabase: (name) => factory.deleteDatabase(name),
    databases: () => factory.databases(),
    cmp: (a, b) => factory.cmp(a, b),
  }
}
