/**
 * The witness of a store: its identity, and how often it was written to, kept outside IndexedDB. If the database is gone
 * or an earlier one has come back, and the witness is not, the user is told that something was lost, instead of being
 * welcomed as new.
 */
import type { Loss, Opened } from '../worker/contract.ts'

export interface Witness {
  /** Of the store that was here, for whoever opens it now; or null. */
  read(): string | null
  /** Returns the loss that is to be told: of now, or still of before. */
  write(opened: Opened): Loss | null
  /** The store has been written to this often. */
  note(store: string, saved: number): void
  acknowledge(): void
}

export const noWitness: Witness = Object.freeze({
  read: () => null,
  write: ({ lost }: Opened) => lost,
  note: () => undefined,
  acknowledge: () => undefined,
})

/** In localStorage, under `varve:<name>:store`; where that is forbidden, there is no witness. */
export function localWitness(name: string, storage: Storage | undefined = storageHere()): Witness {
  if (storage === undefined) return noWitness
  const storeKey = `varve:${name}:store`
  const lostKey = `varve:${name}:lost`
  const put = (key: string, value: string): void => {
    try {
      storage.setItem(key, value)
    } catch {
      // Full or forbidden: the store works without a witness.
    }
  }
  return Object.freeze({
    read: () => storage.getItem(storeKey),
    write({ store, lost }: Opened) {
      // Of a store that was set back more is known than it knows itself, until it is written to.
      if (lost !== null || storage.getItem(storeKey)?.split(' ')[0] !== store) put(storeKey, store)
      if (lost !== null) put(lostKey, lost)
      return lost ?? (storage.getItem(lostKey) as Loss | null)
    },
    note: (store: string, saved: number) => put(storeKey, `${store} ${saved}`),
    acknowledge: () => storage.removeItem(lostKey),
  })
}

function storageHere(): Storage | undefined {
  try {
    return globalThis.localStorage
  } catch {
    // Throws where the user forbids site data.
    return undefined
  }
}
