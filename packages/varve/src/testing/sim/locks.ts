/**
 * The Web Locks of one device: exclusive, first come, first served, given back when a tab dies, and stolen by force.
 * A frozen tab keeps what it holds, and may be given what it waits for.
 */
import type { Hold, Locks } from '../../sync/ports.ts'
import type { Realm } from './realm.ts'
import type { Scheduler } from './scheduler.ts'

export interface DeviceLocks {
  /** As a tab sees them. */
  locksOf(realm: Realm): Locks
  /**
   * Takes the lock from its holder, who hears so that much later, and gives it to who waits next, as if that one had
   * stolen it.
   */
  rob(name: string, hearsAfterMs: number): void
}

interface Claim {
  readonly grant: () => void
  readonly stolen: PromiseWithResolvers<void>
}

interface Lock {
  holder: Claim | null
  queue: Claim[]
}

export function createLocks(scheduler: Scheduler): DeviceLocks {
  const locks = new Map<string, Lock>()

  function lockOf(name: string): Lock {
    const lock = locks.get(name) ?? { holder: null, queue: [] }
    locks.set(name, lock)
    return lock
  }

  function give(lock: Lock, claim: Claim | null): void {
    lock.holder = claim
    if (claim !== null) scheduler.at(scheduler.now(), claim.grant)
  }

  function release(lock: Lock, claim: Claim): void {
    if (lock.holder === claim) give(lock, lock.queue.shift() ?? null)
    else lock.queue = lock.queue.filter((each) => each !== claim)
  }

  /** The holder goes on in the belief that it has the lock, until it hears. */
  function takeAway({ holder }: Lock, hearsAfterMs: number): void {
    if (holder !== null) scheduler.at(scheduler.now() + hearsAfterMs, holder.stolen.resolve)
  }

  function locksOf(realm: Realm): Locks {
    function claimOf(lock: Lock, hold: Hold, signal: AbortSignal | null) {
      const done = Promise.withResolvers<void>()
      const told = Promise.withResolvers<void>()
      const heard = Promise.withResolvers<void>()
      told.promise.then(() => realm.enter(heard.resolve))
      let isHeld = false
      const claim: Claim = {
        stolen: told,
        grant: () =>
          realm.enter(() => {
            isHeld = true
            hold(heard.promise).then(done.resolve, done.reject)
          }),
      }
      const end = (): void => release(lock, claim)
      done.promise.then(end, end)
      realm.onKill(end)
      signal?.addEventListener('abort', () => {
        if (isHeld || lock.holder === claim) return
        done.resolve()
      })
      return { claim, done: done.promise }
    }

    return {
      withLock(name, hold, signal) {
        const lock = lockOf(name)
        const { claim, done } = claimOf(lock, hold, signal)
        if (signal.aborted) return Promise.resolve()
        if (lock.holder === null) give(lock, claim)
        else lock.queue.push(claim)
        return done
      },
      stealLock(name, hold) {
        const lock = lockOf(name)
        const { claim, done } = claimOf(lock, hold, null)
        takeAway(lock, 0)
        give(lock, claim)
        return done
      },
    }
  }

  return Object.freeze({
    locksOf,
    rob(name: string, hearsAfterMs: number) {
      const lock = lockOf(name)
      const next = lock.queue.shift()
      if (next === undefined) return
      takeAway(lock, hearsAfterMs)
      give(lock, next)
    },
  })
}
