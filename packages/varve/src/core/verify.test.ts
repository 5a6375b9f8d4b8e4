import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ReferenceReplica, referenceReplica } from '../testing/reference-replica.ts'
import {
  asWritten,
  Basket,
  Board,
  emptyFair,
  fair,
  fairRules,
  Price,
  type Verifying,
  verifyingLedger,
} from '../testing/verified-fair.ts'
import type { Verdict } from './accept.ts'
import type { CommandCall } from './command.ts'
import { type Commit, sealCommit, withdraw } from './commit.ts'
import type { Position } from './dot.ts'
import type { Hash } from './hash.ts'
import { heal } from './heal.ts'
import { extendHistory, historyStart } from './history.ts'
import type { Ledger } from './ledger.ts'
import { inLineage } from './lineage.ts'
import type { PlainData } from './plain-data.ts'
import type { Decision } from './rules.ts'
import { validateCommands } from './validate-commands.ts'
import { isVerified, verifyFault } from './verify.ts'
import type { World } from './world.ts'

const { set, raise } = Price.commands
const { write, begin, sign } = Board.commands
const { fill } = Basket.commands

interface Client extends ReferenceReplica<World> {
  wish(...calls: readonly CommandCall[]): void
}

function client(name: string): Client {
  const replica = referenceReplica({ log: 'fair', replica: name, rules: fairRules, initial: emptyFair() })
  let wishes = 0
  return {
    ...replica,
    wish(...calls) {
      wishes += 1
      replica.dispatch({ ...validateCommands(fair, calls), now: 0, seed: `${name}${wishes}` })
    },
  }
}

interface Pushed {
  readonly commits: readonly Commit[]
  /** Of their author before the first of them (rule C13). */
  readonly prev: Hash
}

function offer(ledger: Ledger, commit: Commit, prev = ledger.facts(commit).history): Verdict {
  return ledger.offer({ epoch: ledger.epoch, prev, commit, principal: null, time: 0 })
}

function pushAll(ledger: Ledger, { commits, prev }: Pushed): readonly string[] {
  const verdicts: string[] = []
  let running = prev
  for (const commit of commits) {
    const { kind } = offer(ledger, commit, running)
    running = extendHistory(running, commit)
    verdicts.push(kind)
    if (kind !== 'place' && kind !== 'known') break
  }
  return verdicts
}

function push(ledger: Ledger, { outbox, stored }: Client, max = 99): readonly string[] {
  return pushAll(ledger, { commits: outbox().slice(0, max), prev: stored().history })
}

function pull(ledger: Ledger, replica: Client, max?: number): void {
  replica.receive(ledger.epoch, ledger.entries(replica.position(), max))
}

/** The whole outbox is placed, and everybody has it. */
function sync(ledger: Ledger, ...clients: readonly Client[]): void {
  for (const each of clients) push(ledger, each)
  for (const each of clients) pull(ledger, each)
}

const first = (replica: Client): Commit => replica.outbox()[0] as Commit
const dataOf = ({ events }: Commit): unknown => events[0]?.data

/** The server comes back from a backup of the first `fork` entries, and a replica repairs itself. */
function restored(ledger: Ledger, fork: Position): Ledger {
  const after = verifyingLedger('restored')
  for (const { commit } of ledger.entries(0, fork)) offer(after, commit)
  return after
}

function healed(replica: Client, ledger: Ledger, fork: Position): Pushed {
  const entries = ledger.entries(0, replica.position())
  const recent = entries.slice(0, fork)
  const confirmed = emptyFair()
  for (const { commit } of recent) confirmed.apply(commit.events)
  const own = recent.filter(({ commit }) => inLineage(replica.lineage(), commit.dot))
  return {
    prev: own.reduce((history, { commit }) => extendHistory(history, commit), historyStart),
    commits: heal({
      rules: fairRules,
      confirmed,
      position: recent.length,
      lineage: replica.lineage(),
      issued: 99,
      outbox: replica.outbox(),
      recent,
      lost: entries.slice(fork),
    }).outbox,
  }
}

