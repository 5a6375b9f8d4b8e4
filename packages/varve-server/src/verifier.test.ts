import fc from 'fast-check'
import {
  type CommandCall,
  type Commit,
  createWorld,
  rulesOf,
  sealCommit,
  validateCommands,
  type World,
  withdraw,
} from 'varve/core'
import { type ReferenceReplica, referenceReplica } from 'varve/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createHolds } from './holds.ts'
import { createHost } from './host.ts'
import type { ServerLog } from './log-port.ts'
import { type PushAnswer, placePush } from './place.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { memoryLog } from './testing/memory-log.ts'
import { bar, Price, Tab, Wall } from './testing/verified.fixture.ts'
import { createVerifier, type Verifier } from './verifier.ts'

interface Bar {
  readonly log: ServerLog
  readonly push: (client: Client, change?: (commit: Commit) => Commit) => Promise<PushAnswer>
  readonly pull: (client: Client, max?: number) => Promise<void>
}

interface BarOptions {
  readonly log?: ServerLog
  readonly verifyEntriesMax?: number
  readonly kindOf?: (log: string) => string | null
}

const opened: ServerLog[] = []
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
})

/** As createSyncServer does, without sockets. */
async function openBar({ log = memoryLog(), verifyEntriesMax = 100, kindOf }: BarOptions = {}): Promise<Bar> {
  opened.push(log)
  const how = { model: bar, kindOf: kindOf ?? (() => 'bar') }
  const host = createHost({ ...how, replica: 'server', worldsMax: 2 })
  const verifier = createVerifier({ ...how, host, verifyEntriesMax }) as Verifier
  const { epoch } = await log.write((tx) => tx.ensureLog('bar'))
  // Nobody stands in line here, however often they lose: that is another rule (A8).
  const holds = createHolds({ conflictsBeforeHold: 1_000_000, holdMs: 2_000 })
  return {
    log,
    push(client, change = (commit) => commit) {
      const { outbox, history: prev } = client.stored()
      const push = { type: 'push', log: 'bar', epoch, prev, commits: outbox.map(change) } as const
      return placePush(log, { push, principal: 'x', append: true, holds, verifier, time: 1, nowMs: 0 })
    },
    async pull(client, max = 99) {
      client.receive(epoch, await log.entries('bar', client.position(), max))
    },
  }
}

interface Client extends ReferenceReplica<World> {
  wish(...calls: readonly CommandCall[]): void
}

function client(name: string): Client {
  const replica = referenceReplica({
    log: 'bar',
    replica: name,
    rules: rulesOf(bar, 'bar'),
    initial: createWorld(bar, 'bar'),
  })
  let wishes = 0
  return {
    ...replica,
    wish(...calls) {
      wishes += 1
      replica.dispatch({ ...validateCommands(bar, calls), now: 0, seed: `${name}${wishes}` })
    },
  }
}

const sign = () => Wall.commands.sign('north')
const write = () => Wall.commands.write('north', { item: 'tea' })
const order = () => Tab.commands.order('1', { item: 'tea' })
const price = (cents: number) => Price.commands.set('tea', { cents })

/** With other cents in its first event. */
const cheaper = (commit: Commit): Commit =>
  sealCommit({
    ...commit,
    events: commit.events.map((event, n) =>
      n === 0 ? { ...event, data: { ...(event.data as object), cents: 1 } } : event,
    ),
  })

