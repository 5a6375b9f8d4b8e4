import { expect, it } from 'vitest'
import type { StoreLog } from '../../log/port.ts'
import { drawHistory } from './history.ts'
import { runHistory } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

it('Z1 Y17 V2 clocks of devices and of the server that jump by years and stand still change neither order nor outcome', async () => {
  let [histories, stood, entries] = [0, 0, 0]
  const watched = (log: StoreLog): StoreLog => {
    let lastNow = 0
    return {
      ...log,
      appendCommits(write) {
        for (const { now } of write.commits) {
          // Of another wish, and no later.
          if (now === lastNow) stood += 1
          lastNow = now
        }
        return log.appendCommits(write)
      },
    }
  }
  for (let seed = 1; histories < historiesPerRun; seed++) {
    const history = drawHistory({ seed, devices: 2 + (seed % 2), actions: 40, faults: ['clockJump', 'cut'] })
    if (!history.actions.some(({ kind }) => kind === 'clockJump')) continue
    histories += 1
    const result = await runHistory(history, { ...toySimulation, broken: { log: watched } })
    expect(result.violation).toBe(null)
    entries += result.entries
  }
  expect(stood).toBeGreaterThan(historiesPerRun / 2)
  expect(entries).toBeGreaterThan(10 * historiesPerRun)
})

const historiesPerRun = 30
