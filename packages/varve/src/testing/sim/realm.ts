/**
 * A thread that may freeze and may die. All that comes to it from outside (timers, frames, locks, answers of the disk)
 * enters through here: it runs now, when the thread thaws, or never.
 */
export interface Realm {
  isAlive(): boolean
  isFrozen(): boolean
  enter(callback: () => void): void
  freeze(): void
  /** Lets in what came meanwhile, in order. */
  thaw(): void
  /** Nothing enters any more; what it held is let go by those who listen. */
  kill(): void
  onKill(listener: () => void): void
}

export function createRealm(): Realm {
  let state: 'running' | 'frozen' | 'dead' = 'running'
  let waiting: (() => void)[] = []
  const listeners: (() => void)[] = []
  return Object.freeze({
    isAlive: () => state !== 'dead',
    isFrozen: () => state === 'frozen',
    enter(callback: () => void) {
      if (state === 'running') callback()
      else if (state === 'frozen') waiting.push(callback)
    },
    freeze() {
      if (state === 'running') state = 'frozen'
    },
    thaw() {
      if (state !== 'frozen') return
      state = 'running'
      const late = waiting
      waiting = []
      for (const callback of late) callback()
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
