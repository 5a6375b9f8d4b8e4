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
  for (const commit of commits) holds.conflicted(commit, 0)
  const isHeld = (nowMs: number) => holds.heldAgainst('shop', 'there', nowMs).has('x/1')
  expect(isHeld(holdMs - 1)).toBe(true)
  expect(isHeld(holdMs)).toBe(true)
  expect(isHeld(2 * holdMs)).toBe(true)
  // Those who follow were not heard for so long that nobody waits for them.
  expect(isHeld(3 * holdMs)).toBe(false)
})

it('A8 the next in line has its turn as soon as the one before is placed, and looks often', async () => {
  const holds = createHolds({ conflictsBeforeHold: 1, holdMs })
  const [a, b, c] = ['a', 'b', 'c'].map((replica) =>
    testAuthor({ log: 'shop', replica }).commit({ writes: ['x/1'] }),
  ) as [Commit, Commit, Commit]
  holds.conflicted(a, 0)
  holds.conflicted(b, 0)
  expect(holds.heldAgainst('shop', 'b', 100)).toEqual(new Set(['x/1']))
  expect([b, c].map((commit) => holds.retryAfterMs(commit, 'x/1', 100))).toEqual([250, 1_900])
  holds.placed(a)
  expect(holds.heldAgainst('shop', 'b', 200)).toEqual(new Set())
  expect(holds.heldAgainst('shop', 'c', 300)).toEqual(new Set(['x/1']))
  expect(holds.retryAfterMs(c, 'x/1', 300)).toBe(1_900)
})
