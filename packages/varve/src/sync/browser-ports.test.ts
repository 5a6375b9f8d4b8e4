import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './browser-ports.ts'

afterEach(() => vi.useRealTimers())

describe('the system clock', () => {
  it('Y17 a clock that is set back ten years does not make anything wait for ten years', () => {
    vi.useFakeTimers()
    vi.setSystemTime(1_700_000_000_000)
    const calls: number[] = []
    const atMs = systemClock.now() + 2_000
    vi.setSystemTime(1_400_000_000_000)
    systemClock.at(atMs, () => calls.push(systemClock.now() - atMs))
    vi.advanceTimersByTime(2_000)
    expect(calls).toEqual([0])
  })
})
