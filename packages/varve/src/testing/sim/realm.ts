/**
 * A thread that may freeze and may die. All that comes to it from outside (timers, frames, locks, answers of the disk)
 * enters through here: it runs now, when the thread thaws, or never.
 */
import type { Scheduler } from './scheduler.ts'

export interface Realm {
  isAlive(): boolean
  isFrozen(): boolean
  enter(callback: () => void): void
  freeze(): void
  /** Lets in what came meanwhile, in order, each as a task of its own: what the first sets off comes before the second. */
  thaw(): void
  /** Nothing enters any more; what it held is let go by those who listen. */
  kill(): void
  onKill(listener: () => void): void
}

export function createRealm(scheduler: Pick<Scheduler, 'now' | 'at'>): Realm {
  let state: 'running' | 'frozen' | 'waking' | 'dead' = 'running'
  let waiting: (() => void)[] = []
  const listeners: (() => void)[] = []

  function wake(): void {
    if (state !== 'waking') return
    const next = waiting.shift()
    if (next === undefined) {
      state = 'running'
      return
    }
    next()
    scheduler.at(scheduler.now(), wake)
  }

  return Object.freeze({
    isAlive: () => state !== 'dead',
    isFrozen: () => state === 'frozen' || state === 'waking',
    enter(callback: () => void) {
      if (state === 'running') callback()
      else if (state !== 'dead') waiting.push(callback)
    },
    freeze() {
      if (state !== 'dead') state = 'frozen'
    },
    thaw() {
      if (state !== 'frozen') return
      state = 'waking'
      wake()
    },
    kill() {
      if (state === 'dead') return
      state = 'dead'
      waiting = []
      for (const listener of listeners) listener()
    },
    onKill(listener: () => void) {
      listeners.push(listener)
    },
  })
}
