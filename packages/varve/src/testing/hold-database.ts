/**
 * Does to a database what a tab does that is frozen inside a transaction: keeps one read-write transaction over all
 * its tables open, by asking it for something again and again.
 */
export interface HeldDatabase {
  /** Resolves when others can write again. */
  letGo(): Promise<void>
}

export async function holdDatabase(name: string): Promise<HeldDatabase> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  const transaction = database.transaction([...database.objectStoreNames], 'readwrite')
  const ended = new Promise<void>((resolve) => {
    transaction.oncomplete = () => resolve()
  })
  const [table = ''] = database.objectStoreNames
  let isHeld = true
  await new Promise<void>((resolve) => {
    const ask = (): void => {
      const asked = transaction.objectStore(table).count()
      asked.onsuccess = () => {
        resolve()
        if (isHeld) ask()
      }
    }
    ask()
  })
  return Object.freeze({
    async letGo() {
      isHeld = false
      await ended
      database.close()
    },
  })
}
