import {
  type Commit,
  extendHistory,
  historyStart,
  outcomeOf,
  sealCommit,
  withdraw,
  withOutcome,
} from 'varve/core'
import { type Push, wireLimits } from 'varve/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogRights } from './access.ts'
import { createHolds, type Holds } from './holds.ts'
import type { ServerLog } from './log-port.ts'
import { type PushAnswer, placePush } from './place.ts'
import { memoryLog } from './testing/memory-log.ts'
import { testAuthor } from './testing/test-author.ts'

let log: ServerLog
let epoch: string
let holds: Holds
let nowMs: number

beforeEach(async () => {
  log = memoryLog()
  epoch = (await log.write((tx) => tx.ensureLog('shop'))).epoch
  holds = createHolds({ conflictsBeforeHold: 3, holdMs: 2_000 })
  nowMs = 0
})
afterEach(() => log.close())

interface How {
  readonly principal?: string
  readonly append?: LogRights['append']
}

function place(push: Push, { principal = 'ann', append = true }: How = {}): Promise<PushAnswer> {
  return placePush(log, { push, principal, append, holds, verifier: null, time: 1_000, nowMs })
}

const author = (replica: string) => testAuthor({ log: 'shop', replica })
const emptied = (commit: Commit): Commit => withdraw(commit, { reason: 'no', because: [] })

