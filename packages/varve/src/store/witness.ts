/**
 * The witness of a store: its identity, kept outside IndexedDB. If the database is gone and the witness is not, the
 * user is told that something was lost, instead of being welcomed as new.
 */
import type { Opened } from '../worker/contract.ts'

export interface Witness {
  /** The identity of the store that was here, or null. */
  read(): string | null
  /** Returns whether a loss is to be told: now, or still from before. */
  write(opened: Opened): boolean
  acknowledge(): void
}

export const noWitness: Witness = Object.freeze({
  read: () => null,
  write: ({ lost }: Opened) => lost,
  acknowledge: () => undefined,
})

/** In localStorage, under `varve:<name>:store`; where that is forbidden, there is no witness. */
export function localWitness(name: string, storage: Storage | undefined = storageHere()): Witness {
  if (storage === undefined) return noWitness
  const storeKey = `varve:${name}:store`
  const lostKey = `varve:${name}:lost`
  return Object.freeze({
    read: () => storage.getItem(storeKey),
    write({ store, lost }: Opened) {
      try {
        storage.setItem(storeKey, store)
        if (lost) storage.setItem(lostKey, new Date().toISOString())
      } catch {
        // Full or forbidden: the store works without a witness.
      }
      return lost || storage.getItem(lostKey) !== null
    },
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
