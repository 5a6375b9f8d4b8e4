/**
 * Crash enumeration: fails the first write of an action, then on a fresh disk the second, and so on until none fails.
 * After each crash the store must read as before the action or as after it, never in between, and an action that was
 * acknowledged must have happened.
 */
import type { StoreLog } from '../../log/port.ts'
import type { OpenDisk } from './log-disk.ts'
import { readAll } from './log-fixtures.ts'

export interface CrashScenario {
  readonly openDisk: OpenDisk
  readonly prepare: (log: StoreLog) => Promise<void>
  readonly action: (log: StoreLog) => Promise<unknown>
}

export interface CrashReport {
  /** How many writes were failed, each once. */
  readonly crashes: number
  /** Which of them left the store in between. */
  readonly torn: readonly number[]
  /** Which of them were acknowledged although the action had not happened. */
  readonly lies: readonly number[]
}

const crashesMax = 1_000

export async function crashEverywhere({ openDisk, prepare, action }: CrashScenario): Promise<CrashReport> {
  const outcomes: { readonly before: string; readonly found: string; readonly acknowledged: boolean }[] = []
  for (let n = 1; n <= crashesMax; n++) {
    const disk = await openDisk()
    const log = disk.open()
    await prepare(log)
    const before = JSON.stringify(await readAll(log))
    const latch = disk.failWrite(n)
    const acknowledged = await action(log).then(
      () => true,
      () => false,
    )
    latch.release()
    // As after a restart: by a new handle.
    const reader = disk.open()
    const found = JSON.stringify(await readAll(reader))
    await reader.close()
    await log.close()
    await disk.erase()
    if (!latch.fired()) return compare(outcomes, found)
    outcomes.push({ before, found, acknowledged })
  }
  throw new Error(`The action still writes after ${crashesMax} writes.`)
}

function compare(
  outcomes: readonly { readonly before: string; readonly found: string; readonly acknowledged: boolean }[],
  after: string,
): CrashReport {
  const numbered = outcomes.map((outcome, index) => ({ ...outcome, n: index + 1 }))
  return {
    crashes: outcomes.length,
    torn: numbered.filter(({ before, found }) => found !== before && found !== after).map(({ n }) => n),
    lies: numbered.filter(({ acknowledged, found }) => acknowledged && found !== after).map(({ n }) => n),
  }
}
