import { describe, expect, it } from 'vitest'
import { Account, Payment, shop } from '../../core/cart.fixture.ts'
import { simulateModel } from '../simulate-model.ts'
import { simulateSeed } from './campaign.ts'
import { defaultFaults, drawHistory } from './history.ts'
import { ledgerServer } from './ledger-server.ts'
import { runSeeds } from './run-seeds.fixture.ts'
import { runHistory } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

describe('the simulator', () => {
  it('Z1 tabs, devices and a server keep every invariant through all faults, and agree once they are over', {
    timeout: 400_000,
  }, async () => {
    const totals = await runSeeds({ from: 1, seeds: seedsPerRun, actions: 40 })
    expect(totals.steps).toBeGreaterThan(200 * seedsPerRun)
    expect(totals.entries).toBeGreaterThan(10 * seedsPerRun)
    expect(totals.withdrawn).toBeGreaterThan(seedsPerRun / 2)
  })

  it('Z2 one seed is one run, step by step', async () => {
    for (const seed of [3, 4, 5, 6]) {
      const history = drawHistory({ seed, devices: 3, actions: 40, faults: defaultFaults })
      const first = await runHistory(history, toySimulation)
      expect(await runHistory(history, toySimulation)).toEqual(first)
      expect(first.trace).not.toBe(0)
    }
  })

  it('Z7 a failing run is made short, and what is left replays it', async () => {
    const broken = { ...toySimulation, server: ledgerServer({ answersEarly: true }) }
    const result = await simulateSeed({ ...broken, seed: 1 })
    expect(result.violation).toMatch(/before it is durable/)
    expect(result.actions).toHaveLength(1)
    const keep = result.actions?.map(({ id }) => id)
    expect((await simulateSeed({ ...broken, seed: 1, keep })).violation).toBe(result.violation)
  })

  it("Z4 an application's model converges, with decisions that read another stream", async () => {
    let withdrawn = 0
    for (let seed = 1; seed <= 60; seed++) {
      const result = await simulateModel({
        seed,
        model: shop,
        wish(random) {
          const account = `a${random.below(2)}`
          const amount = 1 + random.below(20)
          switch (random.below(4)) {
            case 0:
              return Account.commands.deposit(account, { amount })
            case 1:
              return Account.commands.level(account, { with: account === 'a0' ? 'a1' : 'a0' })
            case 2:
              return Payment.commands.pay(`p${random.below(3)}`, { account, amount })
            default:
              return [
                Payment.commands.pay('p9', { account, amount }),
                Account.commands.deposit(account, { amount: 1 }),
              ]
          }
        },
      })
      if (result.violation !== null) throw new Error(result.violation)
      withdrawn += result.withdrawn
    }
    expect(withdrawn).toBeGreaterThan(20)
  })
})

/** Long ones; many short ones are in short-low.test.ts and short-high.test.ts, and `npm run sim` runs more. */
const seedsPerRun = 400
