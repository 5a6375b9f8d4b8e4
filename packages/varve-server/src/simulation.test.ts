import { simulateSeed, toySimulation } from 'varve/testing'
import { expect, it } from 'vitest'
import { simServer } from './testing/sim-server.ts'

it('Z1 the simulator finds nothing in the real server either', async () => {
  let entries = 0
  for (let seed = 1; seed <= seedsPerRun; seed++) {
    const result = await simulateSeed({ ...toySimulation, server: simServer, seed })
    if (result.violation !== null)
      throw new Error(`${result.violation}\n${JSON.stringify(result.actions, null, 1)}`)
    entries += result.entries
  }
  expect(entries).toBeGreaterThan(5 * seedsPerRun)
})

const seedsPerRun = 200
