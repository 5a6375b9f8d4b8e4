/** Rule A8 in virtual time: many near writers and one far away, who all want the same stream. */
import { type Commit, withOutcome } from 'varve/core'
import { seededRandom } from 'varve/testing'
import { expect, it } from 'vitest'
import { createHolds } from './holds.ts'
import { placePush } from './place.ts'
import { memoryLog } from './testing/memory-log.ts'
import { testAuthor } from './testing/test-author.ts'

const conflictsBeforeHold = 3
const holdMs = 2_000
const seeds = 3

interface Race {
  readonly fast: number
  readonly tickMs: number
  /** The slow one's. The fast ones have one of a tick. */
  readonly roundTripTicks: number
}

/** What others placed, and how long it took, from the slow one's third conflict until it was placed. */
async function race(seed: number, { fast, tickMs, roundTripTicks }: Race) {
  const random = seededRandom(seed)
  const log = memoryLog()
  const epoch = await log.epochOf('shop')
  const holds = createHolds({ conflictsBeforeHold, holdMs })
  let [nowMs, head] = [0, 0]
  const slow = writer('slow')
  const others = Array.from({ length: fast }, (_, index) => writer(`fast ${index}`))
  let [conflicts, claimedAtMs, claimedAt] = [0, 0, 0]

  /** Pushes one commit after the other; what was refused is decided again on what it knew when it decided. */
  function writer(replica: string) {
    const author = testAuthor({ log: 'shop', replica })
    let commit: Commit = author.commit({ writes: ['x/1'] })
    let [known, waitUntilMs] = [0, 0]
    return {
      look: () => {
        known = head
      },
      async push(): Promise<'placed' | 'waits' | string> {
        if (nowMs < waitUntilMs) return 'waits'
        commit = withOutcome(commit, commit, known)
        author.replace(commit)
        const push = author.push([commit], epoch)
        const whose = { principal: replica, append: true, holds, verifier: null, time: 0 }
        const { refusal, head: after } = await placePush(log, { push, ...whose, nowMs })
        head = after
        if (refusal?.code === 'held') waitUntilMs = nowMs + (refusal.retryAfterMs ?? 0)
        if (refusal !== null) return refusal.code
        commit = author.commit({ writes: ['x/1'] })
        return 'placed'
      },
    }
  }

  for (let tick = 1; ; tick++) {
    nowMs = tick * tickMs
    for (const each of others) each.look()
    const first = random.below(fast)
    for (let n = 0; n < fast; n++) await others[(first + n) % fast]?.push()
    // It comes when all the others have been there.
    if (tick % roundTripTicks !== 0) continue
    const answer = await slow.push()
    slow.look()
    if (answer === 'conflict') conflicts += 1
    if (answer === 'conflict' && conflicts === conflictsBeforeHold) [claimedAtMs, claimedAt] = [nowMs, head]
    const overtook = head - claimedAt - (answer === 'placed' ? 1 : 0)
    if (answer === 'placed') return { overtook, tookMs: nowMs - claimedAtMs }
    if (claimedAt > 0 && overtook > fast) return { overtook, tookMs: Number.POSITIVE_INFINITY }
  }
}

it.each<Race>([
  { fast: 20, tickMs: 50, roundTripTicks: 5 },
  { fast: 20, tickMs: 10, roundTripTicks: 30 },
  { fast: 20, tickMs: 300, roundTripTicks: 3 },
  { fast: 40, tickMs: 300, roundTripTicks: 3 },
])(
  'A8 from its third conflict on a slow writer lets each other author before it once, and each for a turn at most: %j',
  async (how) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { overtook, tookMs } = await race(seed, how)
      expect({ seed, isInTime: tookMs <= (how.fast + 1) * holdMs, isFair: overtook <= how.fast }).toEqual({
        seed,
        isInTime: true,
        isFair: true,
      })
    }
  },
)

it('A8 who stands in line and does not come back costs the others at most a turn each', async () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const commits = Array.from({ length: 5 }, (_, index) =>
    testAuthor({ log: 'shop', replica: `gone ${index}` }).commit({ writes: ['x/1'] }),
  )
  for (const commit of commits) holds.missed(commit, 0)
  const isHeld = (nowMs: number) => holds.heldAgainst('shop', 'there', nowMs).has('x/1')
  expect(isHeld(holdMs - 1)).toBe(true)
  expect(isHeld(holdMs)).toBe(true)
  expect(isHeld(2 * holdMs)).toBe(true)
  // Those who follow were not heard for so long that nobody waits for them.
  expect(isHeld(3 * holdMs)).toBe(false)
})

