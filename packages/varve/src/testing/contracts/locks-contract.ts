/** The contract of the Locks port: one holder at a time, first come, first served, and thieves. */
import type { Locks } from '../../sync/ports.ts'
import type { TestApi } from './log-disk.ts'

export function locksContract({ it, expect }: TestApi, openLocks: () => Locks): void {
  let names = 0
  const newName = (): string => {
    names += 1
    return `locks-contract-${names}-${Math.random()}`
  }
  const never = new AbortController().signal

  /** Asks for the lock and keeps it until told otherwise. */
  function holder(ask: (hold: (stolen: Promise<void>) => Promise<void>) => Promise<void>) {
    const [granted, releasing, robbed] = [1, 2, 3].map(() => Promise.withResolvers<void>()) as [
      ...[PromiseWithResolvers<void>, PromiseWithResolvers<void>, PromiseWithResolvers<void>],
    ]
    let isHeld = false
    const over = ask(async (stolen) => {
      isHeld = true
      stolen.then(robbed.resolve)
      granted.resolve()
      await releasing.promise
    })
    return {
      granted: granted.promise,
      robbed: robbed.promise,
      over,
      isHeld: () => isHeld,
      release: releasing.resolve,
    }
  }

  it('Y10 a lock has one holder, and passes on in the order in which it was asked for', async () => {
    const [locks, name] = [openLocks(), newName()]
    const first = holder((hold) => locks.withLock(name, hold, never))
    const second = holder((hold) => locks.withLock(name, hold, never))
    const third = holder((hold) => locks.withLock(name, hold, never))
    await first.granted
    expect([second.isHeld(), third.isHeld()]).toEqual([false, false])
    first.release()
    await second.granted
    expect(third.isHeld()).toEqual(false)
    second.release()
    await third.granted
    third.release()
    await Promise.all([first.over, second.over, third.over])
  })

  it('Y10 who stops waiting never holds the lock, and does not keep it from those behind', async () => {
    const [locks, name] = [openLocks(), newName()]
    const stopping = new AbortController()
    const first = holder((hold) => locks.withLock(name, hold, never))
    await first.granted
    const second = holder((hold) => locks.withLock(name, hold, stopping.signal))
    const third = holder((hold) => locks.withLock(name, hold, never))
    stopping.abort()
    await second.over
    first.release()
    await third.granted
    expect(second.isHeld()).toEqual(false)
    third.release()
    const late = holder((hold) => locks.withLock(name, hold, stopping.signal))
    await late.over
    expect(late.isHeld()).toEqual(false)
  })

  it('Y10 a stolen lock is told to whoever held it, is held by the thief, and then by those who waited', async () => {
    const [locks, name] = [openLocks(), newName()]
    const first = holder((hold) => locks.withLock(name, hold, never))
    await first.granted
    const second = holder((hold) => locks.withLock(name, hold, never))
    const thief = holder((hold) => locks.stealLock(name, hold))
    await Promise.all([first.robbed, thief.granted])
    expect(second.isHeld()).toEqual(false)
    first.release()
    await first.over
    expect(second.isHeld()).toEqual(false)
    thief.release()
    await second.granted
    second.release()
    await Promise.all([thief.over, second.over])
  })

  it('Y10 a thief can be robbed, and a lock that nobody holds can be stolen', async () => {
    const [locks, name] = [openLocks(), newName()]
    const first = holder((hold) => locks.stealLock(name, hold))
    await first.granted
    const second = holder((hold) => locks.stealLock(name, hold))
    await Promise.all([first.robbed, second.granted])
    for (const { release } of [first, second]) release()
    await Promise.all([first.over, second.over])
  })

  it('Y10 what is thrown while the lock is held reaches whoever asked for it, robbed or not, and frees the lock', async () => {
    const [locks, name] = [openLocks(), newName()]
    const thrown = new Error('thrown')
    const fail = (ask: Promise<void>): Promise<unknown> => ask.catch((error: unknown) => error)
    expect(await fail(locks.withLock(name, () => Promise.reject(thrown), never))).toEqual(thrown)
    const robbed = fail(locks.withLock(name, (stolen) => stolen.then(() => Promise.reject(thrown)), never))
    const thief = holder((hold) => locks.stealLock(name, hold))
    expect(await robbed).toEqual(thrown)
    thief.release()
    await thief.over
  })
}
