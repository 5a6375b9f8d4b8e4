/** The wish journal in IndexedDB: one table in a database beside that of the store, with locks of its own. */
import { Dexie, type Table } from './dexie-library.ts'
import { type DatabaseOptions, databaseName } from './dexie-schema.ts'
import { inOrder, type SavedWish, type WishJournal } from './wish-journal.ts'
import { type WriteName, writeTransaction } from './write-transaction.ts'

export function openDexieWishJournal(options: DatabaseOptions): WishJournal {
  const { name, indexedDB = globalThis.indexedDB, IDBKeyRange = globalThis.IDBKeyRange } = options
  const database = new Dexie(`${databaseName(name)}:overflow`, {
    cache: 'disabled',
    chromeTransactionDurability: 'strict',
    indexedDB,
    IDBKeyRange,
  })
  database.version(1).stores({ wishes: 'seed' })
  const wishes = (database as Dexie & { readonly wishes: Table<SavedWish, string> }).wishes
  const write = async (name: WriteName, body: () => PromiseLike<unknown>): Promise<void> => {
    await writeTransaction(database, { name, tables: ['wishes'] }, async () => void (await body()))
  }
  return Object.freeze({
    add: (wish: SavedWish) => write('addWish', () => wishes.put(wish)),
    read: async () => inOrder(await wishes.toArray()),
    remove: (seed: string) => write('removeWish', () => wishes.delete(seed)),
    async close() {
      database.close()
    },
  })
}
