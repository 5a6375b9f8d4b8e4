import { describe, expect, it } from 'vitest'
import type { Commit } from '../core/commit.ts'
import { extendHistory } from '../core/history.ts'
import { createLedger } from '../core/ledger.ts'
import { referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, toy, toyRules } from '../testing/toy-rules.ts'
import type { ServerMessage } from './messages.ts'
import { wireLimits } from './messages.ts'
import { sessionLimits } from './session-state.ts'

import { createdEntries, kinds, pushOf, receiptFor, sessionOver } from './session-tests.fixture.ts'

describe('session', () => {
  it('T1 greets with token and cursors, and is live once it is welcomed', () => {
    const session = sessionOver()
    expect(kinds(session.take({ type: 'start' }))).toEqual(['connect'])
    expect(session.report().phase).toBe('connecting')
    const [hello] = session.take({ type: 'opened' })
    expect(hello).toMatchObject({
      message: {
        type: 'hello',
        protocol: 1,
        token: 'token',
        store: 'store',
        cursors: [{ log: 'toy', epoch: null, position: 0 }],
      },
    })
    expect(kinds(session.live())).toEqual(['pull'])
    expect(session.report()).toMatchObject({ phase: 'synced', heads: [{ log: 'toy', head: 0 }] })
  })

  it('T2 pushes the outbox in order, with the history that it continues, one push in flight', () => {
    const session = sessionOver('TA', 'FA')
    const push = pushOf(session.live())
    expect(push).toMatchObject({ epoch: 'e', prev: '' })
    expect(push?.commits.map((commit) => commit.dot.counter)).toEqual([1, 2])
    expect(session.report().phase).toBe('syncing')
    expect(kinds(session.wish('like'))).toEqual([])
    const [a1, a2] = session.replica.outbox() as [Commit, Commit]
    const next = pushOf(session.hear(receiptFor(a1, a2)))
    expect(next).toMatchObject({ prev: [a1, a2].reduce(extendHistory, '') })
    expect(next?.commits.map((commit) => commit.dot.counter)).toEqual([3])
  })

  it('T24 the report names the last commit that the server has with all before it, while the session is live', () => {
    const session = sessionOver('TA', 'FA', 'like')
    const sent = () => session.report().heads[0]?.sent
    session.live()
    expect(sent()).toBe(null)
    const [a1, a2, a3] = session.replica.outbox() as [Commit, Commit, Commit]
    session.hear(receiptFor(a1, a2))
    expect(sent()).toEqual(a2.dot)
    session.hear(receiptFor(a1, a2, a3))
    expect(sent()).toEqual(a3.dot)
    session.take({ type: 'closed' })
    expect(sent()).toBe(undefined)
  })

  it('T3 C5 a receipt changes no fate: only the entry takes a commit from the outbox', () => {
    const session = sessionOver('TA')
    session.live()
    session.hear(receiptFor(...session.replica.outbox()))
    expect(session.replica.outbox()).toHaveLength(1)
    expect(session.report().phase).toBe('syncing')
  })

  it('T4 entries are handed on in order; known ones are dropped, and a hole is pulled again', () => {
    const ledger = createLedger('e')
    const other = referenceReplica({ log: 'toy', replica: 'b', rules: toyRules, initial: noSeats })
    for (let i = 0; i < 3; i++) other.dispatch({ commands: [toy('like')], now: 0, seed: `b${i}` })
    for (const commit of other.outbox()) {
      ledger.offer({ epoch: 'e', prev: ledger.facts(commit).history, commit, principal: null, time: 0 })
    }
    const session = sessionOver()
    session.live(3)
    const page = (after: number, max: number): ServerMessage => ({
      type: 'entries',
      log: 'toy',
      epoch: 'e',
      entries: ledger.entries(after, max),
      head: 3,
    })
    const holed = session.hear(page(1, 2))
    expect(holed).toMatchObject([{ type: 'send', message: { type: 'pull', after: 0 } }])
    const [apply] = session.hear(page(0, 2))
    expect(apply).toMatchObject({ type: 'apply', log: 'toy', epoch: 'e' })
    expect(kinds(session.hear(page(0, 2)))).toEqual([])
    const [tail] = session.hear(page(0, 3))
    expect(tail?.type === 'apply' && tail.entries.map((entry) => entry.position)).toEqual([3])
  })

  it('T5 an unanswered push and an unanswered pull are made again', () => {
    const session = sessionOver('TA')
    session.live(5)
    session.wait(4_000)
    session.hear({ type: 'pong', id: 1, heads: [] })
    session.wait(4_000)
    session.hear({ type: 'pong', id: 2, heads: [] })
    expect(kinds(session.wait(3_000))).toEqual(expect.arrayContaining(['pull', 'push']))
  })

  it('T6 a conflict is waited out: pushed again only when the store has applied the log up to the head', () => {
    const session = sessionOver('TA')
    session.live()
    const [commit] = session.replica.outbox()
    expect(
      kinds(
        session.hear({
          type: 'refuse',
          code: 'conflict',
          message: '',
          log: 'toy',
          head: 1,
          ...(commit && { dot: commit.dot }),
        }),
      ),
    ).toEqual([])
    const ledger = createLedger('e')
    const other = referenceReplica({ log: 'toy', replica: 'b', rules: toyRules, initial: noSeats })
    other.dispatch({ commands: [toy('TA')], now: 0, seed: 'b' })
    for (const theirs of other.outbox())
      ledger.offer({ epoch: 'e', prev: '', commit: theirs, principal: null, time: 0 })
    session.replica.receive('e', ledger.entries(0))
    const push = pushOf(session.stored())
    expect(push?.commits[0]?.withdrawn?.reason).toBe('taken')
  })

  it('T7 a receipt for another copy than ours is waited for before anything follows it', () => {
    const session = sessionOver('TA', 'FA')
    session.live()
    const [a1] = session.replica.outbox() as [Commit]
    session.hear({ type: 'receipt', log: 'toy', placed: [{ dot: a1.dot, position: 4, outcome: 'another' }] })
    expect(kinds(session.wait(1))).toEqual([])
    expect(session.report().phase).toBe('syncing')
  })

  it('T8 gap and stale make it push from the front again; twenty in a row are named', () => {
    const session = sessionOver('TA')
    session.live()
    const gap: ServerMessage = {
      type: 'refuse',
      code: 'gap',
      message: '',
      log: 'toy',
      expected: { replica: 'a', counter: 1 },
    }
    expect(kinds(session.hear(gap))).toEqual(['push'])
    for (let i = 0; i < 19; i++) {
      session.wait(10_001)
      session.hear({ type: 'pong', id: i, heads: [] })
      session.hear(gap)
    }
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'stuck' } })
    expect(session.replica.outbox()).toHaveLength(1)
  })

  it('T8 a conflict over what was known when it was pushed is no news: pauses that grow, and named after twenty', () => {
    const session = sessionOver('TA')
    session.live()
    const [{ dot }] = session.replica.outbox() as [Commit]
    const conflict: ServerMessage = {
      type: 'refuse',
      code: 'conflict',
      message: '',
      log: 'toy',
      head: 0,
      dot,
    }
    expect(kinds(session.hear(conflict))).toEqual(['push'])
    expect(kinds(session.hear(conflict))).toEqual([])
    expect(kinds(session.wait(399))).toEqual([])
    expect(kinds(session.wait(1))).toEqual(['push'])
    for (let i = 2; i < 20; i++) {
      session.hear(conflict)
      session.wait(10_001)
      session.hear({ type: 'pong', id: i, heads: [] })
    }
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'stuck' } })
    expect(session.replica.outbox()).toHaveLength(1)
  })

  it('T9 a commit that can never be placed is to be withdrawn; if even its empty form is refused, sync halts', () => {
    const session = sessionOver('TA', 'like')
    session.live()
    const [a1] = session.replica.outbox() as [Commit]
    const refuse: ServerMessage = {
      type: 'refuse',
      code: 'forbidden',
      message: 'why',
      log: 'toy',
      dot: a1.dot,
    }
    expect(session.hear(refuse)).toMatchObject([
      {
        type: 'withdraw',
        commit: { dot: a1.dot },
        why: { reason: 'forbidden', details: { message: 'why' } },
      },
    ])
    // Its old form is not pushed again meanwhile, and a refusal that comes twice is not one of the empty form.
    expect(session.hear(refuse)).toEqual([])
    expect(session.wait(1)).toEqual([])
    session.replica.withdraw(a1.dot, 'forbidden')
    session.stored()
    const push = pushOf(session.wait(10_000))
    expect(push?.commits.map(({ withdrawn }) => withdrawn?.reason)).toEqual(['forbidden', undefined])
    session.hear(refuse)
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'forbidden' } })
  })

  it('T10 held and busy servers are asked again later, not before', () => {
    const session = sessionOver('TA')
    session.live()
    session.hear({ type: 'refuse', code: 'held', message: '', log: 'toy', retryAfterMs: 3_000 })
    expect(kinds(session.wait(2_999))).toEqual([])
    expect(kinds(session.wait(1))).toEqual(['push'])
  })

  it('T10 T8 whoever is held asks with its first commit alone, is never stuck by it, and pushes all of the rest after it', () => {
    const session = sessionOver('TA', 'like', 'FA')
    const [a1, ...others] = pushOf(session.live())?.commits ?? []
    expect(others).toHaveLength(2)
    for (let n = 0; n < 50; n++) {
      session.hear({ type: 'refuse', code: 'held', message: '', log: 'toy', retryAfterMs: 250 })
      expect(pushOf(session.wait(250))?.commits).toEqual([a1])
      expect(session.report()).toMatchObject({ phase: 'syncing', problem: null })
    }
    const rest = pushOf(session.hear(receiptFor(a1 as NonNullable<typeof a1>)))
    expect(rest?.commits).toEqual(others)
  })

  it('T10 T8 what is held is not counted among the refusals in a row that make a log stuck', () => {
    const session = sessionOver('TA')
    session.live()
    for (let n = 0; n < 50; n++) {
      session.hear({ type: 'refuse', code: 'held', message: '', log: 'toy', retryAfterMs: 250 })
      session.wait(250)
    }
    const gap: ServerMessage = { type: 'refuse', code: 'gap', message: '', log: 'toy' }
    expect(kinds(session.hear(gap))).toEqual(['push'])
    expect(session.report()).toMatchObject({ phase: 'syncing', problem: null })
  })

  it('T11 silence is noticed: a ping after the heartbeat, and offline when nothing answers', () => {
    const session = sessionOver()
    session.live()
    expect(session.wakeInMs()).toBe(5_000)
    expect(kinds(session.wait(5_000))).toEqual(['ping'])
    expect(kinds(session.wait(sessionLimits.pongMs))).toEqual(['disconnect'])
    expect(session.report()).toEqual({ phase: 'offline', problem: null, heads: [{ log: 'toy', head: null }] })
  })

  it('T12 reconnects with growing, jittered pauses, and at once when the network is said to be back', () => {
    const session = sessionOver()
    session.live()
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) {
      session.take({ type: 'closed' })
      pauses.push(session.wakeInMs())
      session.wait(session.wakeInMs())
    }
    expect(pauses).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500])
    session.take({ type: 'closed' })
    expect(kinds(session.take({ type: 'hint', network: 'online' }))).toEqual(['connect'])
  })

  it('T13 a hint that the network went makes sure soon', () => {
    const session = sessionOver()
    session.live()
    expect(kinds(session.take({ type: 'hint', network: 'offline' }))).toEqual(['ping'])
    expect(session.wakeInMs()).toBe(sessionLimits.hintedPongMs)
    session.hear({ type: 'pong', id: 1, heads: [{ log: 'toy', head: 0 }] })
    expect(session.report().phase).toBe('synced')
  })

  it('T14 without a valid token it halts, keeps everything, and goes on with a new one', () => {
    const session = sessionOver('TA')
    session.live()
    expect(kinds(session.hear({ type: 'refuse', code: 'token_expired', message: '' }))).toEqual([
      'disconnect',
    ])
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'token_expired' } })
    expect(session.wakeInMs()).toBe(Number.POSITIVE_INFINITY)
    expect(kinds(session.take({ type: 'token', token: 'fresh' }))).toEqual(['connect'])
    session.live()
    expect(kinds(session.take({ type: 'token', token: 'fresher' }))).toEqual(['auth'])
    expect(kinds(session.take({ type: 'token', token: null }))).toEqual(['disconnect'])
    expect(session.report().problem?.code).toBe('unauthorized')
  })

  it('T16 what is no message (a captive portal, say) ends the connection and nothing else', () => {
    const session = sessionOver('TA')
    session.take({ type: 'start' })
    session.take({ type: 'opened' })
    expect(kinds(session.take({ type: 'garbled' }))).toEqual(['disconnect'])
    expect(session.report().phase).toBe('offline')
    expect(session.replica.outbox()).toHaveLength(1)
  })

  it('T17 a server that goes away is left, and looked for after a part of the spread', () => {
    const session = sessionOver()
    session.live()
    session.hear({ type: 'goaway', reason: 'restart', spreadMs: 10_000 })
    expect(session.wakeInMs()).toBe(5_000 + 375)
  })

  it('T18 a ping of the server is answered; what comes when nothing is open is ignored', () => {
    const session = sessionOver()
    expect(session.hear({ type: 'ping', id: 1 })).toEqual([])
    session.live()
    expect(session.hear({ type: 'ping', id: 7 })).toEqual([
      { type: 'send', message: { type: 'pong', id: 7, heads: [] } },
    ])
    session.take({ type: 'stop' })
    expect(session.take({ type: 'closed' })).toEqual([])
    expect(session.report().phase).toBe('offline')
    expect(session.wakeInMs()).toBe(Number.POSITIVE_INFINITY)
  })

  it('T19 a log that the server does not serve is named, and the others go on', () => {
    const session = sessionOver('TA')
    session.take({ type: 'start' })
    session.take({ type: 'opened' })
    session.hear({ type: 'welcome', protocol: 1, logs: [], heartbeatMs: 5_000, limits: wireLimits })
    expect(session.report()).toMatchObject({ phase: 'halted', problem: { code: 'forbidden_log' } })
  })

  it('T22 a log that halted is tried again after 5 minutes, or with a new token: the session begins anew', () => {
    const session = sessionOver('TA')
    session.live()
    const refuse: ServerMessage = { type: 'refuse', code: 'forbidden_log', message: '', log: 'toy' }
    session.hear(refuse)
    let waitedMs = 0
    let outputs: readonly string[] = []
    while (!outputs.includes('connect') && waitedMs < 2 * sessionLimits.haltedRetryMs) {
      waitedMs += 1_000
      outputs = kinds(session.wait(1_000))
      session.hear({ type: 'pong', id: waitedMs, heads: [] })
      if (waitedMs === 200_000) session.hear(refuse)
    }
    expect(waitedMs).toBe(sessionLimits.haltedRetryMs)
    session.hear(refuse)
    expect(kinds(session.live())).toEqual(['pull', 'push'])
    session.hear(refuse)
    expect(kinds(session.take({ type: 'token', token: 'of somebody who may' }))).toEqual(['connect'])
    expect(kinds(session.live())).toEqual(['pull', 'push'])
    expect(kinds(session.take({ type: 'token', token: 'fresh' }))).toEqual(['auth'])
  })

  it('T20 entries that the store could not take are pulled again', () => {
    const session = sessionOver()
    session.live(1)
    session.hear({ type: 'entries', log: 'toy', epoch: 'e', entries: createdEntries(), head: 1 })
    expect(session.take({ type: 'not_applied', log: 'toy' })).toMatchObject([
      { message: { type: 'pull', after: 0 } },
    ])
  })

  it('T21 a connection that comes to nothing is given up after its deadline', () => {
    const session = sessionOver()
    session.take({ type: 'start' })
    expect(kinds(session.wait(sessionLimits.connectMs))).toEqual(['disconnect'])
    expect(session.report().phase).toBe('offline')
  })

  it('T22 a program that the server does not understand halts, and tries again much later', () => {
    const session = sessionOver()
    session.take({ type: 'start' })
    session.take({ type: 'opened' })
    session.hear({ type: 'refuse', code: 'unsupported_protocol', message: '' })
    expect(session.report().problem?.code).toBe('unsupported_protocol')
    expect(session.wakeInMs()).toBe(sessionLimits.haltedRetryMs)
    expect(kinds(session.wait(sessionLimits.haltedRetryMs))).toEqual(['connect'])
  })
})
