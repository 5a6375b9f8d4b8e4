import fc from 'fast-check'
import { expect, it } from 'vitest'
import { referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import type { Commit, Entry } from './commit.ts'
import { dotKey } from './dot.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Rules } from './rules.ts'

/** The toy, but TA is told what came between, and gives up when that was FA: so what is decided depends on `theirs`. */
const rules: Rules<Seats> = {
  ...toyRules,
  decide(seats, intent, theirs) {
    const wasFreed = theirs.some(({ commit }) => commit.commands[0]?.name === 'FA')
    return intent.commands[0]?.name === 'TA' && wasFreed
      ? { ok: false, reason: 'freed meanwhile' }
      : toyRules.decide(seats, intent, theirs)
  },
}

/** What is shown of a commit: what it says of streams that commute may be of any time. */
const shown = ({ dot, events, guards, withdrawn }: Commit) => ({
  dot,
  events,
  serial: guards.filter(({ kind }) => kind === 'serial'),
  reason: withdrawn?.reason ?? null,
})

/** The client half without any cleverness: everything that is pending is decided again on what the log says now. */
function replayed(confirmed: Seats, outbox: readonly Commit[], read: readonly Entry[], name: string) {
  let pending = confirmed
  const placed = new Set(read.map(({ commit }) => dotKey(commit.dot)))
  const left = outbox
    .filter(({ dot }) => !placed.has(dotKey(dot)))
    .map((commit) => {
      if (commit.withdrawn !== null) return shown(commit)
      const leansOn = new Set(commit.guards.map(({ stream }) => stream))
      const theirs = read.filter(
        ({ position, commit: { dot, events } }) =>
          position > commit.born && dot.replica !== name && events.some(({ stream }) => leansOn.has(stream)),
      )
      const decision = rules.decide(pending, commit, theirs)
      if (!decision.ok) return { ...shown(commit), events: [], serial: [], reason: decision.reason }
      const { events, guards } = decision
      pending = rules.apply(pending, { ...commit, events })
      return { ...shown({ ...commit, events, guards }), reason: null }
    })
  return { left, pending }
}

function push(ledger: Ledger, outbox: readonly Commit[]): void {
  for (const commit of outbox) {
    const prev = ledger.facts(commit).history
    const verdict = ledger.offer({ epoch: ledger.epoch, prev, commit, principal: null, time: 0 })
    if (verdict.kind !== 'place' && verdict.kind !== 'known') return
  }
}

const commands: readonly ToyCommand[] = ['TAB', 'NB', 'TA', 'FA', 'EAB', 'RAB', 'RBA', 'like']
const acts = fc.array(
  fc.record({
    who: fc.constantFrom('a' as const, 'b' as const),
    act: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...commands) },
      { weight: 1, arbitrary: fc.constant('push' as const) },
      { weight: 2, arbitrary: fc.constantFrom(1, 2, 100) },
    ),
  }),
  { minLength: 10, maxLength: 60 },
)

it('R2 keeping what is undisturbed equals deciding everything again, on any run of two clients', () => {
  const count = { kept: 0, decided: 0, withdrawn: 0 }
  fc.assert(
    fc.property(acts, (run) => {
      const ledger = createLedger('e')
      const replicas = {
        a: referenceReplica({ log: 'toy', replica: 'a', rules, initial: noSeats }),
        b: referenceReplica({ log: 'toy', replica: 'b', rules, initial: noSeats }),
      }
      for (const [at, { who, act }] of run.entries()) {
        const replica = replicas[who]
        if (act === 'push') push(ledger, replica.outbox())
        else if (typeof act === 'string')
          replica.dispatch({ commands: [toy(act)], now: 0, seed: `${who}-${at}` })
        else {
          const before = replica.outbox()
          const position = replica.position()
          replica.receive(ledger.epoch, ledger.entries(position).slice(0, act))
          const read = ledger.entries(0).slice(0, replica.position())
          const expected = replayed(replica.confirmed(), before, read, who)
          expect(replica.outbox().map(shown)).toEqual(expected.left)
          expect([...replica.pending()]).toEqual([...expected.pending])
          for (const commit of replica.outbox()) {
            if (before.includes(commit)) count.kept += 1
            else if (commit.withdrawn === null) count.decided += 1
            else count.withdrawn += 1
          }
        }
      }
    }),
    { numRuns: 500 },
  )
  // It was about something.
  expect(Math.min(count.kept, count.decided, count.withdrawn)).toBeGreaterThan(100)
})