describe('deciding again what is pushed to verified streams', () => {
  it('V34 A7 what an honest client decided is placed, and a price changed by hand is forbidden by its dot', async () => {
    const { push, pull, log } = await openBar()
    const a = client('a')
    a.wish(price(5))
    a.wish(order())
    a.wish(sign())
    const answer = await push(a, (commit) => (commit.dot.counter === 2 ? cheaper(commit) : commit))
    expect(answer.placed).toHaveLength(1)
    expect(answer.refusal).toMatchObject({
      code: 'forbidden',
      dot: { replica: 'a', counter: 2 },
      message: expect.stringMatching(/^Its events are not those/),
    })
    a.withdraw({ replica: 'a', counter: 2 }, 'forbidden')
    expect(await push(a)).toMatchObject({ placed: { length: 3 }, refusal: null })
    await pull(a)
    expect(a.outbox()).toEqual([])
    expect((await log.entries('bar', 1, 1))[0]?.commit.withdrawn?.reason).toBe('forbidden')
  })

  it('V34 what the domain refuses is told by its reason, without details: who may write need not be one who may read', async () => {
    const { push } = await openBar()
    const a = client('a')
    a.wish(price(21))
    await push(a)
    const b = client('b')
    b.wish(order())
    const dear = (commit: Commit) =>
      sealCommit({
        ...commit,
        commands: [{ stream: 'price/tea', name: 'set', input: { cents: 21 } }, ...commit.commands],
      })
    b.wish(sign())
    const { refusal } = await push(b, (commit) => (commit.dot.counter === 1 ? dear(commit) : commit))
    expect(refusal?.code).toBe('conflict')
    const c = client('c')
    c.wish(Tab.commands.order('2', { item: 'milk' }))
    const milk = (commit: Commit) =>
      sealCommit({
        ...commit,
        commands: [{ stream: 'price/milk', name: 'set', input: { cents: 21 } }, ...commit.commands],
      })
    expect((await push(c, milk)).refusal).toMatchObject({
      code: 'forbidden',
      message: 'Its commands are refused where they were decided: too_dear.',
    })
  })

  it('V34 what the server’s model does not understand is forbidden, whatever its handlers throw', async () => {
    const { push } = await openBar()
    const a = client('a')
    a.wish(order())
    const changes: readonly [Partial<Commit>, RegExp][] = [
      [{ commands: [{ stream: 'tab/1', name: 'pour' }] }, /undecidable: .* no command pour/],
      [{ commands: [{ stream: 'tab/1', name: 'order', input: 7 }] }, /undecidable: /],
      [{ commands: [{ stream: 'tab/1', name: 'order', input: { item: '' } }] }, /undecidable: .*no id/],
    ]
    for (const [change, message] of changes) {
      expect((await push(a, (commit) => sealCommit({ ...commit, ...change }))).refusal).toMatchObject({
        code: 'forbidden',
        message: expect.stringMatching(message),
      })
    }
    const newer = (commit: Commit) =>
      sealCommit({ ...commit, events: commit.events.map((event) => ({ ...event, version: 2 })) })
    expect((await push(a, newer)).refusal?.code).toBe('forbidden')
    expect((await push(a)).refusal).toBe(null)
  })

  it('V34 on a log of no kind of the model nothing is verified, so nothing verified is placed', async () => {
    for (const kindOf of [() => null, () => 'cellar']) {
      const { push } = await openBar({ kindOf })
      const a = client('a')
      a.wish(price(1))
      a.wish(order())
      expect(await push(a)).toMatchObject({
        placed: { length: 1 },
        refusal: { code: 'forbidden', message: 'The model bar has no kind of log for bar.' },
      })
    }
  })

  it('V34 A7 a wall that others have written on since is folded as its author knew it', async () => {
    for (const log of [memoryLog(), sqliteLog(':memory:')]) {
      const { push, pull } = await openBar({ log })
      const [a, b] = [client('a'), client('b')]
      a.wish(sign())
      await push(a)
      await pull(b)
      b.wish(sign())
      for (let n = 0; n < 3; n++) a.wish(sign())
      await push(a)
      b.wish(write())
      expect(
        b.outbox().map(({ events }) => (events[0]?.data as { number?: number } | undefined)?.number),
      ).toEqual([2, 3])
      expect((await push(b)).refusal).toBe(null)
    }
  })

  it('V34 a push that costs too much goes on after a pause; a commit that does by itself is forbidden, and its retry is not', async () => {
    const { push, pull } = await openBar({ verifyEntriesMax: 20 })
    const [a, b, c] = [client('a'), client('b'), client('c')]
    a.wish(sign())
    for (let n = 0; n < 8; n++) b.wish(sign())
    await push(b)
    a.wish(sign())
    a.wish(sign())
    // Each looks at all of the wall: 8, then what a has written besides: 9, 10.
    const held = { code: 'held', dot: { replica: 'a', counter: 3 }, retryAfterMs: 50 }
    expect(await push(a)).toMatchObject({ placed: { length: 2 }, refusal: held })
    expect(await push(a)).toMatchObject({ placed: { length: 3 }, refusal: null })
    c.wish(sign())
    await pull(b)
    for (let n = 0; n < 12; n++) b.wish(sign())
    await push(b)
    expect((await push(c)).refusal).toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/Retry it/),
    })
    await pull(c)
    c.withdraw({ replica: 'c', counter: 1 }, 'forbidden')
    c.wish(sign())
    expect((await push(c)).refusal).toBe(null)
  })

  it('V34 A7 equal to looking at everything, in random histories on a file, and nothing honest is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { push, pull, log } = await openBar({ log: sqliteLog(':memory:'), verifyEntriesMax: 10_000 })
        const clients = [client('a'), client('b'), client('c')]
        for (const [n, { who, what, nth }] of steps.entries()) {
          const each = clients[who] as Client
          if (what === 'pull') await pull(each, 1 + nth)
          else if (what === 'mint') each.mint(`${who}-${n}`)
          else if (what === 'wish') each.wish(...(wishes[nth % wishes.length] as readonly CommandCall[]))
          else {
            const { refusal } = await push(each)
            expect(refusal?.code).not.toBe('forbidden')
          }
        }
        for (const each of clients) {
          // Nothing is in the way any more: what is forged now is forbidden, and by nothing else.
          await pull(each)
          const forged = each
            .outbox()
            .find(({ events: [event] }) => event?.type === 'tab.ordered' && !isCheap(event.data))
          const { refusal } = await push(each, (commit) => (commit === forged ? cheaper(commit) : commit))
          expect(refusal?.code).toBe(forged === undefined ? undefined : 'forbidden')
          if (forged !== undefined) expect(refusal?.dot).toEqual(forged.dot)
        }
        await log.close()
      }),
      { numRuns: 100 },
    )
  })

  it('V34 without a stream to verify there is nothing to do, and a withdrawn form is not looked at', async () => {
    const { push } = await openBar()
    const a = client('a')
    a.wish(order())
    expect(
      (await push(a, (commit) => withdraw(cheaper(commit), { reason: 'no', because: [] }))).refusal,
    ).toBe(null)
  })
})

const wishes: readonly (readonly CommandCall[])[] = [
  [price(0)],
  [price(3)],
  [price(9)],
  [order()],
  [order()],
  [sign()],
  [write()],
  [sign(), order(), write()],
]

const isCheap = (data: unknown): boolean => (data as { readonly cents: number }).cents === 1

const step = fc.record({
  who: fc.nat({ max: 2 }),
  what: fc.constantFrom('wish', 'wish', 'wish', 'push', 'push', 'pull', 'pull', 'mint'),
  nth: fc.nat({ max: 7 }),
})
