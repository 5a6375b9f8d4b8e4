import { describe, expect, it } from 'vitest'
import { type ReferenceReplica, referenceReplica } from '../testing/reference-replica.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import { clockOf, compare, type Timed, timed, toShiViz } from './clock.ts'
import type { Commit, Entry } from './commit.ts'
import { type Dot, dotKey } from './dot.ts'
import { createLedger } from './ledger.ts'
import { type CausalOrder, compareVectors, covers, mergeVectors } from './version-vector.ts'

/**
 * The ground truth knows nothing of base, lineage or seen: it writes down, for each decision, the plain set of dots
 * that its author could see at that moment.
 */
interface Truth {
  readonly items: readonly (Entry | Commit)[]
  readonly knownWhenDecided: ReadonlyMap<string, ReadonlySet<string>>
}

/** A random history of replicas that reboot, withdraw, decide again and keep, with commuting and serial streams mixed. */
function randomHistory(seed: number, length: number): Truth {
  const random = seededRandom(seed)
  const ledger = createLedger('e')
  const known = new Map<string, Set<string>>()
  const clients = ['a', 'b', 'c', 'd'].map((name) => {
    const view = new Set<string>()
    let minted = 0
    const replica: ReferenceReplica<Seats> = referenceReplica({
      log: 'toy',
      replica: name,
      rules: toyRules,
      initial: noSeats,
    })
    return { name, view, replica, nextName: () => `${name}${++minted}` }
  })
  const commands: readonly ToyCommand[] = ['TAB', 'NB', 'TA', 'FA', 'FA', 'EAB', 'RAB', 'RBA', 'like', 'like']
  /** The decision sees what was visible, and itself. */
  const decided = (view: ReadonlySet<string>, dot: Dot) => {
    known.set(dotKey(dot), new Set([...view, ...(known.get(dotKey(dot)) ?? []), dotKey(dot)]))
  }
  for (let step = 0; step < length; step++) {
    const client = clients[random.below(clients.length)] as (typeof clients)[number]
    const { replica, view } = client
    const action = random.below(10)
    if (action < 5) {
      const result = replica.dispatch({
        commands: [toy(random.pick(commands))],
        now: 0,
        seed: `${seed}-${step}`,
      })
      if (result.ok && result.dot !== undefined) {
        decided(view, result.dot)
        view.add(dotKey(result.dot))
      }
    } else if (action < 7) {
      const page = ledger.entries(replica.position(), 1 + random.below(4))
      const pending = new Set(replica.outbox().map((commit) => dotKey(commit.dot)))
      const firstOwn = replica
        .outbox()
        .findIndex(({ dot }) => page.some((entry) => dotKey(entry.commit.dot) === dotKey(dot)))
      expect(firstOwn).toBeLessThanOrEqual(0)
      replica.receive('e', page)
      for (const entry of page) view.add(dotKey(entry.commit.dot))
      if (page.length === 0) continue
      // What was decided again was decided on all that is visible before it: the log, and the outbox up to it.
      const redecided = new Set(replica.last()?.changed.map(({ after }) => dotKey(after.dot)))
      const sofar = new Set(
        [...view].filter(
          (key) => !pending.has(key) || page.some((entry) => dotKey(entry.commit.dot) === key),
        ),
      )
      for (const commit of replica.outbox()) {
        if (redecided.has(dotKey(commit.dot))) decided(sofar, commit.dot)
        sofar.add(dotKey(commit.dot))
      }
    } else if (action < 9) {
      for (const commit of replica.outbox().slice(0, 1 + random.below(3))) {
        const { history } = ledger.facts(commit)
        if (ledger.offer({ epoch: 'e', prev: history, commit, principal: null, time: 0 }).kind === 'conflict')
          break
      }
    } else if (random.below(3) === 0) {
      replica.mint(client.nextName())
    }
  }
  const placed = new Set(ledger.entries(0).map((entry) => dotKey(entry.commit.dot)))
  const pending = clients.flatMap(({ replica }) =>
    replica.outbox().filter((commit) => !placed.has(dotKey(commit.dot))),
  )
  return { items: [...ledger.entries(0), ...pending], knownWhenDecided: closed(known) }
}

