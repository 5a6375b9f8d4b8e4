/**
 * A history in which half of the devices are away for about a month, asleep or with their browser ended, and with work
 * that they could not send; the others come for a short while now and then. Meanwhile the server comes back from an older
 * backup, once or twice.
 *
 *   everybody   ├ work ┤
 *   the away           ├ offline, work ┤ ···················· a month ···················· ├ work ┤
 *   the others         ├ work ┤ ····· ├ work ┤ ·· backup ·· ├ work ┤ ·· restore ·· ├ work ┤ ├ work ┤
 */
import { seededRandom } from '../seeded-random.ts'
import type { Action, ActionKind, History } from './history.ts'
import { runHistory, type Simulated, type SimulationOptions } from './simulate.ts'

const dayMs = 24 * 3_600_000
const sessionMs = 8_000
const sessions = 5
const togetherMs = 31 * dayMs

export interface MonthOptions extends SimulationOptions {
  readonly seed: number
  /** At least four. */
  readonly devices: number
}

export function simulateMonth({ seed, devices, ...options }: MonthOptions): Promise<Simulated> {
  return runHistory(drawMonth(seed, devices), options)
}

function drawMonth(seed: number, devices: number): History {
  const random = seededRandom(seed ^ 0x30da75)
  const away = Math.floor(devices / 2)
  const actions: Omit<Action, 'id'>[] = []
  const act = (atMs: number, kind: ActionKind, device: number, ms = random.below(2 ** 31)): void => {
    actions.push({ atMs, kind, device, seed: ms })
  }
  const work = (fromMs: number, upToMs: number, first: number, end: number, count: number): void => {
    for (let i = 0; i < count; i += 1)
      act(fromMs + random.below(upToMs - fromMs), 'wish', first + random.below(end - first))
  }

  work(500, sessionMs, 0, devices, 10)
  for (let device = 0; device < away; device += 1) {
    const leftMs = 2 * sessionMs + random.below(1_000)
    const awayMs = togetherMs + random.below(2_000) - leftMs
    act(sessionMs, 'goOffline', device, leftMs - sessionMs + awayMs)
    work(sessionMs + 500, leftMs - 500, device, device + 1, 3)
    // The first sleeps, with its page and its connection as they were; the second's browser is ended.
    act(leftMs, device % 2 === 0 ? 'sleep' : 'shut', device, awayMs)
  }
  // Before the away could tell what they did, or while they could, or in between.
  const restores = 1 + random.below(2)
  act(random.below(sessionMs), 'backup', 0)
  const starts = Array.from({ length: sessions }, (_, i) => 3 * sessionMs + i * 7 * dayMs)
  for (const [session, startMs] of starts.entries()) {
    const endMs = startMs + sessionMs
    work(startMs + 2_000, endMs - 500, away, devices, 5)
    if (session > 0 && session <= restores)
      act(startMs + 1_000 + random.below(sessionMs - 2_000), 'restore', 0, random.below(3_000))
    if (random.chance(0.4)) act(startMs + random.below(sessionMs), 'backup', 0)
    const nextMs = starts[session + 1] ?? togetherMs
    for (let device = away; device < devices; device += 1) act(endMs, 'shut', device, nextMs - endMs)
  }
  work(togetherMs, togetherMs + sessionMs, 0, devices, 6)
  return {
    seed,
    devices: Array.from({ length: devices }, () => ({
      tabs: 1 + random.below(2),
      skewMs: 0,
      latencyMs: 1 + random.below(100),
    })),
    actions: actions.toSorted((a, b) => a.atMs - b.atMs).map((action, id) => ({ id, ...action })),
  }
}
