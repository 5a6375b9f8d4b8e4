/** A place for one log on the IndexedDB of the browser that this runs in. */
import { openDexieLog } from '../../log/dexie.ts'
import { failIdbWrite } from './idb-fault.ts'
import type { LogDisk } from './log-disk.ts'

let disks = 0

export async function openBrowserDisk(): Promise<LogDisk> {
  disks += 1
  const name = `test-${disks}`
  await deleteStore(name)
  return {
    open: () => openDexieLog({ name }),
    erase: () => deleteStore(name),
    failWrite: (n) => failIdbWrite(IDBObjectStore.prototype, n, `varve:${name}`),
  }
}

/** Deletes the database of the store of this name, as clearing site data does. */
export function deleteStore(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`varve:${name}`)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}
