import { describe, expect, it } from 'vitest'
import { sealCommit } from '../core/commit.ts'
import { device } from './moody-server.fixture.ts'

/** Of somebody else. */
const foreign = sealCommit({
  ...{ log: 'bank/1', dot: { replica: 'z', counter: 1 }, base: 0, born: 0, parent: null },
  ...{ guards: [], events: [], withdrawn: null, commands: [], now: 0, seed: 'z1' },
  ...{ actor: null, correlation: null, causation: null },
})

const full = { problem: { code: 'storage_full' } }
const resumesMs = 10_000

/** There is room, since a moment after it was looked for in vain. */
async function makeRoom({ space, pass }: Pick<ReturnType<typeof device>, 'space' | 'pass'>): Promise<void> {
  for (const before = space.refusals; space.refusals === before; ) await pass(100)
  space.fullAt = null
}

describe('a disk that is full', () => {
  // In the middle of the page, behind all of it, and when it is to be made true.
  for (const fullAt of ['entries', 'record', 'complete'] as const) {
    it(`Y23 Y11 T20 a page that has no room (found out at ${fullAt}) is not stored and named, and sync goes on within 10 s of room`, async () => {
      const { open, mood, space, ledger, pass } = device()
      const [a, b] = [await open(), await open()]
      let [greetings, pulls] = [0, 0]
      mood.hears = ({ type }) => type !== 'push'
      await b.deposit(3, 'first')
      const placed = ledger.offer({ epoch: 'e', prev: '', commit: foreign, principal: null, time: 1 })
      expect(placed.kind).toBe('place')
      space.fullAt = fullAt
      mood.hears = ({ type }) => {
        if (type === 'hello') greetings += 1
        if (type === 'pull') pulls += 1
        return true
      }
      await pass(60_000)
      expect(ledger.head()).toBe(2)
      for (const { engine } of [a, b]) {
        expect(engine.status()).toMatchObject({ phase: 'syncing', pending: 1, ...full })
        expect(engine.logs().find(({ head }) => head.log === 'bank/1')?.head).toMatchObject({
          ...{ position: 0, chain: '', epoch: null },
        })
      }
      // Nobody took it for frozen.
      expect([a, b].map(({ engine }) => engine.status().leading)).toEqual([true, false])
      // It is asked for, and not all the time.
      expect(pulls).toBeGreaterThan(10)
      expect(pulls).toBeLessThan(30)

      await makeRoom({ space, pass })
      await pass(resumesMs)
      for (const { engine } of [a, b]) {
        expect(engine.status()).toMatchObject({ phase: 'synced', pending: 0, problem: null })
        expect(engine.status().logs.find(({ log }) => log === 'bank/1')?.position).toBe(2)
      }
      expect(greetings).toBe(0)
    })
  }

  it('Y23 a tab that has no room to take the lead says so, and leads within 10 s of room', async () => {
    const { open, space, pass } = device()
    await (await open()).close()
    space.fullAt = 'record'
    const tab = await open()
    await pass(60_000)
    expect(tab.engine.status()).toMatchObject({ leading: false, ...full })
    await makeRoom({ space, pass })
    await pass(resumesMs)
    expect(tab.engine.status()).toMatchObject({ phase: 'synced', leading: true, problem: null })
  })

  it('Y23 that there was no room once is not said again when a later leader falls silent', async () => {
    const { open, space, pass } = device()
    await (await open()).close()
    space.fullAt = 'record'
    const [a, b] = [await open(), await open()]
    const told = new Set<unknown>()
    for (let ms = 0; ms < 20_000; ms += 100) {
      await pass(100)
      for (const { engine } of [a, b]) if (engine.status().problem?.code === 'storage_full') told.add(engine)
    }
    // Each of them tried to lead.
    expect(told.size).toBe(2)
    await makeRoom({ space, pass })
    await pass(resumesMs)
    const [leader, other] = a.engine.status().leading ? [a, b] : [b, a]
    expect(other.engine.status()).toMatchObject({ phase: 'synced', leading: false, problem: null })
    leader.freeze()
    other.reports.length = 0
    await pass(20_000)
    expect(other.engine.status().leading).toBe(true)
    const waiting = other.reports.filter(({ phase }) => phase === 'connecting')
    expect(waiting.length).toBeGreaterThan(0)
    expect(waiting.filter(({ problem }) => problem !== null)).toEqual([])
  })
})
