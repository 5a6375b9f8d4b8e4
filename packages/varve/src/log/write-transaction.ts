/**
 * The only place that opens a read-write transaction of IndexedDB: before it, before its commit and after it the device
 * may die, and the kill tests (e2e/kill) let it. So a write needs a name, and no name is without its three points.
 */
import { barrier } from './barrier.ts'
import type { Dexie, Transaction } from './dexie-library.ts'

/** All writes of a store and its wish journal, in the order in which a device comes to them. */
export const writeNames = [
  'ensureStore',
  'mintLeader',
  'appendCommits',
  'applyEntries',
  'reviseOutbox',
  'resetLog',
  'dismissInbox',
  'saveSnapshots',
  'addWish',
  'removeWish',
] as const

export type WriteName = (typeof writeNames)[number]

export interface WriteRequest {
  readonly name: WriteName
  readonly tables: readonly string[]
}

/** Resolves after the transaction's `complete`. Inside: Dexie awaits and pure functions only. */
export async function writeTransaction<T>(
  database: Dexie,
  { name, tables }: WriteRequest,
  body: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  barrier('before the transaction', name)
  const result = await database.transaction('rw', [...tables], async (transaction) => {
    const done = await body(transaction)
    barrier('before the commit', name)
    return done
  })
  barrier('after the commit', name)
  return result
}
