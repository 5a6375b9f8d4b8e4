import { describe, expect, it } from 'vitest'
import { accept } from '../core/accept.ts'
import { Account, Payment, shop } from '../core/cart.fixture.ts'
import { reconcile } from '../core/reconcile.ts'
import { simulateModel } from './simulate-model.ts'
import { type SimulationOptions, type SimulationResult, simulate } from './simulation.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from './toy-rules.ts'

const commands: readonly ToyCommand[] = ['TAB', 'NB', 'TA', 'FA', 'FA', 'EAB', 'RAB', 'RBA', 'like', 'like']

function run(seed: number, more: Partial<SimulationOptions<Seats>> = {}): SimulationResult {
  return simulate<Seats>({
    seed,
    rules: toyRules,
    initial: () => noSeats,
    show: (seats) => [...seats].sort(([a], [b]) => (a < b ? -1 : 1)),
    wish: (random) => [toy(random.pick(commands))],
    ...more,
  })
}

/** What the first violated run of so many seeds says, or null. */
function firstViolation(seeds: number, more: Partial<SimulationOptions<Seats>>): string | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = run(seed, more)
    if (violation !== null) return violation
  }
  return null
}

describe('simulation', () => {
  it('Z1 2 000 seeds with loss, duplication, reordering, restarts, new leaders and cancels all converge', {
    timeout: 240_000,
  }, () => {
    const totals = { entries: 0, withdrawn: 0, redecided: 0 }
    for (let seed = 1; seed <= 2_000; seed++) {
      const result = run(seed, { actions: 60, replicas: 2 + (seed % 3) })
      // The seed replays it: pnpm sim --from <seed> --seeds 1
      if (result.violation !== null) throw new Error(result.violation)
      totals.entries += result.entries
      totals.withdrawn += result.withdrawn
      totals.redecided += result.redecided
    }
    expect(totals.entries).toBeGreaterThan(20_000)
    expect(totals.withdrawn).toBeGreaterThan(1_000)
    expect(totals.redecided).toBeGreaterThan(1_000)
  })

  it('Z2 the same seed gives the same run', () => {
    expect(run(7)).toEqual(run(7))
  })

  it('Z3 a client that keeps disturbed commits is caught (negative control)', () => {
    const keepAll: typeof reconcile = (input) =>
      reconcile({
        ...input,
        rules: {
          ...input.rules,
          decide: (_state, intent) => ({ ok: true, guards: [], ...intent, events: [] }),
        },
      })
    expect(firstViolation(20, { broken: { reconcile: keepAll } })).toMatch(/^seed /)
  })

  it('Z3 a client that drops what was refused is caught (negative control)', () => {
    const dropRefused: typeof reconcile = (input) => {
      const result = reconcile(input)
      return { ...result, outbox: result.outbox.filter((commit) => commit.withdrawn === null) }
    }
    expect(firstViolation(40, { broken: { reconcile: dropRefused } })).toMatch(/^seed /)
  })

  it('Z3 a server without the conflict check (A5) is caught (negative control)', () => {
    const noConflict: typeof accept = (pushed, facts) => accept(pushed, { ...facts, disturbedAt: new Map() })
    expect(firstViolation(40, { broken: { accept: noConflict } })).toMatch(/^seed /)
  })

  it('Z3 a server that places a known dot again (no A2, A3, A6) is caught (negative control)', () => {
    const forgetful: typeof accept = (pushed, facts) =>
      accept(pushed, { ...facts, known: null, counter: pushed.commit.dot.counter - 1, history: pushed.prev })
    expect(firstViolation(40, { broken: { accept: forgetful } })).toMatch(/^seed /)
  })

  it('Z4 a real model converges, with decisions that read another stream', { timeout: 60_000 }, () => {
    let withdrawn = 0
    for (let seed = 1; seed <= 100; seed++) {
      const result = simulateModel({
        seed,
        model: shop,
        logKind: 'bank',
        actions: 60,
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
    expect(withdrawn).toBeGreaterThan(50)
  })
})