describe('placing a push', () => {
  it('A9 places in order, and says where and what', async () => {
    const a = author('a')
    const commits = [a.commit(), a.commit()]
    const { placed, refusal, head } = await place(a.push(commits, epoch))
    expect(refusal).toBe(null)
    expect(head).toBe(2)
    expect(placed).toEqual(
      commits.map((commit, n) => ({ dot: commit.dot, position: n + 1, outcome: outcomeOf(commit) })),
    )
  })

  it('A1 a push for another epoch is refused, and places nothing', async () => {
    const a = author('a')
    expect(await place(a.push([a.commit()], 'before the restore'))).toMatchObject({
      placed: [],
      refusal: { code: 'fork', head: 0 },
    })
    expect(await log.entries('shop', 0, 9)).toEqual([])
  })

  it('A2 a push that comes twice is answered the same, and placed once', async () => {
    const a = author('a')
    const push = a.push([a.commit(), a.commit()], epoch)
    const first = await place(push)
    expect((await place(push)).placed).toEqual(first.placed)
    expect(await log.entries('shop', 0, 9)).toHaveLength(2)
  })

  it('A2 another intent under a known dot is a collision, the same intent with another outcome is known', async () => {
    const a = author('a')
    const a1 = a.commit()
    await place(a.push([a1], epoch))
    const other = author('a').commit({ seed: 'another' })
    expect((await place(author('a').push([other], epoch))).refusal?.code).toBe('collision')
    const again = await place(a.push([emptied(a1)], epoch))
    expect(again.placed).toEqual([{ dot: a1.dot, position: 1, outcome: outcomeOf(a1) }])
  })

  it('A3 a hole in the counters is answered with the dot that is expected', async () => {
    const a = author('a')
    const [, , a3] = [a.commit(), a.commit(), a.commit()]
    expect((await place(a.push([a3], epoch))).refusal).toMatchObject({
      code: 'gap',
      dot: a3.dot,
      expected: { replica: 'a', counter: 1 },
    })
  })

  it('A4 a parent must be placed first', async () => {
    const r = testAuthor({ log: 'shop', replica: 'r', parent: { replica: 'a', counter: 2 } })
    expect((await place(r.push([r.commit()], epoch))).refusal).toMatchObject({
      code: 'gap',
      expected: { replica: 'a', counter: 1 },
    })
  })

  it('A5 a foreign entry after the base on a guard is a conflict; those before it in the push stay placed', async () => {
    const [a, b] = [author('a'), author('b')]
    await place(a.push([a.commit({ writes: ['x/1'] })], epoch))
    const [b1, b2, b3] = [
      b.commit({ writes: ['y/1'] }),
      b.commit({ writes: ['z/1'], reads: ['x/1'] }),
      b.commit({ writes: ['y/1'] }),
    ]
    const answer = await place(b.push([b1, b2, b3], epoch))
    expect(answer.placed.map(({ dot }) => dot)).toEqual([b1.dot])
    expect(answer.refusal).toMatchObject({ code: 'conflict', dot: b2.dot, head: 1 })
  })

  it('A5 a wish that stands under another name is a conflict, its empty form is placed', async () => {
    const [a, b] = [author('a'), author('b')]
    const a1 = a.commit({ writes: ['x/1'], kind: 'commute' })
    await place(a.push([a1], epoch))
    const b1 = b.commit({ writes: ['y/1'], kind: 'commute', root: a1.root })
    for (let n = 0; n < 4; n++) {
      const { refusal } = await place(b.push([b1], epoch))
      expect(refusal).toMatchObject({ code: 'conflict', dot: b1.dot, head: 1 })
    }
    // Nobody was faster than b: nothing is held for it.
    const free = author('c')
    expect((await place(free.push([free.commit({ writes: ['y/1'] })], epoch))).refusal).toBe(null)
    expect((await place(b.push([emptied(b1)], epoch))).refusal).toBe(null)
  })

  it('A5 a base beyond the head is a fork', async () => {
    const a = author('a')
    expect((await place(a.push([a.commit({ base: 1 })], epoch))).refusal?.code).toBe('fork')
  })

  it('A6 an old copy, whose predecessor was placed otherwise, is stale', async () => {
    const a = author('a')
    const [a1, a2] = [a.commit(), a.commit()]
    await place({ type: 'push', log: 'shop', epoch, prev: historyStart, commits: [emptied(a1)] })
    expect((await place(a.push([a2], epoch))).refusal).toMatchObject({ code: 'stale', dot: a2.dot })
    // prev runs over the pushed copies, not over what was placed.
    expect((await place(a.push([a1, a2], epoch))).refusal).toMatchObject({ code: 'stale', dot: a2.dot })
    const prev = extendHistory(historyStart, emptied(a1))
    expect((await place({ type: 'push', log: 'shop', epoch, prev, commits: [a2] })).placed).toHaveLength(1)
  })

  it('A8 after three conflicts of a dot its streams are held for its author, for a moment', async () => {
    const [slow, fast] = [author('slow'), author('fast')]
    const s1 = slow.commit({ writes: ['x/1'] })
    for (let n = 0; n < 3; n++) {
      await place(fast.push([fast.commit({ writes: ['x/1'], base: n })], epoch))
      expect((await place(slow.push([s1], epoch))).refusal?.code).toBe('conflict')
    }
    const f4 = fast.commit({ writes: ['x/1'], base: 3 })
    expect((await place(fast.push([f4], epoch))).refusal).toMatchObject({ code: 'held', retryAfterMs: 50 })
    // Other streams flow, and an empty commit touches nothing.
    const other = author('other')
    expect((await place(other.push([other.commit({ writes: ['y/1'] })], epoch))).refusal).toBe(null)
    const again = withOutcome(s1, s1, 4)
    expect((await place(slow.push([again], epoch))).refusal).toBe(null)
    // Placed: the hold ends before its time. (f4 now meets what was placed.)
    expect((await place(fast.push([f4], epoch))).refusal?.code).toBe('conflict')
  })

  it('A8 being held counts as a conflict does, but not of what may not be placed', async () => {
    const [slow, other, third] = [author('slow'), author('other'), author('third')]
    const s1 = slow.commit({ writes: ['x/1'] })
    await place(other.push([other.commit({ writes: ['x/1'] })], epoch))
    for (let n = 0; n < 3; n++) await place(slow.push([s1], epoch))
    const [o2, t1] = [other.commit({ writes: ['x/1'], base: 1 }), third.commit({ writes: ['x/1'], base: 1 })]
    const isHeld = async (push: Push, how: How = {}) => {
      for (let n = 0; n < 3; n++) expect((await place(push, how)).refusal?.code).toBe('held')
    }
    await isHeld(third.push([t1], epoch), { append: () => 'not today' })
    await isHeld(other.push([o2], epoch))
    await place(slow.push([withOutcome(s1, s1, 1)], epoch))
    // It is the turn of the other one: the third never had a claim.
    const { refusal } = await place(third.push([withOutcome(t1, t1, 2)], epoch))
    expect(refusal).toMatchObject({ code: 'held', retryAfterMs: 50 })
    expect((await place(other.push([withOutcome(o2, o2, 2)], epoch))).refusal).toBe(null)
  })

  it('A8 counts only conflicts of what could have been placed otherwise', async () => {
    const [slow, fast] = [author('slow'), author('fast')]
    const [s1, s2] = [slow.commit({ writes: ['x/1'] }), slow.commit({ writes: ['x/1'] })]
    await place(fast.push([fast.commit({ writes: ['x/1'] })], epoch))
    const hopeless: [Push, How][] = [
      // An old copy, one that its author may not write, and one that is out of turn.
      [{ ...slow.push([s1], epoch), prev: s1.content }, {}],
      [slow.push([s1], epoch), { append: () => 'not today' }],
      [slow.push([s2], epoch), {}],
    ]
    for (const [push, how] of hopeless) for (let n = 0; n < 3; n++) await place(push, how)
    const f2 = fast.commit({ writes: ['x/1'], base: 1 })
    expect((await place(fast.push([f2], epoch))).refusal).toBe(null)
  })

  it('A8 a hold ends by itself', async () => {
    const [slow, fast] = [author('slow'), author('fast')]
    const s1 = slow.commit({ writes: ['x/1'] })
    await place(fast.push([fast.commit({ writes: ['x/1'] })], epoch))
    for (let n = 0; n < 3; n++) await place(slow.push([s1], epoch))
    const f2 = fast.commit({ writes: ['x/1'], base: 1 })
    nowMs = 1_999
    expect((await place(fast.push([f2], epoch))).refusal).toMatchObject({ code: 'held', retryAfterMs: 1 })
    nowMs = 2_000
    expect((await place(fast.push([f2], epoch))).refusal).toBe(null)
  })
})