/** Happened-before is transitive by definition: what my predecessors knew, I count as known. */
function closed(known: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, ReadonlySet<string>> {
  const result = new Map<string, Set<string>>([...known].map(([key, set]) => [key, new Set(set)]))
  for (let grew = true; grew; ) {
    grew = false
    for (const set of result.values()) {
      const before = set.size
      for (const key of [...set]) for (const further of result.get(key) ?? []) set.add(further)
      grew ||= set.size > before
    }
  }
  return result
}

function trueOrder(truth: Truth, a: Dot, b: Dot): CausalOrder {
  if (dotKey(a) === dotKey(b)) return 'equal'
  if (truth.knownWhenDecided.get(dotKey(b))?.has(dotKey(a))) return 'before'
  return truth.knownWhenDecided.get(dotKey(a))?.has(dotKey(b)) ? 'after' : 'concurrent'
}

const at = (
  replica: string,
  counter: number,
  base: number,
  position: number | null,
  parent: Dot | null = null,
): Timed => ({
  dot: { replica, counter },
  base,
  position,
  parent,
})
const dot = (replica: string, counter: number): Dot => ({ replica, counter })

describe('clock', () => {
  it('K1 compare equals full vectors of the ground truth on 100 000 random pairs and more', () => {
    const counts = { before: 0, after: 0, equal: 0, concurrent: 0 }
    for (let seed = 1; seed <= 80; seed++) {
      const truth = randomHistory(seed, 130)
      const clock = clockOf(truth.items.map(timed))
      const dots = truth.items.map((item) => timed(item).dot)
      for (const a of dots) {
        for (const b of dots) {
          const order = clock.compare(a, b)
          counts[order] += 1
          if (order !== trueOrder(truth, a, b))
            throw new Error(`seed ${seed}: ${clock.explain(a, b)}, truth says ${trueOrder(truth, a, b)}`)
        }
      }
    }
    expect(counts.before + counts.after + counts.equal + counts.concurrent).toBeGreaterThan(100_000)
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(1_000)
  })

  it('K2 happened-before is a strict partial order where decided-again and kept commits mix', () => {
    let triples = 0
    for (let seed = 1; seed <= 40; seed++) {
      const { items } = randomHistory(seed, 130)
      const clock = clockOf(items.map(timed))
      const dots = items.map((item) => timed(item).dot)
      for (const a of dots) {
        expect(clock.compare(a, a)).toBe('equal')
        for (const b of dots) {
          if (clock.compare(a, b) !== 'before') continue
          expect(clock.compare(b, a)).toBe('after')
          for (const c of dots) {
            if (clock.compare(b, c) !== 'before') continue
            triples += 1
            if (clock.compare(a, c) !== 'before') throw new Error(`seed ${seed}: not transitive`)
          }
        }
      }
    }
    expect(triples).toBeGreaterThan(100_000)
  })

  it('K2 with the raw base instead of the running maximum transitivity breaks (negative control)', () => {
    let broken = 0
    for (let seed = 1; seed <= 30; seed++) {
      const items = randomHistory(seed, 60).items.map(timed)
      const isBefore = (a: Timed, b: Timed) =>
        a !== b &&
        ((a.dot.replica === b.dot.replica && a.dot.counter < b.dot.counter) ||
          (a.position !== null && a.position <= b.base))
      for (const a of items)
        for (const b of items)
          if (isBefore(a, b)) for (const c of items) if (isBefore(b, c) && !isBefore(a, c)) broken += 1
    }
    expect(broken).toBeGreaterThan(0)
  })

  it('K3 expand covers exactly what happened before, and orders like compare', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { items } = randomHistory(seed, 60)
      const clock = clockOf(items.map(timed))
      const dots = items.map((item) => timed(item).dot)
      for (const a of dots) {
        for (const b of dots) {
          expect(covers(clock.expand(b), a)).toBe(['before', 'equal'].includes(clock.compare(a, b)))
          expect(compareVectors(clock.expand(a), clock.expand(b))).toBe(clock.compare(a, b))
        }
      }
    }
  })

  it('K4 explain says why, in words', () => {
    const clock = clockOf([at('a', 1, 0, 1), at('a', 2, 0, 3), at('b', 1, 1, 2), at('c', 1, 0, null)])
    expect(clock.explain(dot('a', 1), dot('a', 1))).toBe('a:1 is a:1')
    expect(clock.explain(dot('a', 1), dot('a', 2))).toBe(
      'a:1 happened before a:2: the same author wrote it earlier',
    )
    expect(clock.explain(dot('b', 1), dot('a', 1))).toBe(
      'a:1 happened before b:1: it stands at @1 and the author of b:1 had seen the log up to @1',
    )
    expect(clock.explain(dot('b', 1), dot('c', 1))).toBe(
      'b:1 and c:1 are concurrent: the author of c:1 had seen the log up to @0 and b:1 stands at @2, and c:1 is not placed yet',
    )
  })

  it('K5 a lineage goes on across replicas, also a very long one', () => {
    const items = Array.from({ length: 30_000 }, (_, i) => at('a', i + 1, i === 5 ? 4 : 0, i + 1))
    const clock = clockOf([...items, at('b', 1, 0, null, dot('a', 30_000))])
    expect(clock.seen(dot('b', 1))).toBe(4)
    expect(clock.compare(dot('a', 7), dot('b', 1))).toBe('before')
  })

  it('K6 an unknown dot is a RangeError that names it', () => {
    expect(() => clockOf([]).compare(dot('x', 1), dot('x', 2))).toThrow('no commit x:1 in this clock')
    const known: Timed = { dot: dot('a', 1), parent: null, base: 0, position: 1 }
    const later: Timed = { dot: dot('x', 1), parent: null, base: 0, position: null }
    expect(() => clockOf([known, later]).compare(known.dot, dot('x', 2))).toThrow('no commit x:2')
    expect(() => clockOf([known, later]).compare(dot('x', 2), known.dot)).toThrow('no commit x:2')
  })

  it('K1 what was seen is the largest base up to a commit, whichever is asked first and how often', () => {
    const bases = [1, 5, 3, 2]
    const items = bases.map(
      (base, at): Timed => ({ dot: dot('a', at + 1), parent: null, base, position: null }),
    )
    const clock = clockOf(items)
    for (let round = 0; round < 2; round += 1) {
      expect([4, 3, 2, 1].map((counter) => clock.seen(dot('a', counter)))).toEqual([5, 5, 5, 1])
    }
  })

  it('K7 the log can be read by ShiViz', () => {
    expect(toShiVizOf()).toBe('a {"a":1}\na:1 @1\nb {"a":1,"b":1}\nb:1 @2')
    const pending = referenceReplica({ log: 'toy', replica: 'c', rules: toyRules, initial: noSeats })
    pending.dispatch({ commands: [toy('like')], now: 0, seed: 's' })
    expect(toShiViz(pending.outbox())).toBe(`c {"c":1}\nc:1'`)
  })

  it('K8 vectors merge to the greatest counters', () => {
    const merged = mergeVectors(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
      new Map([['b', 3]]),
    )
    expect([...merged]).toEqual([
      ['a', 2],
      ['b', 3],
    ])
    expect(compareVectors(new Map([['a', 1]]), new Map([['b', 1]]))).toBe('concurrent')
    expect(compareVectors(merged, merged)).toBe('equal')
    expect(covers(merged, dot('c', 1))).toBe(false)
  })

  it('K9 compare of two commits takes the log they stand in', () => {
    const { items } = randomHistory(3, 60)
    const [a, b] = [items[0], items[1]] as [Entry, Entry]
    expect(compare(a.commit, b.commit, items)).toBe(compare(a, b, items))
    expect(compare(a, b, items)).toBe(clockOf(items.map(timed)).compare(timed(a).dot, timed(b).dot))
    // The last one leans on those between.
    const last = items.at(-1) as Entry | Commit
    expect(compare(a, last, items)).toBe(clockOf(items.map(timed)).compare(timed(a).dot, timed(last).dot))
  })
})

function toShiVizOf(): string {
  const ledger = createLedger('e')
  const a = referenceReplica({ log: 'toy', replica: 'a', rules: toyRules, initial: noSeats })
  const b = referenceReplica({ log: 'toy', replica: 'b', rules: toyRules, initial: noSeats })
  for (const [seed, replica] of Object.entries({ a, b })) {
    replica.receive('e', ledger.entries(0))
    replica.dispatch({ commands: [toy('like')], now: 0, seed })
    const [commit] = replica.outbox()
    if (commit !== undefined) ledger.offer({ epoch: 'e', prev: '', commit, principal: null, time: 0 })
  }
  return toShiViz(ledger.entries(0))
}
