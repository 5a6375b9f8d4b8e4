/**
 * The fate promises of a page: each settles once, when the log has spoken about that commit.
 *
 * One subscription tells the ends of all commits. It travels on a port of its own, so a fate may arrive before the
 * answer of the dispatch that it belongs to: the last ones are kept for that. When a worker died in between, the end
 * may have been told to the dead one: then it is asked for by name.
 */
import { dotKey } from '../core/dot.ts'
import type { VarveError } from '../core/errors.ts'
import type { CommitRef, Fate, Query, Update } from '../core/query.ts'

export interface Fates {
  /** @param mayBeMissed the end may have been told while nobody listened */
  of(ref: CommitRef, mayBeMissed: boolean): Promise<Fate>
  /** Rejects all that are open, and later ones. */
  stop(error: VarveError): void
}

type Subscribe = (query: Query, listener: (update: Update) => void) => () => void

interface Waiting {
  readonly ref: CommitRef
  settle(fate: Fate): void
  reject(error: VarveError): void
}

const earlyMax = 1_000

export function createFates(subscribe: Subscribe): Fates {
  const waiting = new Map<string, Waiting>()
  const early = new Map<string, Fate>()
  const single = new Set<() => void>()
  let stopped: VarveError | null = null

  const hear = (update: Update): void => {
    if (update.kind !== 'fates') return
    for (const { log, dot, fate } of update.fates) {
      const key = keyOf({ log, dot })
      const waiter = waiting.get(key)
      waiting.delete(key)
      if (waiter !== undefined) waiter.settle(fate)
      else keepEarly(key, fate)
    }
  }
  const keepEarly = (key: string, fate: Fate): void => {
    early.set(key, fate)
    for (const oldest of early.keys()) {
      if (early.size <= earlyMax) break
      early.delete(oldest)
    }
  }

  // Read when it is sent: a new worker is asked about what is awaited then.
  const query = {
    kind: 'fates' as const,
    get awaiting() {
      return [...waiting.values()].map(({ ref }) => ref)
    },
  }
  const stopListening = subscribe(query, hear)

  return Object.freeze({
    of(ref: CommitRef, mayBeMissed: boolean): Promise<Fate> {
      const key = keyOf(ref)
      const known = early.get(key)
      if (known !== undefined) return Promise.resolve(known)
      const promise = new Promise<Fate>((resolve, reject) => {
        if (stopped !== null) return reject(stopped)
        let forget: () => void = () => undefined
        const settle = (fate: Fate): void => {
          forget()
          resolve(fate)
        }
        waiting.set(key, { ref, settle, reject })
        if (!mayBeMissed) return
        const stopAsking = subscribe({ kind: 'fates', awaiting: [ref] }, hear)
        forget = () => {
          single.delete(stopAsking)
          stopAsking()
        }
        single.add(stopAsking)
      })
      // Who does not look at a fate need not handle the closing of the store.
      promise.catch(() => undefined)
      return promise
    },
    stop(error: VarveError) {
      stopped = error
      stopListening()
      for (const stop of single) stop()
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    },
  })
}

function keyOf({ log, dot }: CommitRef): string {
  return `${dotKey(dot)}:${log}`
}
