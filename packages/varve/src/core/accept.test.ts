import { describe, expect, it } from 'vitest'
import { type ReferenceReplica, referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import { accept, emptyFacts, type Verdict } from './accept.ts'
import { type Commit, sealCommit, withdraw } from './commit.ts'
import { extendHistory, historyStart } from './history.ts'
import { createLedger, type Ledger } from './ledger.ts'

type Client = ReferenceReplica<Seats> & { wish(command: ToyCommand): Commit }

function client(name: string): Client {
  const replica = referenceReplica({ log: 'toy', replica: name, rules: toyRules, initial: noSeats })
  let wishes = 0
  return {
    ...replica,
    wish(command) {
      wishes += 1
      replica.dispatch({ commands: [toy(command)], now: 0, seed: `${name}-${wishes}` })
      return replica.outbox().at(-1) as Commit
    },
  }
}

/** What a session would send as `prev` for the n-th pending commit. */
function prevOf(replica: ReferenceReplica<Seats>, index: number): string {
  return replica.outbox().slice(0, index).reduce(extendHistory, replica.stored().history)
}

function offer(ledger: Ledger, commit: Commit, prev: string, epoch = ledger.epoch): Verdict {
  return ledger.offer({ epoch, prev, commit, principal: null, time: 0 })
}

function offerAll(ledger: Ledger, replica: ReferenceReplica<Seats>): string[] {
  return replica.outbox().map((commit, index) => offer(ledger, commit, prevOf(replica, index)).kind)
}

const pull = (ledger: Ledger, replica: ReferenceReplica<Seats>) =>
  replica.receive('e', ledger.entries(replica.position()))

describe('accept', () => {
  it('A1 another epoch is a fork, even for a commit that the log holds', () => {
    const ledger = createLedger('e')
    const commit = client('a').wish('TA')
    offer(ledger, commit, historyStart)
    expect(offer(ledger, commit, historyStart, 'before-restore')).toEqual({ kind: 'fork' })
  })

  it('A2 a known dot is answered with its position and outcome, whatever prev says', () => {
    const ledger = createLedger('e')
    const commit = client('a').wish('TA')
    const first = offer(ledger, commit, historyStart)
    expect(offer(ledger, commit, 'nonsense')).toMatchObject({ kind: 'known', position: 1 })
    expect(first).toMatchObject({ kind: 'place' })
    expect(ledger.head()).toBe(1)
  })

  it('A2 a known dot with another outcome of the same intent is known; with another intent it is a collision', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const commit = a.wish('TA')
    offer(ledger, commit, historyStart)
    a.withdraw(commit.dot, 'cancelled')
    expect(offer(ledger, a.outbox()[0] as Commit, historyStart)).toMatchObject({ kind: 'known', position: 1 })
    expect(offer(ledger, client('a').wish('FA'), historyStart)).toEqual({ kind: 'collision' })
  })

  it('A3 a counter that is not the next is a gap', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('TA')
    const second = a.wish('FA')
    expect(offer(ledger, second, historyStart)).toEqual({
      kind: 'gap',
      expected: { replica: 'a', counter: 1 },
    })
  })

  it('A4 a first commit waits until its parent is placed', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('TA')
    a.mint('a2')
    a.wish('FA')
    const second = a.outbox()[1] as Commit
    expect(second).toMatchObject({ dot: { replica: 'a2', counter: 1 }, parent: { replica: 'a', counter: 1 } })
    expect(offer(ledger, second, prevOf(a, 1))).toEqual({
      kind: 'gap',
      expected: { replica: 'a', counter: 1 },
    })
    expect(offerAll(ledger, a)).toEqual(['place', 'place'])
  })

  it('A5 a base beyond the head is a fork', () => {
    const ledger = createLedger('e')
    const commit = sealCommit({ ...client('a').wish('TA'), base: 1 })
    expect(offer(ledger, commit, historyStart)).toEqual({ kind: 'fork' })
  })

  it('A5 a foreign entry after the base on a stream that was read or written is a conflict (write skew)', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('RAB')
    b.wish('RBA')
    expect(offerAll(ledger, a)).toEqual(['place'])
    expect(offer(ledger, b.outbox()[0] as Commit, historyStart)).toEqual({
      kind: 'conflict',
      stream: 'seat/B',
      position: 1,
    })
    pull(ledger, b)
    expect(b.outbox()[0]?.withdrawn?.reason).toBe('taken')
    expect(offerAll(ledger, b)).toEqual(['place'])
  })

  it('A5 own entries, entries before the base and commuting guards are no conflict', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    b.wish('FA')
    b.wish('like')
    offerAll(ledger, b)
    a.wish('like')
    pull(ledger, a)
    a.wish('TA')
    a.wish('FA')
    expect(offerAll(ledger, a)).toEqual(['place', 'place', 'place'])
  })

  it('A5 a wish that is applied under another name is not applied again, whatever it leans on', () => {
    const ledger = createLedger('e')
    const wish = client('a').wish('like')
    const renamed = sealCommit({ ...wish, dot: { replica: 'b', counter: 1 } })
    const cancelled = withdraw(renamed, { reason: 'already_applied', because: [] })
    expect(offer(ledger, wish, historyStart).kind).toBe('place')
    expect(offer(ledger, renamed, historyStart)).toEqual({ kind: 'applied', position: 1 })
    expect(offer(ledger, cancelled, historyStart).kind).toBe('place')
  })

  it('A5 a wish that was placed empty may be tried again', () => {
    const ledger = createLedger('e')
    const wish = client('a').wish('like')
    offer(ledger, withdraw(wish, { reason: 'cancelled', because: [] }), historyStart)
    const again = sealCommit({ ...wish, dot: { replica: 'b', counter: 1 } })
    expect(offer(ledger, again, historyStart).kind).toBe('place')
  })

  it('A6 an old copy whose predecessors turned out otherwise is stale', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TAB')
    a.wish('NB')
    const oldSecond = a.outbox()[1] as Commit
    const oldPrev = prevOf(a, 1)
    b.wish('TA')
    offerAll(ledger, b)
    pull(ledger, a)
    expect(offer(ledger, a.outbox()[0] as Commit, prevOf(a, 0)).kind).toBe('place')
    expect(offer(ledger, oldSecond, oldPrev)).toEqual({ kind: 'stale' })
    expect(offer(ledger, a.outbox()[1] as Commit, prevOf(a, 1)).kind).toBe('place')
  })

  it('A6 without prev the old copy would be placed (negative control)', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TAB')
    a.wish('NB')
    const oldSecond = a.outbox()[1] as Commit
    b.wish('TA')
    offerAll(ledger, b)
    pull(ledger, a)
    offer(ledger, a.outbox()[0] as Commit, prevOf(a, 0))
    // A server that believes any prev: NB is placed although B was never taken.
    expect(offer(ledger, oldSecond, ledger.facts(oldSecond).history).kind).toBe('place')
  })

  it('A8 a stream held for another replica is refused for a while; what does not write it is not', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const facts = { ...emptyFacts('e'), held: new Set(['seat/A']) }
    const held = accept({ epoch: 'e', prev: historyStart, commit: a.wish('TA') }, facts)
    expect(held).toEqual({ kind: 'held', stream: 'seat/A' })
    expect(accept({ epoch: 'e', prev: historyStart, commit: client('b').wish('like') }, facts).kind).toBe(
      'place',
    )
    expect(ledger.head()).toBe(0)
  })

  it('A9 a placed commit extends the history of its lineage, across replicas', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('TA')
    a.mint('a2')
    a.wish('FA')
    offerAll(ledger, a)
    pull(ledger, a)
    a.wish('TA')
    expect(a.stored().history).toBe(ledger.facts(a.outbox()[0] as Commit).history)
    expect(offerAll(ledger, a)).toEqual(['place'])
  })

  it('A9 nothing is consumed by a refusal: the same commit is placed later at the same counter', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    b.wish('TA')
    offerAll(ledger, b)
    a.wish('TA')
    expect(offerAll(ledger, a)).toEqual(['conflict'])
    expect(ledger.facts(a.outbox()[0] as Commit)).toMatchObject({ counter: 0, head: 1, known: null })
  })
})