it('A8 the next in line has its turn as soon as the one before is placed, and looks often; who is behind, less often', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const [a, b, c] = three(['x/1'], ['x/1'], ['x/1'])
  holds.missed(a, 0)
  holds.missed(b, 0)
  // It stands there already.
  holds.missed(b, 0)
  expect(holds.heldAgainst('shop', 'b', 100)).toEqual(new Set(['x/1']))
  expect([b, c].map((commit) => holds.retryAfterMs(commit, 'x/1', 100))).toEqual([50, 100])
  // As soon as the turn is surely over.
  expect([b, c].map((commit) => holds.retryAfterMs(commit, 'x/1', holdMs - 7))).toEqual([7, 100])
  holds.placed(a)
  expect(holds.heldAgainst('shop', 'b', 200)).toEqual(new Set())
  // Refused before it was its turn, and answered after it had begun; and where nobody stands any more.
  expect([holds.retryAfterMs(b, 'x/1', 700), holds.retryAfterMs(b, 'z/1', 700)]).toEqual([0, 0])
  expect(holds.heldAgainst('shop', 'c', 300)).toEqual(new Set(['x/1']))
  expect(holds.retryAfterMs(c, 'x/1', 300)).toBe(50)
})

it('A8 a turn on several streams begins when it has come on all of them, and keeps nobody for longer than a turn', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const [a, b, c] = three(['x/1'], ['x/1', 'y/1'], ['y/1'])
  for (const commit of [a, b, c]) holds.missed(commit, 0)
  const held = (replica: string, nowMs: number) => [...holds.heldAgainst('shop', replica, nowMs)].sort()
  // b waits for a on x/1, and nobody overtakes it on y/1 meanwhile.
  expect([held('b', 500), held('c', 500)]).toEqual([['x/1'], ['x/1', 'y/1']])
  expect(holds.retryAfterMs(c, 'y/1', 500)).toBe(50)
  // The turn of a is over: that of b begins, on both.
  expect([held('b', 2_000), held('a', 2_000), held('c', 3_999)]).toEqual([[], ['x/1', 'y/1'], ['x/1', 'y/1']])
  expect([held('c', 4_000), held('b', 4_000)]).toEqual([[], ['y/1']])
})

it('A8 who leans on another stream after it was decided again stands there as if it had from the beginning', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const [a, b, c] = three(['x/1'], ['y/1', 'x/1'], ['y/1'])
  for (const commit of [a, b, c]) holds.missed(commit, 0)
  // a has its turn and comes to lean on y/1, where b is the first. Nobody waits for each other.
  holds.missed({ ...a, guards: [...a.guards, { stream: 'y/1', kind: 'serial', revision: 0 }] }, 100)
  const held = (replica: string, nowMs: number) => [...holds.heldAgainst('shop', replica, nowMs)].sort()
  expect([held('a', 200), held('b', 200), held('c', 200)]).toEqual([[], ['x/1', 'y/1'], ['x/1', 'y/1']])
  holds.placed(a)
  expect([held('b', 300), held('c', 300)]).toEqual([[], ['x/1', 'y/1']])
})

it('A8 a turn that has begun is over before the next begins, whoever comes to stand before it', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const [a, b, c] = three(['x/1'], ['x/1'], ['y/1'])
  for (const commit of [a, b, c]) holds.missed(commit, 0)
  // b waits for a, and came before c, which has its turn.
  holds.missed({ ...b, guards: [...b.guards, { stream: 'y/1', kind: 'serial', revision: 0 }] }, 100)
  const held = (replica: string, nowMs: number) => [...holds.heldAgainst('shop', replica, nowMs)].sort()
  expect([held('b', 200), held('c', 200)]).toEqual([['x/1', 'y/1'], ['x/1']])
  holds.placed(a)
  expect([held('b', 300), held('c', 300)]).toEqual([['y/1'], ['x/1']])
  holds.placed(c)
  expect(held('b', 400)).toEqual([])
})

