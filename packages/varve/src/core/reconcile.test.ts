import { describe, expect, it } from 'vitest'
import { type ReferenceReplica, referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import { sealCommit, withdraw } from './commit.ts'
import type { Dot } from './dot.ts'
import { historyStart } from './history.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { reconcile } from './reconcile.ts'
import type { Rules } from './rules.ts'

/** Notation: `a1` is replica a's first commit, `a1'` pending, `a1°` withdrawn, `@3` its position. */
function client(
  name: string,
  rules: Rules<Seats> = toyRules,
): ReferenceReplica<Seats> & { wish(command: ToyCommand): Dot | string } {
  const replica = referenceReplica({ log: 'toy', replica: name, rules, initial: noSeats })
  let wishes = 0
  return {
    ...replica,
    wish(command) {
      wishes += 1
      const decided = replica.dispatch({
        commands: [toy(command)],
        now: 0,
        seed: `${name}-${command}-${wishes}`,
      })
      return decided.ok ? (decided.dot as Dot) : decided.reason
    },
  }
}

/** Pushes the whole outbox as a session would, and gives the verdicts. */
function push(ledger: Ledger, replica: ReferenceReplica<Seats>): string[] {
  const verdicts: string[] = []
  for (const commit of replica.outbox()) {
    const prev = ledger.facts(commit).history
    const verdict = ledger.offer({ epoch: ledger.epoch, prev, commit, principal: null, time: 0 })
    verdicts.push(verdict.kind)
    if (verdict.kind !== 'place' && verdict.kind !== 'known') break
  }
  return verdicts
}

function pull(ledger: Ledger, replica: ReferenceReplica<Seats>): void {
  replica.receive(ledger.epoch, ledger.entries(replica.position()))
}

const takers = (seats: Seats) => Object.fromEntries([...seats].map(([stream, { taker }]) => [stream, taker]))

describe('reconcile', () => {
  it('R1 a commit of ours in the log is a confirmation and leaves the outbox', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('TA')
    expect(push(ledger, a)).toEqual(['place'])
    expect(a.outbox()).toHaveLength(1)
    pull(ledger, a)
    expect(a.outbox()).toEqual([])
    expect(a.last()?.placed.map(({ entry }) => entry.position)).toEqual([1])
    expect(takers(a.confirmed())).toEqual({ 'seat/A': 'a-TA-1' })
  })

  it('R2 C4 an undisturbed commit keeps its events and its base', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    const before = a.outbox()[0]
    b.wish('like')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox()[0]).toBe(before)
    expect(push(ledger, a)).toEqual(['place'])
  })

  it('R3 C6 a disturbed commit that is refused now is withdrawn: no events, no guards, the same dot and intent, still pushed', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    const before = a.outbox()[0]
    b.wish('TA')
    push(ledger, b)
    expect(push(ledger, a)).toEqual(['conflict'])
    pull(ledger, a)
    const [after] = a.outbox()
    expect(after).toMatchObject({
      dot: before?.dot,
      intent: before?.intent,
      events: [],
      guards: [],
      base: 1,
      born: 0,
    })
    expect(after?.withdrawn).toEqual({ reason: 'taken', because: [{ replica: 'b', counter: 1 }] })
    expect(push(ledger, a)).toEqual(['place'])
    pull(ledger, a)
    expect(a.outbox()).toEqual([])
    expect(takers(a.confirmed())).toEqual({ 'seat/A': 'b-TA-1' })
  })

  it('R4 C6 a withdrawn commit stays withdrawn, even if it could be decided again by now', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    b.wish('TA')
    push(ledger, b)
    pull(ledger, a)
    b.wish('FA')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox()[0]?.withdrawn?.reason).toBe('taken')
  })

  it('R5 C4 what leaned on a commit that turned out otherwise is decided again (TAB, NB; TA comes between)', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TAB')
    a.wish('NB')
    b.wish('TA')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox().map((commit) => commit.withdrawn?.reason)).toEqual(['taken', 'empty'])
    expect(push(ledger, a)).toEqual(['place', 'place'])
  })

  it('R6 C4 deciding again to equal events moves nothing that leans on it', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('FA')
    a.wish('TA')
    a.wish('like')
    const likes = a.outbox()[2]
    b.wish('FA')
    push(ledger, b)
    pull(ledger, a)
    const [free, take, like] = a.outbox()
    expect(free).toMatchObject({ base: 1, withdrawn: null })
    expect(take).toMatchObject({ base: 1, withdrawn: null })
    expect(like).toBe(likes)
    expect(a.last()?.changed.map(({ after }) => after.dot.counter)).toEqual([1, 2])
  })

  it('R7 C3 the outcome that the log holds under our dot wins, and what leaned on ours is decided again', () => {
    // Two clones decide a1 (EAB) again at different positions.
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('EAB')
    const clone = a.clone()
    b.wish('TA')
    push(ledger, b)
    clone.receive('e', ledger.entries(0))
    expect(push(ledger, clone)).toEqual(['place'])
    a.wish('TA') // refused: A is a's own
    a.wish('NB') // refused: B is empty here
    a.wish('FA')
    expect(a.outbox()).toHaveLength(2)
    pull(ledger, a)
    expect(a.last()?.placed[0]?.entry.commit.events[0]?.stream).toBe('seat/B')
    expect(a.outbox().map((commit) => commit.base)).toEqual([2])
    expect(takers(a.pending())).toEqual({ 'seat/A': null, 'seat/B': 'a-EAB-1' })
  })

  it('R7 R5 what leaned on ours is decided again also where nobody else has written', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const first = a.wish('EAB') as Dot
    const clone = a.clone()
    a.wish('EAB') // A is a's own: it takes B
    expect(takers(a.pending())).toEqual({ 'seat/A': 'a-EAB-1', 'seat/B': 'a-EAB-2' })
    clone.withdraw(first, 'cancelled')
    expect(push(ledger, clone)).toEqual(['place'])
    pull(ledger, a)
    expect(takers(a.pending())).toEqual({ 'seat/A': 'a-EAB-2' })
    expect(a.outbox().map(({ base }) => base)).toEqual([1])
  })

  it('R8 a stream that commutes never disturbs', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('like')
    const before = a.outbox()[0]
    b.wish('like')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox()[0]).toBe(before)
    expect(push(ledger, a)).toEqual(['place'])
  })

  it('R9 theirs are the foreign entries on the guards since the first decision, in one page or in many', () => {
    const seen: number[][] = []
    const watching: Rules<Seats> = {
      ...toyRules,
      decide(seats, intent, theirs) {
        if (theirs.length > 0) seen.push(theirs.map((entry) => entry.position))
        return toyRules.decide(seats, intent, theirs)
      },
    }
    const ledger = createLedger('e')
    const [a, b] = [client('a', watching), client('b')]
    a.wish('FA')
    // The last one writes a stream besides that the commit does not lean on.
    for (const command of ['FA', 'like', 'TAB'] as const) {
      b.wish(command)
      push(ledger, b)
      pull(ledger, b)
      pull(ledger, a)
    }
    expect(seen).toEqual([[1], [1, 3]])
  })

  it('R10 C11 a retry is withdrawn as already applied once the original is placed with events', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('TA')
    const old = a.outbox()[0]
    a.withdraw({ replica: 'a', counter: 1 }, 'cancelled')
    a.dispatch({
      commands: [toy('FA')],
      now: 0,
      seed: 'retry',
      ...(old === undefined ? {} : { root: old.root }),
    })
    // The cancelled copy was on its way all the time, and is placed.
    if (old !== undefined) ledger.offer({ epoch: 'e', prev: '', commit: old, principal: null, time: 0 })
    pull(ledger, a)
    expect(a.outbox()[0]?.withdrawn).toEqual({ reason: 'already_applied', because: [] })
  })

  it('R10 C11 of two pending commits with one root the second is withdrawn as already applied', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('like')
    a.dispatch({ commands: [toy('like')], now: 0, seed: 'retry', root: a.outbox()[0]?.root ?? '' })
    b.wish('like')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox().map(({ withdrawn }) => withdrawn?.reason ?? null)).toEqual([null, 'already_applied'])
  })

  it('R10 C11 a retry of what was withdrawn stays, before and after that is placed', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    a.withdraw({ replica: 'a', counter: 1 }, 'cancelled')
    const [withdrawn] = a.outbox()
    a.dispatch({ commands: [toy('FA')], now: 0, seed: 'retry', root: withdrawn?.root ?? '' })
    b.wish('like')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox().map((commit) => commit.withdrawn?.reason ?? null)).toEqual(['cancelled', null])
    if (withdrawn) ledger.offer({ epoch: 'e', prev: '', commit: withdrawn, principal: null, time: 0 })
    pull(ledger, a)
    expect(a.outbox().map((commit) => commit.withdrawn?.reason ?? null)).toEqual([null])
  })

  it('R11 C10 a cancel empties the commit in place, and what leaned on it is decided again', () => {
    const a = client('a')
    a.wish('TAB')
    a.wish('NB')
    a.withdraw({ replica: 'a', counter: 1 }, 'cancelled')
    expect(a.outbox().map((commit) => commit.withdrawn?.reason)).toEqual(['cancelled', 'empty'])
    expect(a.outbox().map((commit) => commit.dot.counter)).toEqual([1, 2])
    expect(a.outbox()[0]?.withdrawn).toEqual({ reason: 'cancelled', because: [] })
  })

  it('R4 C10 what is withdrawn already keeps its reason when it is to be emptied', () => {
    const a = client('a')
    a.wish('TA')
    for (const reason of ['cancelled', 'forbidden']) a.withdraw({ replica: 'a', counter: 1 }, reason)
    expect(a.outbox()[0]?.withdrawn?.reason).toBe('cancelled')
  })

  it('R9 each commit has theirs of its own: what was known when it was born is not foreign', () => {
    const seen = new Map<string, number[]>()
    const watching: Rules<Seats> = {
      ...toyRules,
      decide(seats, intent, theirs) {
        seen.set(
          intent.seed,
          theirs.map((entry) => entry.position),
        )
        return toyRules.decide(seats, intent, theirs)
      },
    }
    const ledger = createLedger('e')
    const [a, b] = [client('a', watching), client('b')]
    for (let round = 0; round < 2; round += 1) {
      a.wish('FA')
      b.wish('FA')
      push(ledger, b)
      pull(ledger, b)
      pull(ledger, a)
    }
    expect(Object.fromEntries(seen)).toEqual({ 'a-FA-1': [1, 2], 'a-FA-2': [2] })
  })

  it('R3 a withdrawal names the latest hundred of the commits that it met', () => {
    const ledger = createLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish('TA')
    for (let wish = 0; wish < 100; wish += 1) b.wish('FA')
    b.wish('TA')
    push(ledger, b)
    pull(ledger, a)
    const because = a.outbox()[0]?.withdrawn?.because.map(({ counter }) => counter)
    expect(because).toEqual(Array.from({ length: 100 }, (_, index) => index + 2))
  })

  it('R12 C8 an entry under our present name that we never wrote is reported', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const clone = a.clone()
    clone.dispatch({ commands: [toy('TA')], now: 0, seed: 'clone' })
    push(ledger, clone)
    pull(ledger, a)
    expect(a.last()?.unissued).toEqual([{ replica: 'a', counter: 1 }])
  })

  it('R13 a page without news changes nothing', () => {
    const a = client('a')
    a.wish('TA')
    const result = reconcile({
      rules: toyRules,
      confirmed: noSeats,
      position: 4,
      lineage: a.lineage(),
      issued: 1,
      outbox: a.outbox(),
      recent: [],
      page: [],
    })
    expect(result).toMatchObject({ position: 4, placed: [], changed: [], unissued: [] })
    expect(result.outbox[0]).toBe(a.outbox()[0])
  })

  it.each([
    [{ seat: 'A' }, { seat: 'A' }],
    ['x'.repeat(40_000), { message: 'Its details take 40002 of at most 32768 characters.' }],
  ])('R14 a refusal carries its details, cut if there is no room for them', (details, kept) => {
    const rules: Rules<Seats> = {
      ...toyRules,
      decide: (_seats, _intent, theirs) =>
        theirs.length > 0 ? { ok: false, reason: 'no', details } : toyRules.decide(noSeats, _intent, []),
    }
    const ledger = createLedger('e')
    const [a, b] = [client('a', rules), client('b')]
    a.wish('TA')
    b.wish('TA')
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox()[0]?.withdrawn).toMatchObject({ reason: 'no', details: kept })
  })

  it('R15 commits of an ancestor after the dot where we left it are foreign', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const clone = a.clone()
    a.wish('like')
    a.mint('a2')
    clone.dispatch({ commands: [toy('like')], now: 0, seed: 'same' })
    clone.dispatch({ commands: [toy('TA')], now: 0, seed: 'clone' })
    a.wish('TA')
    push(ledger, clone)
    pull(ledger, a)
    expect(a.outbox().at(-1)?.withdrawn?.because).toEqual([{ replica: 'a', counter: 2 }])
  })

  it('R16 C8 a replica without a name writes to nobody', () => {
    const commit = sealCommit({
      log: 'toy',
      dot: { replica: 'x', counter: 1 },
      base: 0,
      born: 0,
      parent: null,
      guards: [],
      events: [],
      withdrawn: null,
      commands: [toy('FA')],
      now: 0,
      seed: 's',
      actor: null,
      correlation: null,
      causation: null,
    })
    const ledger = createLedger('e')
    ledger.offer({
      epoch: 'e',
      prev: historyStart,
      commit: withdraw(commit, { reason: 'x', because: [] }),
      principal: null,
      time: 0,
    })
    const result = reconcile({
      rules: toyRules,
      confirmed: noSeats,
      position: 0,
      lineage: [],
      issued: 0,
      outbox: [],
      recent: [],
      page: ledger.entries(0),
    })
    expect(result.unissued).toEqual([])
  })
})
