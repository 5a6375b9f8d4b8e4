import { describe, expect, it } from 'vitest'
import type { Commit } from '../../core/commit.ts'
import { wasKnown } from '../../core/verify.ts'
import { asWritten, Basket, Board, fair, Price, type Verifying, verifyingLedger } from '../verified-fair.ts'
import { simulateSeed } from './campaign.ts'
import { ledgerServer } from './ledger-server.ts'
import type { SimulationOptions } from './simulate.ts'

const wish: SimulationOptions['wish'] = (random) => {
  const item = `i${random.below(2)}`
  switch (random.below(9)) {
    case 0:
      return Price.commands.set(item, { cents: random.below(10) })
    case 1:
      return [Board.commands.sign('main'), Price.commands.raise(item), Board.commands.write('main', { item })]
    case 2:
      return Basket.commands.fill(`b${random.below(2)}`, { item })
    case 3:
      return [Price.commands.raise(item), Basket.commands.fill('both', { item })]
    case 4:
      return Board.commands.begin(`side${random.below(3)}`)
    case 5:
    case 6:
      return Board.commands.write('main', { item })
    default:
      return Board.commands.sign(random.below(2) === 0 ? 'main' : 'side0')
  }
}

/** Honest devices in all the faults of the simulation, and a server that verifies what they push. */
async function refusedOf(seeds: number, how?: Verifying) {
  const refused: string[] = []
  let entries = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const tell = (message: string, { dot }: Commit): void => {
      refused.push(`seed ${seed}: ${dot.replica}@${dot.counter} ${message}`)
    }
    const server = ledgerServer({ createLedger: (epoch) => verifyingLedger(epoch, how, tell) })
    const result = await simulateSeed({ model: fair, wish, server, seed })
    if (how === undefined && result.violation !== null) throw new Error(`seed ${seed}: ${result.violation}`)
    entries += result.entries
    if (how !== undefined && refused.length > 0) break
  }
  return { refused, entries }
}

describe('verified streams in the simulation', () => {
  it('A7 R5 R17 nothing that honest devices decide is refused, in all faults, on serial and on commute streams', {
    timeout: 200_000,
  }, async () => {
    const { refused, entries } = await refusedOf(seedsPerRun)
    expect(refused).toEqual([])
    expect(entries).toBeGreaterThan(10 * seedsPerRun)
  })

  it('A7 Z3 deciding at the head, or giving other theirs, refuses honest devices', async () => {
    const atHead: Verifying = { ...asWritten, knows: () => true }
    expect((await refusedOf(20, atHead)).refused).not.toEqual([])
    const ofOthers: Verifying = {
      ...asWritten,
      knows: (commit, touch) => touch.foreign && wasKnown(commit, touch),
    }
    expect((await refusedOf(20, ofOthers)).refused).not.toEqual([])
    const noTheirs: Verifying = { ...asWritten, since: ({ base }) => base }
    expect((await refusedOf(20, noTheirs)).refused).not.toEqual([])
  })
})

const seedsPerRun = 200
