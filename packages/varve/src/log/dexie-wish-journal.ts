/** The wish journal in IndexedDB: one table in a database beside that of the store, with locks of its own. */
import { Dexie, type Table } from './dexie-library.ts'
import { type DatabaseOptions, databaseName } from './dexie-schema.ts'
import { inOrder, type SavedWish, type WishJournal } from './wish-journal.ts'

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
  return Object.freeze({
    async add(wish: SavedWish) {
      await wishes.put(wish)
    },
    read: async () => inOrder(await wishes.toArray()),
    async remove(seed: string) {
      await wishes.delete(seed)
    },
    async close() {
      database.close()
    },
  })
}
