/**
 * Makes the n-th write to IndexedDB abort its transaction, as a crash of the browser's storage would: the write itself
 * is accepted, what it belongs to is rolled back. Works on the browser's IndexedDB and on a stand-in for it.
 */
import type { FaultLatch } from './log-disk.ts'

type Method = (this: IDBObjectStore, ...args: unknown[]) => IDBRequest

const methods = ['put', 'add', 'delete'] as const

/** `prototype` is that of IDBObjectStore. Only databases whose name begins with `prefix` are counted. */
export function failIdbWrite(prototype: object, n: number, prefix: string): FaultLatch {
  const target = prototype as Record<(typeof methods)[number], Method>
  const originals = methods.map((name) => [name, target[name]] as const)
  let writes = 0
  for (const [name, original] of originals) {
    target[name] = function (...args) {
      const request = original.apply(this, args)
      if (!this.transaction.db.name.startsWith(prefix)) return request
      writes += 1
      if (writes === n) this.transaction.abort()
      return request
    }
  }
  return {
    fired: () => writes >= n,
    release() {
      for (const [name, original] of originals) target[name] = original
    },
  }
}
