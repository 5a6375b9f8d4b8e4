/** Many short histories, in two files so that two cores share them. */
import { describe, expect, it } from 'vitest'
import { runSeeds } from './run-seeds.fixture.ts'

/** A few faults each: four in ten steps are what comes after them. */
const seedsPerRun = 9_500

describe('short histories, from the first seed on', () => {
  it('Z1 of about 115 steps each, with every fault', { timeout: 1_200_000 }, async () => {
    const totals = await runSeeds({ from: 1, seeds: seedsPerRun, actions: 9 })
    expect(totals.steps).toBeGreaterThan(100 * seedsPerRun)
    expect(totals.entries).toBeGreaterThan(2 * seedsPerRun)
    expect(totals.withdrawn).toBeGreaterThan(seedsPerRun / 8)
  })
})
