/**
 * Stands in for a tab that the operating system has frozen inside a transaction: over all of the database that its name
 * says, until the test lets it go on (`/freeze` is answered).
 */
import { ask } from './held-barrier.ts'

const opening = indexedDB.open(self.name)
opening.onsuccess = () => {
  const database = opening.result
  const transaction = database.transaction([...database.objectStoreNames], 'readwrite')
  transaction.oncomplete = () => database.close()
  transaction.objectStore('meta').count().onsuccess = () => ask('/freeze')
}
