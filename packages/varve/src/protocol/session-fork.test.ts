import { describe, expect, it } from 'vitest'

import { createdEntries, kinds, pushOf, sessionOver } from './session-tests.fixture.ts'

describe('a session whose log is another than the server’s', () => {
  it('T15 another history on the server: it looks for the fork, and neither pulls nor pushes meanwhile', () => {
    const session = sessionOver('TA')
    session.replica.receive('old', createdEntries())
    session.stored()
    expect(session.live(9, 'new')).toEqual([{ type: 'locate', log: 'toy', positions: [1] }])
    expect(session.report()).toMatchObject({ phase: 'syncing', problem: null })
    // The server says it too, and an answer that does not come is asked for again.
    expect(session.hear({ type: 'refuse', code: 'fork', message: '', log: 'toy', head: 9 })).toEqual([])
    expect(kinds(session.wait(9_999))).not.toContain('locate')
    session.hear({ type: 'pong', id: 1, heads: [] })
    expect(kinds(session.wait(1))).toContain('locate')
    const located = { type: 'located', log: 'toy', epoch: 'new', position: 0 } as const
    expect(session.hear(located)).toEqual([{ type: 'heal', log: 'toy', epoch: 'new', fork: 0 }])
    expect(session.hear(located)).toEqual([])
    expect(kinds(session.wish('FA'))).toEqual([])
  })

  it('T15 a store that holds more than it said, and of another epoch, looks for the fork before it pushes', () => {
    const session = sessionOver()
    expect(kinds(session.live(9, 'new'))).toEqual(['pull'])
    // A page that was said to have failed had been stored: that shows when somebody writes.
    session.replica.receive('old', createdEntries())
    expect(session.wish('TA')).toEqual([{ type: 'locate', log: 'toy', positions: [1] }])
  })

  it('T15 once the store has gone back to the fork, it goes on from there', () => {
    const session = sessionOver('TA')
    session.replica.receive('old', createdEntries())
    session.stored()
    session.live(9, 'new')
    session.hear({ type: 'located', log: 'toy', epoch: 'new', position: 0 })
    const stored = { ...session.replica.stored(), epoch: 'new', position: 0, chain: '', resets: 1 }
    const outputs = session.take({ type: 'stored', logs: [stored] })
    expect(kinds(outputs)).toEqual(['pull', 'push'])
    expect(pushOf(outputs)?.epoch).toBe('new')
  })

  it('T15 how long the log was before is forgotten: it is in sync where the new one ends', () => {
    const session = sessionOver()
    session.replica.receive('old', createdEntries())
    session.stored()
    session.live(0, 'new')
    // Somebody looks at the store meanwhile.
    session.stored()
    session.hear({ type: 'located', log: 'toy', epoch: 'new', position: 0 })
    const stored = { ...session.replica.stored(), epoch: 'new', position: 0, chain: '', resets: 1 }
    session.take({ type: 'stored', logs: [stored] })
    session.hear({ type: 'pong', id: 1, heads: [{ log: 'toy', head: 0 }] })
    expect(session.report().phase).toBe('synced')
  })

  it('T15 a store that could not go back is asked to again', () => {
    const session = sessionOver('TA')
    session.replica.receive('old', createdEntries())
    session.stored()
    session.live(9, 'new')
    session.hear({ type: 'located', log: 'toy', epoch: 'new', position: 0 })
    expect(kinds(session.take({ type: 'not_applied', log: 'toy' }))).toEqual(['locate'])
  })

  it('T15 a server that says fork of a log that is all there is believed a few times only', () => {
    const session = sessionOver()
    session.replica.receive('e', createdEntries())
    session.stored()
    session.live(1)
    for (let times = 1; times <= 20; times += 1) {
      expect(session.report().problem).toBe(null)
      session.hear({ type: 'refuse', code: 'fork', message: '', log: 'toy', head: 1 })
      session.hear({ type: 'located', log: 'toy', epoch: 'e', position: 1 })
    }
    expect(session.report().problem?.code).toBe('stuck')
  })

  it('T15 entries of another epoch, or that do not fit the store, begin the search too', () => {
    const session = sessionOver()
    session.replica.receive('e', createdEntries())
    session.stored()
    session.live(1)
    const entries = { type: 'entries', log: 'toy', epoch: 'new', entries: [], head: 1 } as const
    expect(kinds(session.hear(entries))).toEqual(['locate'])
    const other = sessionOver()
    other.replica.receive('e', createdEntries())
    other.stored()
    other.live(1)
    const problem = { code: 'fork', message: '', hint: '' }
    expect(kinds(other.take({ type: 'not_applied', log: 'toy', problem }))).toEqual(['locate'])
  })

  it('T23 collision makes the store rename what is pending from that dot on, and nothing is pushed before it has', () => {
    const session = sessionOver('TA', 'FA')
    const [first] = pushOf(session.live())?.commits ?? []
    if (first === undefined) throw new Error('the outbox is pushed')
    const refuse = { type: 'refuse', code: 'collision', message: '', log: 'toy', dot: first.dot } as const
    expect(session.hear(refuse)).toEqual([{ type: 'rename', log: 'toy', from: first.dot }])
    expect(session.hear(refuse)).toEqual([])
    expect(kinds(session.wait(1_000))).not.toContain('push')
    const renamed = session.replica
      .outbox()
      .map((commit) => ({ ...commit, dot: { ...commit.dot, replica: 'r' } }))
    const outputs = session.take({
      type: 'stored',
      logs: [{ ...session.replica.stored(), outbox: renamed, resets: 1 }],
    })
    expect(pushOf(outputs)?.commits.map(({ dot }) => dot.replica)).toEqual(['r', 'r'])
  })

  it('T8 T23 a server that calls every name taken is asked ever more rarely, and named after twenty', () => {
    const session = sessionOver('TA')
    const [commit] = session.replica.outbox()
    if (commit === undefined) throw new Error('a wish is in the outbox')
    let dot = commit.dot
    let outputs = session.live()
    let pushes = 0
    for (let resets = 1; resets < 30; resets += 1) {
      for (let id = 0; pushOf(outputs) === undefined && id < 20; id += 1) {
        outputs = session.wait(1_000)
        session.hear({ type: 'pong', id, heads: [] })
      }
      pushes += pushOf(outputs) === undefined ? 0 : 1
      session.hear({ type: 'refuse', code: 'collision', message: '', log: 'toy', dot })
      if (session.report().problem !== null) break
      dot = { replica: `r${resets}`, counter: 1 }
      const stored = { ...session.replica.stored(), outbox: [{ ...commit, dot }], resets }
      outputs = session.take({ type: 'stored', logs: [stored] })
      expect(pushOf(outputs) === undefined).toBe(resets > 1)
    }
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'stuck' } })
    expect(pushes).toBe(20)
  })
})
