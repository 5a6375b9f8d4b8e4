/**
 * The pasts that a page has open, under names of the page's own: the worker's names end with the worker, and a past
 * is opened again in the next one.
 */
import type { Cut, Query } from '../core/query.ts'
import type { Reply } from './contract.ts'

export interface Pasts {
  /** Notes a past that the worker opened; returns the page's name for it. */
  add(cut: Cut, workerName: string): string
  /** Forgets it; returns the worker's name. */
  remove(pageName: string): string
  nameOf(pageName: string): string
  translate(query: Query): Query
  reopenAll(openPast: (cut: Cut) => Promise<Reply<string>>): Promise<void>
}

export function createPasts(): Pasts {
  const pasts = new Map<string, { readonly cut: Cut; workerName: string }>()
  let count = 0
  // A past that could not be opened again is asked for by a name that no worker knows, and is answered so.
  const nameOf = (pageName: string): string => pasts.get(pageName)?.workerName ?? pageName

  return Object.freeze({
    add(cut: Cut, workerName: string) {
      count += 1
      const pageName = `page-past-${count}`
      pasts.set(pageName, { cut, workerName })
      return pageName
    },
    remove(pageName: string) {
      const workerName = nameOf(pageName)
      pasts.delete(pageName)
      return workerName
    },
    nameOf,
    translate: (query: Query): Query =>
      'past' in query && query.past !== undefined ? { ...query, past: nameOf(query.past) } : query,
    async reopenAll(openPast: (cut: Cut) => Promise<Reply<string>>) {
      for (const [pageName, past] of pasts) {
        const reply = await openPast(past.cut)
        past.workerName = reply.ok ? reply.value : pageName
      }
    },
  })
}
