/**
 * The thread that holds a database (hold-database.fixture.ts). A transaction lives as long as it is asked for something; the
 * thread sleeps before it asks again, so that who waits for the database has the processor to themselves.
 */

export type ToHolder = { readonly name: string } | 'let go'
export type FromHolder = 'held' | 'let go'

const askEveryMs = 20
/** A page that is not isolated has no other memory to sleep on. */
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
const sleepOn = new Int32Array(memory.buffer)

const tell = (what: FromHolder): void => self.postMessage(what)
let isHeld = true

self.onmessage = ({ data }: MessageEvent<ToHolder>) => {
  if (data === 'let go') isHeld = false
  else hold(data.name)
}

function hold(name: string): void {
  const opening = indexedDB.open(name)
  opening.onsuccess = () => {
    const database = opening.result
    const transaction = database.transaction([...database.objectStoreNames], 'readwrite')
    transaction.oncomplete = () => {
      database.close()
      tell('let go')
    }
    const [table = ''] = database.objectStoreNames
    const ask = (): void => {
      transaction.objectStore(table).count().onsuccess = () => {
        tell('held')
        if (!isHeld) return
        Atomics.wait(sleepOn, 0, 0, askEveryMs)
        ask()
      }
    }
    ask()
  }
}
