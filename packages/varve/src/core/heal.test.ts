import { describe, expect, it } from 'vitest'
import { referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import { type Entry, isSealed } from './commit.ts'
import { heal } from './heal.ts'
import { extendHistory, historyStart } from './history.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Rules } from './rules.ts'

/** Notation: `a1` is replica a's first commit, `a1'` pending, `a1°` withdrawn, `@3` its position. */
function client(name: string) {
  const replica = referenceReplica({ log: 'toy', replica: name, rules: toyRules, initial: noSeats })
  let wishes = 0
  return {
    ...replica,
    wish(command: ToyCommand) {
      wishes += 1
      replica.dispatch({ commands: [toy(command)], now: 0, seed: `${name}${wishes}` })
    },
  }
}
type Client = ReturnType<typeof client>

function push(ledger: Ledger, { outbox, stored }: Pick<Client, 'outbox' | 'stored'>): string[] {
  let prev = stored().history
  return outbox().map((commit) => {
    const { kind } = ledger.offer({ epoch: ledger.epoch, prev, commit, principal: null, time: 0 })
    prev = extendHistory(prev, commit)
    return kind
  })
}

function sync(ledger: Ledger, ...clients: readonly Client[]): void {
  for (const each of clients) push(ledger, each)
  for (const each of clients) each.receive(ledger.epoch, ledger.entries(each.position()))
}

/** What a replica makes of a server that kept the first `fork` entries only. */
function healed(replica: Client, ledger: Ledger, fork: number, rules = toyRules) {
  const entries = ledger.entries(0, replica.position())
  const kept = entries.slice(0, fork)
  const confirmed = kept.reduce<Seats>((seats, { commit }) => toyRules.apply(seats, commit), noSeats)
  const next = heal({
    rules,
    confirmed,
    position: fork,
    lineage: replica.lineage(),
    issued: 99,
    outbox: replica.outbox(),
    recent: kept,
    lost: entries.slice(fork),
  })
  const own = kept.filter(({ commit }) =>
    replica.lineage().some((branch) => branch.replica === commit.dot.replica),
  )
  const history = own.reduce((running, { commit }) => extendHistory(running, commit), historyStart)
  return { ...next, history }
}

function restored(ledger: Ledger, fork: number): Ledger {
  const after = createLedger('e2')
  let prev = historyStart
  for (const { commit, time } of ledger.entries(0, fork)) {
    prev = after.facts(commit).history
    after.offer({ epoch: 'e2', prev, commit, principal: null, time })
  }
  return after
}

const shapes = (
  commits: readonly {
    dot: { replica: string; counter: number }
    withdrawn: unknown
    base: number
    born: number
  }[],
) =>
  commits.map(
    ({ dot, withdrawn, base, born }) =>
      `${dot.replica}${dot.counter}${withdrawn === null ? "'" : '°'} base ${base} born ${born}`,
  )

const takers = (seats: Seats) => Object.fromEntries([...seats].map(([stream, { taker }]) => [stream, taker]))

describe('heal', () => {
  it('R17 C7 what the server lost of ours goes back in front of what is pending, with the same dots, and is placed again', () => {
    const ledger = createLedger('e1')
    const a = client('a')
    a.wish('like')
    sync(ledger, a)
    a.wish('TA')
    a.wish('like')
    sync(ledger, a)
    a.wish('FA')
    const next = healed(a, ledger, 1)
    expect(shapes(next.outbox)).toEqual(["a2' base 1 born 1", "a3' base 1 born 1", "a4' base 1 born 1"])
    expect(next.outbox.every(isSealed)).toBe(true)
    expect(takers(next.pending)).toEqual({ 'like/L': 'a3', 'seat/A': null })
    const back = restored(ledger, 1)
    expect(
      push(back, { outbox: () => next.outbox, stored: () => ({ ...a.stored(), history: next.history }) }),
    ).toEqual(['place', 'place', 'place'])
  })

  it('R17 C7 a decision that leaned on a foreign entry which is lost is made again at the fork', () => {
    // b1 frees A, a1 takes it; b1 is lost, so A is c1's still: kept, a1 would take the seat twice.
    const ledger = createLedger('e1')
    const [a, b, c] = [client('a'), client('b'), client('c')]
    c.wish('TA')
    sync(ledger, c, b, a)
    b.wish('FA')
    sync(ledger, b, a, c)
    a.wish('TA')
    sync(ledger, a)
    const next = healed(a, ledger, 1)
    expect(shapes(next.outbox)).toEqual(['a1° base 1 born 1'])
    expect(next.outbox[0]?.withdrawn?.reason).toBe('taken')
    expect(takers(next.pending)).toEqual({ 'seat/A': 'c1' })
    expect(next.changed.map(({ before }) => before.withdrawn)).toEqual([null])
  })

  it('R17 C7 C4 what leaned on a decision that turned out otherwise is made again too', () => {
    const ledger = createLedger('e1')
    const [a, b, c] = [client('a'), client('b'), client('c')]
    c.wish('TA')
    sync(ledger, c, b, a)
    b.wish('FA')
    sync(ledger, b, a, c)
    a.wish('TAB')
    a.wish('NB')
    const next = healed(a, ledger, 1)
    expect(shapes(next.outbox)).toEqual(['a1° base 1 born 1', 'a2° base 1 born 1'])
    expect(next.outbox[1]?.withdrawn?.reason).toBe('empty')
  })

  it('R17 C7 what did not lean on what is lost keeps its events, and what was known before the fork is not touched', () => {
    const ledger = createLedger('e1')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    const early = a.outbox()[0]
    b.wish('like')
    sync(ledger, b)
    a.receive('e1', ledger.entries(0))
    a.wish('like')
    const next = healed(a, ledger, 0)
    expect(next.outbox[0]).toBe(early)
    expect(shapes(next.outbox)).toEqual(["a1' base 0 born 0", "a2' base 0 born 0"])
    expect(next.changed.map(({ after }) => after.dot.counter)).toEqual([2])
  })

  it('R17 C7 what leaned on our own lost commits, or on none that it knew, is not decided again; on a stream that commutes too it is', () => {
    const undecided: Rules<Seats> = {
      ...toyRules,
      decide: () => ({ ok: false, reason: 'decided again' }),
    }
    const ledger = createLedger('e1')
    const [a, b] = [client('a'), client('b')]
    a.wish('TAB')
    sync(ledger, a, b)
    a.wish('NB') // leans on a1
    b.wish('like')
    sync(ledger, a, b)
    a.wish('like') // beside the like of b, which it knows
    b.wish('FA') // after a1, which did not know it
    sync(ledger, a, b)
    sync(ledger, a)
    const next = healed(a, ledger, 0, undecided)
    expect(shapes(next.outbox)).toEqual(["a1' base 0 born 0", "a2' base 0 born 0", 'a3° base 0 born 0'])
  })

  it('R17 C6 what was withdrawn stays withdrawn, though nobody stands in its way any more', () => {
    const ledger = createLedger('e1')
    const [a, b] = [client('a'), client('b')]
    b.wish('TA')
    a.wish('TA')
    sync(ledger, b, a)
    sync(ledger, a)
    const placed = ledger.entries(0).map(({ commit }: Entry) => commit.withdrawn?.reason ?? null)
    expect(placed).toEqual([null, 'taken'])
    const next = healed(a, ledger, 0)
    expect(shapes(next.outbox)).toEqual(['a1° base 0 born 0'])
  })
})