describe('who may place what', () => {
  it('V4 a replica, or a parent, that is somebody else’s is forbidden', async () => {
    const a = author('a')
    const a1 = a.commit()
    await place(a.push([a1], epoch))
    expect((await place(a.push([a1], epoch), { principal: 'eve' })).refusal?.code).toBe('forbidden')
    expect((await place(a.push([a.commit()], epoch), { principal: 'eve' })).refusal?.code).toBe('forbidden')
    const child = testAuthor({
      log: 'shop',
      replica: 'r',
      parent: a1.dot,
      history: extendHistory(historyStart, a1),
    })
    expect((await place(child.push([child.commit()], epoch), { principal: 'eve' })).refusal?.code).toBe(
      'forbidden',
    )
    // On another log as well.
    const elsewhere = testAuthor({ log: 'other', replica: 'a' })
    const { epoch: otherEpoch } = await log.write((tx) => tx.ensureLog('other'))
    expect(
      (await place(elsewhere.push([elsewhere.commit()], otherEpoch), { principal: 'eve' })).refusal?.code,
    ).toBe('forbidden')
  })

  it('V11 without the right to append nothing is placed, and nothing is asked to be withdrawn', async () => {
    const a = author('a')
    expect((await place(a.push([a.commit()], epoch), { append: false })).refusal?.code).toBe('forbidden_log')
  })

  it('V11 a commit that may not be placed is forbidden with the reason, and its empty form is placed', async () => {
    const a = author('a')
    const [a1, a2] = [a.commit({ writes: ['x/1'] }), a.commit({ writes: ['y/1'] })]
    const append = (commit: Commit) =>
      commit.events.every(({ stream }) => stream !== 'y/1') || 'y is not yours'
    const answer = await place(a.push([a1, a2], epoch), { append })
    expect(answer.placed).toHaveLength(1)
    expect(answer.refusal).toMatchObject({ code: 'forbidden', dot: a2.dot, message: 'y is not yours' })
    const empty = emptied(a2)
    a.replace(empty)
    expect((await place(a.push([empty], epoch), { append })).placed).toHaveLength(1)
    // What stands in the log is answered, whatever its author may do today.
    expect((await place(a.push([a1], epoch), { append: () => false })).placed).toHaveLength(1)
  })

  it('V12 what can never be placed is said by its dot, and what came before it is placed', async () => {
    const a = author('a')
    const a1 = a.commit()
    const large = a.commit({ data: 'x'.repeat(wireLimits.commitBytesMax) })
    expect(await place(a.push([a1, large], epoch))).toMatchObject({
      placed: [{ position: 1 }],
      refusal: { code: 'commit_too_large', dot: large.dot },
    })
    const empty = emptied(large)
    a.replace(empty)
    expect((await place(a.push([empty], epoch))).placed).toHaveLength(1)
    const tampered = { ...a.commit(), now: 7 }
    expect((await place(a.push([tampered], epoch))).refusal).toMatchObject({
      code: 'invalid_commit',
      dot: tampered.dot,
    })
    const many = author('b').commit({
      writes: Array.from({ length: wireLimits.commitEventsMax + 1 }, (_, n) => `x/${n}`),
    })
    expect((await place(author('b').push([many], epoch))).refusal?.code).toBe('commit_too_large')
  })

  it('V12 an event without a guard, or a withdrawn commit with events, is invalid', async () => {
    const sound = author('a').commit()
    for (const fault of [
      { guards: [] },
      { withdrawn: { reason: 'no', because: [] } },
      { born: 1 },
      { parent: { replica: 'a', counter: 1 } },
    ]) {
      const bad = sealCommit({ ...sound, ...fault })
      expect((await place(author('a').push([bad], epoch))).refusal?.code).toBe('invalid_commit')
    }
  })
})