it('A8 who comes again and again has not gone, however long the line; who does not come in its turn counts anew', () => {
  const holds = createHolds({ conflictsBeforeHold: 2, holdMs })
  const authors = ['a', 'b', 'c', 'd', 'e'].map((replica) => testAuthor({ log: 'shop', replica }))
  const commits = authors.map((author) => author.commit({ writes: ['x/1'] }))
  for (const commit of commits) for (let n = 0; n < 2; n++) holds.missed(commit, 0)
  const isHeld = (replica: string, nowMs: number) => holds.heldAgainst('shop', replica, nowMs).has('x/1')
  for (let nowMs = 0; nowMs < 4 * holdMs; nowMs += 500)
    for (const replica of ['b', 'c', 'd', 'e']) isHeld(replica, nowMs)
  expect(['a', 'b', 'e'].map((replica) => isHeld(replica, 4 * holdMs))).toEqual([true, true, false])
  expect(isHeld('a', 5 * holdMs)).toBe(false)
  holds.missed(commits[0] as Commit, 5 * holdMs)
  expect(isHeld('b', 5 * holdMs)).toBe(false)
  holds.missed(commits[0] as Commit, 5 * holdMs)
  expect(isHeld('b', 5 * holdMs)).toBe(true)
})

it('A8 holds serial streams, 64 at most for one commit, and lets 100 stand in a line', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const author = testAuthor({ log: 'shop', replica: 'a' })
  holds.missed(author.commit({ writes: ['like/1'], kind: 'commute' }), 0)
  expect(holds.heldAgainst('shop', 'b', 1)).toEqual(new Set())
  holds.missed(author.commit({ writes: Array.from({ length: 70 }, (_, n) => `x/${n}`) }), 0)
  expect(holds.heldAgainst('shop', 'b', 1).size).toBe(64)
  for (let n = 0; n < 150; n++)
    holds.missed(testAuthor({ log: 'shop', replica: `r${n}` }).commit({ writes: ['y/1'] }), 0)
  expect(holds.retryAfterMs(author.commit({ writes: ['y/1'] }), 'y/1', 1)).toBe(100 * 50)
})

it('A8 of very many dots the misses of the oldest are forgotten', () => {
  const holds = createHolds({ conflictsBeforeHold: 2, holdMs })
  const commit = testAuthor({ log: 'shop', replica: 'a' }).commit({ writes: ['x/1'] })
  const missed = (counter: number) => holds.missed({ ...commit, dot: { replica: 'a', counter } }, 0)
  for (let counter = 1; counter <= 10_001; counter++) missed(counter)
  missed(1)
  expect(holds.heldAgainst('shop', 'b', 1)).toEqual(new Set())
  missed(10_001)
  expect(holds.heldAgainst('shop', 'b', 1)).toEqual(new Set(['x/1']))
})

it('A8 who is held each time stands in line as well, though it never meets a conflict', () => {
  const holds = createHolds({ conflictsBeforeHold: 3, holdMs })
  const near = ['a', 'b', 'c'].map((replica) => testAuthor({ log: 'shop', replica }))
  const polite = testAuthor({ log: 'shop', replica: 'polite' }).commit({ writes: ['x/1'] })
  const claim = (commit: Commit, nowMs: number) => {
    for (let n = 0; n < 3; n++) holds.missed(commit, nowMs)
  }
  let line = near.map((author) => author.commit({ writes: ['x/1'] }))
  for (const commit of line) claim(commit, 0)
  // Whoever was placed is soon in line again, so it is never empty.
  for (let turn = 1; turn <= 20; turn++) {
    const nowMs = turn * 100
    if (!holds.heldAgainst('shop', 'polite', nowMs).has('x/1')) {
      // Three misses, and one turn for each that stood there before it.
      expect(turn).toBe(6)
      return
    }
    holds.missed(polite, nowMs)
    const [first, ...others] = line as [Commit, ...Commit[]]
    holds.placed(first)
    const again = near
      .find((_, index) => ['a', 'b', 'c'][index] === first.dot.replica)
      ?.commit({ writes: ['x/1'] })
    line = [...others, again as Commit]
    claim(again as Commit, nowMs)
  }
  expect.unreachable('it was held twenty times')
})

it('A8 lines of logs to which nobody writes any more are forgotten', () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const claimed = (log: string) => testAuthor({ log, replica: 'a' }).commit({ writes: ['x/1'] })
  const before = Array.from({ length: 100 }, (_, n) => claimed(`old ${n}`))
  for (const commit of before) holds.missed(commit, 0)
  expect(holds.logsInLine()).toBe(100)
  for (let n = 0; n < 50; n++) holds.missed(claimed(`new ${n}`), 10 * holdMs)
  expect(holds.logsInLine()).toBe(50)
})

function three(...writes: [string[], string[], string[]]): [Commit, Commit, Commit] {
  const made = writes.map((streams, index) =>
    testAuthor({ log: 'shop', replica: 'abc'[index] as string }).commit({ writes: streams }),
  )
  return made as [Commit, Commit, Commit]
}
