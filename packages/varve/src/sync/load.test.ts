import { afterEach, describe, expect, it } from 'vitest'
import { loadLimits, loadPatiently } from './load.ts'
import type { NetworkHints, SyncClock } from './ports.ts'

const errors: unknown[] = []
const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
const hints = new Set<Parameters<NetworkHints>[0]>()
let nowMs = 0

afterEach(() => {
  expect([timers.size, hints.size]).toEqual([0, 0])
  errors.length = 0
  nowMs = 0
})

const clock: SyncClock = {
  now: () => nowMs,
  random: () => 0,
  newId: () => '',
  at(atMs, callback) {
    const timer = { atMs, callback }
    timers.add(timer)
    return () => timers.delete(timer)
  },
}
const ports = {
  clock,
  networkHints: (listener: Parameters<NetworkHints>[0]) => {
    hints.add(listener)
    return () => hints.delete(listener)
  },
  reportError: (error: unknown) => errors.push(error),
}
const gone = new Error('gone')

/** Lets what can go on without time passing go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Loads something that comes with the n-th try. */
function start(triesNeeded: number) {
  const stopping = new AbortController()
  const triedAtMs: number[] = []
  const result = loadPatiently(
    {
      load: async () => {
        triedAtMs.push(nowMs)
        if (triedAtMs.length < triesNeeded) throw gone
        return 'here'
      },
      onFailure: () => undefined,
      signal: stopping.signal,
    },
    ports,
  )
  return { result, triedAtMs, stopping }
}

async function passTime(): Promise<void> {
  await settle()
  for (const timer of [...timers]) {
    timers.delete(timer)
    nowMs = timer.atMs
    timer.callback()
  }
  await settle()
}

describe('loading patiently', () => {
  it('Y5 tries again after pauses that grow up to a limit, and reports each failure', async () => {
    const { result, triedAtMs } = start(10)
    for (let i = 0; i < 9; i++) await passTime()
    expect(await result).toBe('here')
    const pauses = triedAtMs.slice(1).map((ms, i) => (ms - (triedAtMs[i] as number)) / 1000)
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(loadLimits.againMaxMs).toBe(60_000)
    expect(errors).toHaveLength(9)
  })

  it('Y5 tries again at once when the browser is online', async () => {
    const { result, triedAtMs } = start(2)
    await settle()
    for (const hear of hints) hear('offline')
    await settle()
    expect(triedAtMs).toEqual([0])
    for (const hear of hints) hear('online')
    expect(await result).toBe('here')
    expect(triedAtMs).toEqual([0, 0])
  })

  it('Y5 ends when it is aborted, during a pause and during a try', async () => {
    const pausing = start(2)
    await settle()
    pausing.stopping.abort()
    expect(await pausing.result).toBe(null)

    const stopping = new AbortController()
    const trying = loadPatiently(
      { load: () => new Promise(() => undefined), onFailure: () => undefined, signal: stopping.signal },
      ports,
    )
    stopping.abort()
    expect(await trying).toBe(null)
  })
})
