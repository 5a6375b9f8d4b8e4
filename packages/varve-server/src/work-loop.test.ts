import { describe, expect, it } from 'vitest'
import { createWorkLoop } from './work-loop.ts'

describe('the work loop', () => {
  it('V23 who is woken while the last step finds nothing looks again', async () => {
    let jobs = 0
    const done: number[] = []
    const work = async () => {
      if (jobs === 0) return false
      done.push(jobs)
      jobs = 0
      return true
    }
    // Between the look that finds nothing and the end of the round.
    let isLate = true
    const other = async () => {
      if (isLate) {
        isLate = false
        jobs = 7
        loop.wake()
      }
      return false
    }
    const loop = createWorkLoop([work, other], () => {})
    loop.wake()
    await loop.settled()
    expect(done).toEqual([7])
    expect(loop.isWorking()).toBe(false)
  })

  it('V23 steps have their turns until none has anything to do', async () => {
    const left = { a: 3, b: 1 }
    const done: string[] = []
    const step = (name: 'a' | 'b') => async () => {
      if (left[name] === 0) return false
      left[name] -= 1
      done.push(name)
      return true
    }
    const loop = createWorkLoop([step('a'), step('b')], () => {})
    loop.wake()
    await loop.settled()
    expect(done).toEqual(['a', 'b', 'a', 'a'])
  })

  it('V23 stopped within a step, it finishes that and begins no other', async () => {
    const done: string[] = []
    const gate = Promise.withResolvers<boolean>()
    const first = () => gate.promise.then((more) => done.push('first') > 0 && more)
    const second = async () => done.push('second') > 0
    const loop = createWorkLoop([first, second], () => {})
    loop.wake()
    const stopped = loop.stop()
    gate.resolve(true)
    await stopped
    expect(done).toEqual(['first'])
  })

  it('V23 once it is stopped it begins nothing any more, also after a failure', async () => {
    let taken = 0
    const faults: unknown[] = []
    const loop = createWorkLoop(
      [
        async () => {
          taken += 1
          throw new Error('full')
        },
      ],
      (fault) => faults.push(fault),
    )
    loop.wake()
    await new Promise((resolve) => setImmediate(resolve))
    // It pauses a second, which nobody waits for.
    await loop.stop()
    loop.wake()
    await loop.settled()
    expect([taken, faults.length]).toEqual([1, 1])
  })
})
