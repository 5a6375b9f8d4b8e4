import { describe, expect, it } from 'vitest'
import { referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import { isSealed } from './commit.ts'
import { extendHistory, historyStart } from './history.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { rename } from './rename.ts'

function client(name: string) {
  return speaking(referenceReplica({ log: 'toy', replica: name, rules: toyRules, initial: noSeats }), name)
}

function speaking(replica: ReturnType<typeof referenceReplica<Seats>>, name: string) {
  let wishes = 0
  return {
    ...replica,
    wish(command: ToyCommand) {
      wishes += 1
      replica.dispatch({ commands: [toy(command)], now: 0, seed: `${name}-${wishes}` })
    },
  }
}
type Client = ReturnType<typeof client>

function push(ledger: Ledger, commits: ReturnType<Client['outbox']>, history: string): string[] {
  let prev = history
  return commits.map((commit) => {
    const { kind } = ledger.offer({ epoch: ledger.epoch, prev, commit, principal: null, time: 0 })
    prev = extendHistory(prev, commit)
    return kind
  })
}

function sync(ledger: Ledger, each: Client): void {
  push(ledger, each.outbox(), each.stored().history)
  each.receive(ledger.epoch, ledger.entries(each.position()))
}

function renamed(replica: Client, from: { replica: string; counter: number }) {
  return rename({
    rules: toyRules,
    confirmed: replica.confirmed(),
    position: replica.position(),
    lineage: replica.lineage(),
    outbox: replica.outbox(),
    recent: [],
    from,
    replica: 'r',
  })
}

const shapes = (commits: ReturnType<Client['outbox']>) =>
  commits.map(({ dot, parent, withdrawn }) => {
    const after = parent === null ? '' : ` after ${parent.replica}${parent.counter}`
    return `${dot.replica}${dot.counter}${withdrawn === null ? "'" : '°'}${after}`
  })

describe('rename', () => {
  it('R18 C8 two running copies use one dot for two commands: the second gets a new name, and both are placed', () => {
    const ledger = createLedger('e')
    const a = client('a')
    a.wish('like')
    sync(ledger, a)
    const copy = speaking(a.clone(), 'copy')
    copy.wish('TA')
    sync(ledger, copy)
    a.wish('like')
    a.wish('like')
    expect(push(ledger, a.outbox(), a.stored().history)[0]).toBe('collision')

    const next = renamed(a, { replica: 'a', counter: 2 })
    expect(shapes(next.outbox)).toEqual(["r1' after a1", "r2'"])
    expect(next.outbox.every(isSealed)).toBe(true)
    expect(next.outbox.map(({ seed }) => seed)).toEqual(['a-2', 'a-3'])
    expect(next.issued).toBe(2)
    expect(next.lineage.map(({ replica }) => replica)).toEqual(['r', 'a'])
    expect(next.lineage[1]?.upTo).toBe(1)
    expect(push(ledger, next.outbox, a.stored().history)).toEqual(['place', 'place'])
  })

  it('R18 C8 what is renamed is decided again, and meets the copy’s commits as foreign ones', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const copy = speaking(a.clone(), 'copy')
    copy.wish('TAB')
    sync(ledger, copy)
    a.wish('TA')
    const next = renamed(a, { replica: 'a', counter: 1 })
    expect(shapes(next.outbox)).toEqual(["r1'"])
    expect(next.lineage.map(({ replica }) => replica)).toEqual(['r'])
    // It has not heard of a1 of the copy yet: the log tells it, and reconcile decides again.
    expect(push(ledger, next.outbox, historyStart)).toEqual(['conflict'])
  })

  it('R18 C8 commits before the dot keep their names, refused ones stay withdrawn, later replicas of ours are left too', () => {
    const ledger = createLedger('e')
    const a = client('a')
    const b = client('b')
    b.wish('TA')
    sync(ledger, b)
    a.wish('like')
    a.wish('TA')
    a.receive('e', ledger.entries(0))
    // By now nothing stands in the way of a2, and it is not asked again.
    b.wish('FA')
    sync(ledger, b)
    a.receive('e', ledger.entries(1))
    a.mint('a9')
    a.wish('like')
    expect(shapes(a.outbox())).toEqual(["a1'", 'a2°', "a91' after a2"])
    const next = renamed(a, { replica: 'a', counter: 2 })
    expect(shapes(next.outbox)).toEqual(["a1'", 'r1° after a1', "r2'"])
    expect(next.outbox[0]).toBe(a.outbox()[0])
    expect(next.outbox[1]).toMatchObject({ base: 2, withdrawn: { reason: 'taken' } })
    expect(next.issued).toBe(2)
    expect(next.lineage.map(({ replica }) => replica)).toEqual(['r', 'a'])
    expect(push(ledger, next.outbox, a.stored().history)).toEqual(['place', 'place', 'place'])
  })

  it('R18 only a pending commit of the lineage can be renamed', () => {
    const a = client('a')
    a.wish('like')
    expect(() => renamed(a, { replica: 'a', counter: 2 })).toThrow('pending')
  })
})
