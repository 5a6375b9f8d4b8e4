/**
 * Values that change while someone watches, as Observables that emit the latest one at once.
 *
 * Written on Observable alone: rxjs' own sharing and throttling operators bring a third of a page's bundle along.
 */
import { Observable, type Subscriber, Subscription } from 'rxjs'
import type { VarveError } from '../core/errors.ts'
import { closedError } from './failure.ts'

export interface Shared<T> {
  readonly value$: Observable<T>
  /** Completes who watches, now or later. */
  close(): void
}

/**
 * One run of a source for all who watch it, from the first watcher to the last (refCount: at zero it is stopped and its
 * value forgotten). When it fails all of them leave, so that whoever comes later starts anew.
 */
export function shareLatest<T>(
  run: (emit: (value: T) => void, fail: (error: VarveError) => void) => () => void,
  onIdle: () => void,
): Shared<T> {
  const watchers = new Set<Subscriber<T>>()
  let latest: { readonly value: T } | null = null
  let stop: (() => void) | null = null
  let isClosed = false

  const emit = (value: T): void => {
    latest = { value }
    for (const watcher of [...watchers]) watcher.next(value)
  }
  const fail = (error: VarveError): void => {
    for (const watcher of [...watchers]) watcher.error(error)
  }
  const leave = (watcher: Subscriber<T>): void => {
    if (!watchers.delete(watcher) || watchers.size > 0) return
    stop?.()
    stop = null
    latest = null
    onIdle()
  }
  return {
    value$: new Observable((watcher) => {
      if (isClosed) return watcher.complete()
      const isFirst = watchers.size === 0
      watchers.add(watcher)
      if (isFirst) stop = run(emit, fail)
      else if (latest !== null) watcher.next(latest.value)
      return () => leave(watcher)
    }),
    close() {
      isClosed = true
      for (const watcher of [...watchers]) watcher.complete()
    },
  }
}

/** A part of each value, when it is another one than before. */
export function changesOf<T, Part>(value$: Observable<T>, part: (value: T) => Part): Observable<Part> {
  return new Observable((watcher) => {
    let last: { readonly part: Part } | null = null
    return value$.subscribe({
      next(value) {
        const next = part(value)
        if (last !== null && Object.is(last.part, next)) return
        last = { part: next }
        watcher.next(next)
      },
      error: (error) => watcher.error(error),
      complete: () => watcher.complete(),
    })
  })
}

/** With a value to begin with, until there is one. */
export function startWith<T>(first: T, value$: Observable<T>): Observable<T> {
  return new Observable((watcher) => {
    watcher.next(first)
    return value$.subscribe(watcher)
  })
}

/** The first value; rejects with `closed` if it is over before, and when `watchFailure` says so. */
export function firstOf<T>(
  value$: Observable<T>,
  watchFailure: (fail: (error: VarveError) => void) => () => void,
): Promise<T> {
  const watching = new Subscription()
  const first = new Promise<T>((resolve, reject) => {
    watching.add(watchFailure(reject))
    watching.add(value$.subscribe({ next: resolve, error: reject, complete: () => reject(closedError()) }))
  })
  return first.finally(() => watching.unsubscribe())
}

export interface Cell<T> {
  readonly value$: Observable<T>
  get(): T
  /** Tells whoever watches, unless it is the same value. */
  set(value: T): void
  /** The value stays; whoever watches is completed, and who comes later gets the last value first. */
  close(): void
}

export function createCell<T>(first: T): Cell<T> {
  const watchers = new Set<Subscriber<T>>()
  let value = first
  let isClosed = false
  return {
    value$: new Observable((watcher) => {
      watcher.next(value)
      if (isClosed) return watcher.complete()
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    }),
    get: () => value,
    set(next: T) {
      if (isClosed || Object.is(next, value)) return
      value = next
      for (const watcher of [...watchers]) watcher.next(next)
    },
    close() {
      isClosed = true
      for (const watcher of [...watchers]) watcher.complete()
    },
  }
}
