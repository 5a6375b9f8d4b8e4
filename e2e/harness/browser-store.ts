/**
 * What a device really holds, read from its IndexedDB behind the app's back: the witness against which the screen and
 * the server are compared. Reads only, on a connection of its own that gives way at once.
 */
import type { Page } from '@playwright/test'

export interface StoredCommit {
  readonly log: string
  readonly dot: { readonly replica: string; readonly counter: number }
  readonly withdrawn: unknown
}

export interface StoredHead {
  readonly position: number
  readonly chain: string
  readonly epoch: string | null
}

export interface BrowserStore {
  readonly outbox: readonly StoredCommit[]
  readonly headsByLog: Readonly<Record<string, StoredHead>>
  /** Dots of the confirmed entries, `log replica counter`, ascending by position within a log. */
  readonly confirmed: readonly string[]
  readonly inbox: number
}

/** The store of a user as the shop names it. */
export function databaseOf(userId: string): string {
  return `varve:shop-${userId}`
}

export function dotText({ log, dot }: Pick<StoredCommit, 'log' | 'dot'>): string {
  return `${log} ${dot.replica} ${dot.counter}`
}

/** Null while there is no such store on the device. */
export function readBrowserStore(page: Page, userId: string): Promise<BrowserStore | null> {
  return readDatabase(page, databaseOf(userId))
}

export async function readDatabase(page: Page, database: string): Promise<BrowserStore | null> {
  return page.evaluate(async (name) => {
    // Opening what does not exist would create it.
    const all = await indexedDB.databases()
    if (!all.some((each) => each.name === name)) return null
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
    database.onversionchange = () => database.close()
    try {
      const tables = ['meta', 'outbox', 'entries', 'inbox']
      if (!tables.every((table) => database.objectStoreNames.contains(table))) return null
      const transaction = database.transaction(tables, 'readonly')
      const read = (table: string) =>
        new Promise<Record<string, unknown>[]>((resolve, reject) => {
          const reading = transaction.objectStore(table).getAll()
          reading.onsuccess = () => resolve(reading.result)
          reading.onerror = () => reject(reading.error)
        })
      const [meta = [], outbox = [], entries = [], inbox = []] = await Promise.all(tables.map(read))
      type Commit = { log: string; dot: { replica: string; counter: number }; withdrawn: unknown }
      const unpack = (row: Record<string, unknown>) => JSON.parse(String(row.text))
      const heads = meta.filter(({ key }) => String(key).startsWith('head/'))
      const confirmed = entries
        .flatMap((row) => unpack(row) as { commit: Commit }[])
        .map(({ commit: { log, dot } }) => `${log} ${dot.replica} ${dot.counter}`)
      return {
        outbox: outbox
          .flatMap((row) => unpack(row) as Commit[])
          .map(({ log, dot, withdrawn }) => ({ log, dot, withdrawn })),
        headsByLog: Object.fromEntries(
          heads.map(({ key, head }) => {
            const { position, chain, epoch } = head as StoredHead
            return [String(key).slice('head/'.length), { position, chain, epoch }]
          }),
        ),
        confirmed,
        inbox: inbox.filter(({ dismissed }) => dismissed !== true).length,
      }
    } finally {
      database.close()
    }
  }, database)
}
