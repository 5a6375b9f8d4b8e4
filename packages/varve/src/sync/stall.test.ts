import { describe, expect, it } from 'vitest'
import { type Commit, outcomeOf, sealCommit } from '../core/commit.ts'
import { type Channel, openChannel, receivedReceipt } from '../protocol/channel.ts'
import { newSession, type SessionState } from '../protocol/session-state.ts'
import { device } from './moody-server.fixture.ts'
import { stalledBeatsMin, watchStalls } from './stall.ts'

/** Of somebody else, on a stream that nobody else writes to. */
function strangersCommit(counter: number): Commit {
  return sealCommit({
    ...{ log: 'bank/1', dot: { replica: 'z', counter }, base: 0, born: 0, parent: null },
    ...{ guards: [], events: [], withdrawn: null, commands: [], now: 0, seed: `z${counter}` },
    ...{ actor: null, correlation: null, causation: null },
  })
}

describe('work that is stuck', () => {
  it('Y19 is named after 30 s in which the server says nothing to it, in every tab, and no more when it got on', async () => {
    const { open, mood, pass, clock } = device()
    const [a, b] = [await open(), await open()]
    mood.hears = ({ type }) => type !== 'push'
    const since = 1_000_000 + clock.now()
    const decided = await b.deposit(3, 'first')
    if (!decided.ok) throw new Error('it was accepted')
    await pass(29_000)
    expect([a.stalled(), b.stalled()]).toEqual([null, null])
    await pass(4_000)
    const stalled = { log: 'bank/1', dot: decided.dot, why: 'no_answer', commands: [{ name: 'deposit' }] }
    expect(a.stalled()).toMatchObject(stalled)
    expect(b.stalled()).toMatchObject(stalled)
    const told = a.stalled()
    expect(Math.abs((told?.since ?? 0) - since)).toBeLessThan(3_000)
    await pass(20_000)
    expect(a.stalled()).toEqual(told)
    mood.hears = () => true
    await pass(11_000)
    expect([a.stalled(), b.stalled()]).toEqual([null, null])
    expect(a.engine.status()).toMatchObject({ phase: 'synced', pending: 0 })
  })

  it('Y19 is named with the refusal that it meets again and again', async () => {
    const { open, mood, pass } = device()
    const a = await open()
    mood.refuse = 'overloaded'
    await a.deposit(3, 'first')
    await pass(33_000)
    expect(a.stalled()).toMatchObject({ why: 'overloaded' })
    expect(a.engine.status().phase).toBe('syncing')
  })

  it('Y19 is named if it is refused for ever, though others get on', async () => {
    const { open, mood, pass, ledger } = device()
    const a = await open()
    mood.refuse = 'conflict'
    await a.deposit(3, 'first')
    for (let n = 1; n <= 10; n += 1) {
      const commit = strangersCommit(n)
      const prev = ledger.facts(commit).history
      expect(ledger.offer({ epoch: 'e', prev, commit, principal: null, time: n }).kind).toBe('place')
      await pass(10_000)
      if (n < 4) expect(a.stalled()).toBe(null)
    }
    expect(a.engine.status().logs.find(({ log }) => log === 'bank/1')?.position).toBeGreaterThan(5)
    expect(a.stalled()).toMatchObject({ why: 'conflict' })
  })

  it('Y19 is not named any more from the moment in which it gets on', () => {
    const commit = strangersCommit(1)
    const stored = {
      ...{ log: 'bank/1', epoch: 'e', position: 0, chain: '', history: '', resets: 0 },
      outbox: [commit],
    }
    const channel = openChannel(stored, 'e', 0)
    const live = (present: Channel): SessionState => ({
      ...newSession('s', 't', [stored]),
      ...{ phase: 'live', channels: new Map([['bank/1', present]]), heartbeatMs: 1, heardAtMs: 0 },
      ...{ pingedAtMs: 0, deadlineMs: 0, pingId: 0, haltedAtMs: null },
    })
    const stalls = watchStalls()
    for (let beat = 0; beat <= stalledBeatsMin; beat += 1) stalls.beat(live(channel))
    expect(stalls.get(live(channel))).toMatchObject({ dot: commit.dot, forMs: 30_000 })
    const placed = [{ dot: commit.dot, position: 1, outcome: outcomeOf(commit) }]
    const received = receivedReceipt(channel, { type: 'receipt', log: 'bank/1', placed })
    expect(stalls.get(live(received))).toBe(null)
  })

  it('Y19 is named if the server has it and does not send it back', async () => {
    const { open, mood, pass } = device()
    const a = await open()
    mood.says = ({ type }) => type !== 'entries'
    await a.deposit(3, 'first')
    await pass(33_000)
    expect(a.stalled()).toMatchObject({ why: 'no_entry' })
  })

  it('Y19 offline is not stuck, and the time before does not count', async () => {
    const { open, mood, network, pass } = device()
    const a = await open()
    mood.hears = ({ type }) => type !== 'push'
    await a.deposit(3, 'first')
    await pass(25_000)
    network.down()
    await pass(60_000)
    expect(a.engine.status()).toMatchObject({ phase: 'offline', stalled: null })
    network.up()
    await pass(55_000)
    expect(a.engine.status()).toMatchObject({ phase: 'syncing', stalled: { why: 'no_answer' } })
    network.down()
    await pass(10)
    expect(a.stalled()).toBe(null)
  })

  it('Y19 a device that slept has not waited meanwhile', async () => {
    const { open, mood, pass } = device()
    const a = await open()
    mood.hears = ({ type }) => type !== 'push'
    await a.deposit(3, 'first')
    await pass(5_000)
    a.freeze()
    await pass(600_000)
    a.thaw()
    await pass(2_000)
    expect(a.stalled()).toBe(null)
  })

  it('Y19 a long outbox that gets on is not stuck, however long it takes', async () => {
    const { open, mood, pass, ledger } = device()
    const a = await open()
    for (let n = 1; n <= 400; n += 1) await a.deposit(1, `n${n}`)
    let pushes = 0
    mood.hears = ({ type }) => {
      if (type !== 'push') return true
      pushes += 1
      return pushes % 2 === 0
    }
    for (let second = 0; second < 80; second += 1) {
      await pass(1_000)
      expect(a.stalled()).toBe(null)
    }
    expect(ledger.head()).toBe(400)
  })
})