describe('verified streams', () => {
  it('A7 what its commands lead to is placed; a price changed by hand is not, and what comes after its empty form is', () => {
    const ledger = verifyingLedger('e')
    const [shop, a] = [client('shop'), client('a')]
    shop.wish(set('cup', { cents: 5 }))
    sync(ledger, shop, a)
    a.wish(fill('a', { item: 'cup' }))
    a.wish(sign('main'), fill('a', { item: 'cup' }), raise('cup'))
    const honest = first(a)
    const events = honest.events.map((event) => ({ ...event, data: { item: 'cup', cents: 1, met: 0 } }))
    expect(offer(ledger, sealCommit({ ...honest, events }))).toEqual({
      kind: 'forbidden',
      message: 'Its events are not those that its commands lead to where they were decided.',
    })
    a.withdraw(honest.dot, 'forbidden')
    expect(push(ledger, a)).toEqual(['place', 'place'])
  })

  it('A7 guards and commands that no honest author would send are refused, and nothing throws', () => {
    const ledger = verifyingLedger('e')
    const a = client('a')
    a.wish(fill('a', { item: 'cup' }))
    const honest = first(a)
    const faultOf = (change: Partial<Commit>): string => {
      const verdict = offer(ledger, sealCommit({ ...honest, ...change }))
      return verdict.kind === 'forbidden' ? verdict.message : verdict.kind
    }
    const [command] = honest.commands as [Commit['commands'][number]]
    const leanings = /^Its guards are not/
    expect(faultOf({ guards: honest.guards.slice(0, 1) })).toMatch(leanings)
    expect(faultOf({ guards: honest.guards.map((guard) => ({ ...guard, kind: 'commute' })) })).toMatch(
      leanings,
    )
    expect(faultOf({ guards: honest.guards.map((guard) => ({ ...guard, revision: 7 })) })).toMatch(leanings)
    expect(faultOf({ commands: [] })).toMatch(/^Its events are not/)
    expect(faultOf({ commands: [{ ...command, name: 'steal' }] })).toMatch(/undecidable: .* no command steal/)
    // Its `reads` throws on this input.
    expect(faultOf({ commands: [{ ...command, input: null }] })).toMatch(/refused .*: undecidable: /)
    expect(faultOf({ events: honest.events.map((event) => ({ ...event, version: 2 })) })).toMatch(
      /^Its events/,
    )
    // In which order the streams are named does not matter.
    expect(faultOf({ guards: honest.guards.toReversed() })).toBe('place')
    a.wish(fill('a', { item: 'cup' }))
    const dear = sealCommit({
      ...(a.outbox()[1] as Commit),
      commands: [{ stream: 'price/cup', name: 'set', input: { cents: 99 } }, command],
    })
    expect(offer(ledger, dear)).toEqual({
      kind: 'forbidden',
      message: 'Its commands are refused where they were decided: too_dear.',
    })
  })

  it('A7 is asked about streams that are marked, and about nothing that is withdrawn', () => {
    const [a, b] = [client('a'), client('b')]
    a.wish(raise('cup'))
    b.wish(fill('b', { item: 'cup' }))
    expect(isVerified(fair, first(a))).toBe(false)
    expect(isVerified(fair, first(b))).toBe(true)
    expect(isVerified(fair, { ...first(b), events: [] })).toBe(true)
    expect(isVerified(fair, { ...first(b), commands: [] })).toBe(true)
    expect(isVerified(fair, withdraw(first(b), { reason: 'no', because: [] }))).toBe(false)
    const stranger = { ...first(b), commands: [{ stream: 'ghost/1', name: 'haunt' }], events: [] }
    expect(isVerified(fair, stranger)).toBe(false)
  })

  it('A7 a refusal says in words what is wrong with the commit, and of the domain’s the reason only', () => {
    const a = client('a')
    a.wish(fill('a', { item: 'cup' }))
    const refusedFor = (reason: string, details?: PlainData): string | null => {
      const no: Decision = { ok: false, reason, ...(details === undefined ? {} : { details }) }
      const rules = { ...fairRules, decide: () => no }
      return verifyFault({ rules, commit: first(a), known: emptyFair(), theirs: [] })
    }
    const prefix = 'Its commands are refused where they were decided: '
    expect(refusedFor('frozen', { message: 'newer' })).toBe(`${prefix}frozen: newer`)
    expect(refusedFor('undecidable', { message: 'it threw' })).toBe(`${prefix}undecidable: it threw`)
    expect(refusedFor('taken', { message: 'by ann' })).toBe(`${prefix}taken.`)
    for (const odd of [undefined, { message: 7 }]) expect(refusedFor('frozen', odd)).toBe(`${prefix}frozen.`)
  })

  it('A7 a decision on a stream that commutes is looked at where it was made, whatever others have appended since', () => {
    const verdicts = [asWritten, { ...asWritten, knows: () => true }].map((how) => {
      const ledger = verifyingLedger('e', how)
      const [a, b] = [client('a'), client('b')]
      a.wish(begin('main'))
      b.wish(sign('main'))
      push(ledger, b)
      return push(ledger, a)
    })
    // The second decides at the head, where the board is begun, and refuses an honest author.
    expect(verdicts).toEqual([['place'], ['forbidden']])
  })

  it('A7 R9 theirs are counted since it was born, in however many batches the news came', () => {
    const verdicts = [1, 2, 9].map((batch) => {
      /** Of the pending commit, each time that it was decided. */
      const bases: Position[] = []
      const sinceLastAttempt: Verifying = { ...asWritten, since: () => bases.at(-2) ?? 0 }
      return [asWritten, sinceLastAttempt].map((how) => {
        const ledger = verifyingLedger('e', how)
        const [a, b] = [client('a'), client('b')]
        a.wish(fill('a', { item: 'cup' }), write('main', { item: 'cup' }))
        for (let n = 0; n < 4; n++) b.wish(raise('cup'))
        push(ledger, b)
        for (bases.splice(0, 9, 0); a.position() < 4; bases.push(first(a).base)) pull(ledger, a, batch)
        expect(dataOf(first(a))).toEqual({ item: 'cup', cents: 4, met: 4 })
        return push(ledger, a)[0]
      })
    })
    // Decided again once: the last attempt was the first. Decided again several times: an honest author is refused.
    expect(verdicts).toEqual([
      ['place', 'forbidden'],
      ['place', 'forbidden'],
      ['place', 'place'],
    ])
  })

  it('A7 R5 R8 what leaned on a commit of ours on a stream that commutes is decided again when that turns out otherwise', () => {
    const ledger = verifyingLedger('e')
    const [a, b] = [client('a'), client('b')]
    a.wish(write('main', { item: 'cup' }))
    a.wish(sign('main'))
    expect(dataOf(a.outbox()[1] as Commit)).toMatchObject({ number: 2 })
    b.wish(set('cup', { cents: 7 }))
    push(ledger, b)
    pull(ledger, a)
    expect(a.outbox().map(({ withdrawn }) => withdrawn?.reason ?? null)).toEqual(['too_dear', null])
    expect(dataOf(a.outbox()[1] as Commit)).toMatchObject({ number: 1 })
    expect(push(ledger, a)).toEqual(['place', 'place'])
  })

  it('A7 R17 C7 after a fork born is the fork’s at most, and what was lost on a stream that commutes is not leaned on', () => {
    const ledger = verifyingLedger('e')
    const [a, b] = [client('a'), client('b')]
    b.wish(set('cup', { cents: 1 }))
    sync(ledger, b)
    b.wish(sign('main'))
    sync(ledger, b)
    pull(ledger, a)
    // @3 and pending: a leans on b's signature @2, and so does what comes after it.
    a.wish(sign('main'))
    push(ledger, a)
    pull(ledger, a)
    a.wish(write('main', { item: 'cup' }))
    const pushed = healed(a, ledger, 1)
    expect(pushed.commits.map(({ base, born, events }) => [base, born, events[0]?.data])).toEqual([
      [1, 1, { item: 'signature', cents: 0, met: 0, number: 1 }],
      [1, 1, { item: 'cup', cents: 1, met: 0, number: 2 }],
    ])
    expect(pushAll(restored(ledger, 1), pushed)).toEqual(['place', 'place'])
  })

  it('A7 R17 C4 what leaned on a lost commit of ours that turned out otherwise is decided again, also where it commutes', () => {
    const ledger = verifyingLedger('e')
    const [a, b] = [client('a'), client('b')]
    b.wish(set('cup', { cents: 7 }))
    sync(ledger, b, a)
    b.wish(set('cup', { cents: 1 }))
    sync(ledger, b, a)
    a.wish(write('main', { item: 'cup' }))
    a.wish(sign('main'))
    const pushed = healed(a, ledger, 1)
    expect(pushed.commits.map(({ withdrawn }) => withdrawn?.reason ?? null)).toEqual(['too_dear', null])
    expect(pushAll(restored(ledger, 1), pushed)).toEqual(['place', 'place'])
  })

  it('A7 nothing that honest authors decide is refused: random histories, and a server that loses some', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, lost) => {
        const refused: string[] = []
        const ledger = verifyingLedger('e', asWritten, (message) => refused.push(message))
        const clients = [client('a'), client('b'), client('c')]
        let minted = 0
        for (const { who, what, nth } of steps) {
          const each = clients[who] as Client
          if (what === 'push') push(ledger, each, 1 + (nth % 3))
          else if (what === 'pull') pull(ledger, each, 1 + (nth % 4))
          else if (what === 'mint') each.mint(`${who}-${++minted}`)
          else if (what === 'cancel') cancelOne(each, nth)
          else each.wish(...(wishes[nth % wishes.length] as readonly CommandCall[]))
        }
        const fork = lost % (ledger.head() + 1)
        const after = restored(ledger, fork)
        const verdicts = clients.flatMap((each) => pushAll(after, healed(each, ledger, fork)))
        expect(refused).toEqual([])
        expect(verdicts).not.toContain('forbidden')
      }),
      { numRuns: 3_000 },
    )
  })
})

const wishes: readonly (readonly CommandCall[])[] = [
  [raise('cup')],
  [set('cup', { cents: 0 })],
  [set('cup', { cents: 7 })],
  [fill('x', { item: 'cup' })],
  [fill('x', { item: 'cup' }), raise('cup'), fill('x', { item: 'cup' })],
  [sign('main')],
  [begin('main')],
  [write('main', { item: 'cup' })],
  [sign('main'), write('main', { item: 'cup' })],
]

const step = fc.record({
  who: fc.nat({ max: 2 }),
  what: fc.constantFrom('wish', 'wish', 'wish', 'push', 'push', 'pull', 'pull', 'mint', 'cancel'),
  nth: fc.nat({ max: 35 }),
})

function cancelOne(replica: Client, nth: number): void {
  const commit = replica.outbox()[nth % 3]
  if (commit !== undefined && commit.withdrawn === null) replica.withdraw(commit.dot, 'cancelled')
}
