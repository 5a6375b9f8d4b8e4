import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PlainData, sealCommit, VarveError } from 'varve/core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createHost } from './host.ts'
import type { ServerLog } from './log-port.ts'
import { definePolicy } from './policy.ts'
import { runPolicy } from './policy-run.ts'
import type { SyncServerOptions } from './server.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { crashing } from './testing/crashing-log.fixture.ts'
import { fulfilment, market, Order, Reservation, Stock, settlement } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { connectTestClient } from './testing/test-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-policy-'))
let server: TestServer
let files = 0
afterEach(() => server.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const seed = { principal: 'seed' }

async function start(options: Partial<SyncServerOptions> = {}): Promise<void> {
  server = await startTestServer({ model: market, policies: [fulfilment, settlement], ...options })
}

async function order(id: string, quantity: number, customer = 'ann'): Promise<void> {
  const done = await server.server.dispatch(
    `customer/${customer}`,
    Order.commands.request(id, { sku: 'tee', quantity }),
    { principal: customer },
  )
  expect(done.ok).toBe(true)
}

const status = async (id: string, customer = 'ann') =>
  (await server.server.read(`customer/${customer}`, Order, id)).status

describe('policies', () => {
  it('V23 two hops: an order on one log is answered from the other, exactly once', async () => {
    await start()
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 3 }), seed)
    await order('o1', 2)
    await order('o2', 2, 'bob')
    await order('o3', 1)
    await server.server.settled()
    expect([await status('o1'), await status('o2', 'bob'), await status('o3')]).toEqual([
      'placed',
      'declined',
      'placed',
    ])
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 0, reserved: 3 })
    // Received, then one answer per order.
    expect(await server.log.entries('shop', 0, 99)).toHaveLength(4)
    expect(await server.log.entries('customer/ann', 0, 99)).toHaveLength(4)
    expect((await server.server.health()).policies.every(({ failures }) => failures.length === 0)).toBe(true)
  })

  it('V23 what a client pushes sets policies off, and the client sees the answer', async () => {
    await start()
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 3 }), seed)
    const client = await connectTestClient(server.url, { logs: ['customer/ann'] })
    const { epoch } = (await client.next('welcome')).logs[0]!
    client.send({ type: 'pull', log: 'customer/ann', after: 0, credit: 10 })
    const stream = 'order/o1'
    const commit = sealCommit({
      log: 'customer/ann',
      dot: { replica: 'phone', counter: 1 },
      base: 0,
      born: 0,
      parent: null,
      guards: [{ stream, revision: 0, kind: 'serial' }],
      events: [{ stream, type: 'order.requested', version: 1, data: { sku: 'tee', quantity: 1 } }],
      withdrawn: null,
      commands: [{ stream, name: 'request', input: { sku: 'tee', quantity: 1 } }],
      now: 1,
      seed: 's',
      actor: null,
      correlation: null,
      causation: null,
    })
    client.send({ type: 'push', log: 'customer/ann', epoch, prev: '', commits: [commit] })
    const types: string[] = []
    while (types.length < 2)
      types.push(
        ...(await client.next('entries')).entries.flatMap(({ commit: { events } }) =>
          events.map(({ type }) => type),
        ),
      )
    expect(types).toEqual(['order.requested', 'order.placed'])
    await client.close()
  })

  it('V32 an event that is not as its schema says, or not where it belongs, sets nothing off: the rest flows', async () => {
    const seen: string[] = []
    const watching = definePolicy('watching', {
      from: [Order, Stock],
      on: {
        'order.requested': ({ streamId, data }) => {
          seen.push(`${streamId} ${data.quantity}`)
          return null
        },
        'stock.received': ({ log }) => {
          seen.push(log)
          return null
        },
      },
    })
    await start({ policies: [watching] })
    const client = await connectTestClient(server.url, { logs: ['customer/eve'] })
    const { epoch } = (await client.next('welcome')).logs[0]!
    const order = (id: string, data: PlainData) => ({ stream: `order/${id}`, type: 'order.requested', data })
    const events = [
      order('o1', { sku: 'tee', quantity: 'lots' }),
      order('o2', { sku: 'tee' }),
      { ...order('o3', { sku: 'tee', quantity: 1 }), stream: 'stock/tee' },
      { ...order('o4', { sku: 'tee', quantity: 1 }), stream: 'orders/o4' },
      // On its stream, but on another's log.
      { stream: 'stock/tee', type: 'stock.received', data: { quantity: 1_000 } },
      order('o6', { sku: 'tee', quantity: 6 }),
    ]
    for (const [n, { stream, type, data }] of events.entries()) {
      const commit = sealCommit({
        log: 'customer/eve',
        dot: { replica: `eve${n}`, counter: 1 },
        base: n,
        born: n,
        parent: null,
        guards: [{ stream, revision: 0, kind: 'serial' }],
        events: [{ stream, type, version: 1, data }],
        withdrawn: null,
        commands: [{ stream, name: 'request', input: data }],
        now: 1,
        seed: 's',
        actor: null,
        correlation: null,
        causation: null,
      })
      client.send({ type: 'push', log: 'customer/eve', epoch, prev: '', commits: [commit] })
      await client.next('receipt')
    }
    await server.server.settled()
    expect(seen).toEqual(['o6 6'])
    const { failures } = (await server.server.health()).policies[0]!
    expect(failures.map(({ position, reason }) => [position, reason])).toEqual(
      [1, 2, 3, 4, 5].map((position) => [position, 'unreadable_event']),
    )
    await client.close()
  })

  it('V24 what it writes does not name the log of its trigger, unless the policy says so', async () => {
    await start()
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 3 }), seed)
    await order('o1', 1)
    await server.server.settled()
    const trigger = (await server.log.entries('customer/ann', 0, 1))[0]!.commit.dot
    const answer = (await server.log.entries('shop', 1, 1))[0]!
    expect(answer.commit.causation).toEqual({ log: null, dot: trigger })
    expect(answer.principal).toBe('policy:fulfilment')
    expect(JSON.stringify(answer)).not.toContain('customer/ann')
    // The settlement reveals that the shop answered.
    expect((await server.log.entries('customer/ann', 1, 1))[0]?.commit.causation?.log).toBe('shop')
  })

  it('V25 a rejection or a throw is written down, passed, and tried again at the next start', async () => {
    let isBroken = true
    const log = sqliteLog(join(folder, `${++files}.db`))
    const fragile = definePolicy('fragile', {
      from: [Order],
      on: {
        'order.requested': (event) => {
          if (isBroken && event.streamId === 'o1') throw new Error('no printer')
          // Refused by the stock itself while there is none.
          return {
            log: 'shop',
            commands: [
              Stock.commands.reserve('tee', { quantity: event.data.quantity, orderId: event.streamId }),
            ],
          }
        },
      },
    })
    await start({ log, policies: [fragile] })
    await order('o1', 1)
    await order('o2', 1)
    await server.server.settled()
    const failures = (await server.server.health()).policies[0]!.failures
    expect(failures.map(({ position, reason }) => [position, reason])).toEqual([
      [1, 'handler_failed'],
      [2, 'sold_out'],
    ])
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 5 }), seed)
    await server.close()
    isBroken = false
    await start({ log: sqliteLog(join(folder, `${files}.db`)), policies: [fragile] })
    await server.server.settled()
    expect((await server.server.health()).policies[0]!.failures).toEqual([])
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 3, reserved: 2 })
  })

  it('V25 the server is open before failures are tried again, and only so many are, the oldest first', async () => {
    const log = { ...memoryLog(), close: async () => {} }
    const tried: string[] = []
    let answer: Promise<null> | null = null
    const failing = definePolicy('failing', {
      from: [Order],
      on: {
        'order.requested': async ({ streamId }) => {
          tried.push(streamId)
          await answer
          throw new Error('no printer')
        },
      },
    })
    let now = 0
    const options = { log, policies: [failing], now: () => ++now, limits: { policyRetriesMax: 2 } }
    await start(options)
    for (const id of ['o1', 'o2', 'o3']) await order(id, 1)
    await server.server.settled()
    await server.close()
    tried.length = 0
    const gate = Promise.withResolvers<null>()
    answer = gate.promise
    await start(options)
    expect(server.server.address).not.toBe(null)
    gate.resolve(null)
    await server.server.settled()
    expect(tried).toEqual(['o1', 'o2'])
    await server.close()
    await start(options)
    await server.server.settled()
    expect(tried).toEqual(['o1', 'o2', 'o3', 'o1'])
  })

  it('V25 handlers that take long have a transaction each, and others their turn between', async () => {
    const log = { ...memoryLog(), close: async () => {} }
    await start({ log, policies: [] })
    for (const id of ['o1', 'o2', 'o3', 'o4']) await order(id, 1)
    await server.close()
    const hanging = definePolicy('hanging', {
      from: [Order],
      on: { 'order.requested': () => new Promise<null>(() => {}) },
    })
    let writes = 0
    const counted: ServerLog = {
      ...log,
      write: (fn) => {
        writes += 1
        return log.write(fn)
      },
    }
    await start({ log: counted, policies: [hanging], limits: { handlerMs: 5, policyBatchMs: 1 } })
    await server.server.settled()
    expect(writes).toBe(4)
    const { failures } = (await server.server.health()).policies[0]!
    expect(failures.map(({ position, reason }) => [position, reason])).toEqual(
      [1, 2, 3, 4].map((position) => [position, 'handler_failed']),
    )
  })

  it('V25 the handlers of one trigger have one time together', async () => {
    let nowMs = 0
    let calls = 0
    const slow = definePolicy('slow', {
      from: [Order],
      on: {
        'order.requested': () => {
          calls += 1
          nowMs += 60
          return null
        },
      },
    })
    await start()
    await order('o1', 1)
    const [entry] = await server.log.entries('customer/ann', 0, 1)
    const [event] = entry!.commit.events
    const many = { ...entry!, commit: { ...entry!.commit, events: Array(9).fill(event) } }
    const host = createHost({ model: market, kindOf: () => 'customer', replica: 'h', worldsMax: 1 })
    const ran = await server.log.write((tx) =>
      runPolicy({
        policy: slow,
        entry: many,
        model: market,
        logKind: 'customer',
        now: 0,
        origin: null,
        depth: 1,
        hostTx: host.begin(tx),
        handlerMs: 100,
        monotonicMs: () => nowMs,
        secret: 's',
      }),
    )
    expect(ran).toMatchObject({ ok: false, reason: 'handler_failed' })
    expect(calls).toBe(2)
  })

  it('V25 names that cannot be, and throws without words, are the handler’s fault: the next trigger goes on', async () => {
    const acts = [Stock.commands.receive('tee', { quantity: 1 })]
    const odd = definePolicy('odd', {
      from: [Order],
      on: {
        'order.requested': async ({ streamId }, { read }) => {
          if (streamId === 'o1') return { log: 'shop\ud83d', commands: acts }
          if (streamId === 'o2') await read('shop\0', Stock, 'tee')
          if (streamId === 'o3') throw Object.create(null)
          return { log: 'shop', commands: acts }
        },
      },
    })
    await start({ policies: [odd] })
    for (const id of ['o1', 'o2', 'o3', 'o4']) await order(id, 1)
    await server.server.settled()
    const failures = (await server.server.health()).policies[0]!.failures
    expect(failures.map(({ reason }) => reason)).toEqual(['bad_target', 'handler_failed', 'handler_failed'])
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 1, reserved: 0 })
  })

  it('V25 a handler that never ends, a target that is none, a command that is none: written down', async () => {
    const broken = definePolicy('broken', {
      from: [Order],
      on: {
        'order.requested': (event) => {
          if (event.streamId === 'o1')
            return { log: 'nowhere/1', commands: [Stock.commands.receive('tee', { quantity: 1 })] }
          if (event.streamId === 'o2')
            return { log: 'shop', commands: [{ stream: 'stock/tee', name: 'explode' }] }
          if (event.streamId === 'o3')
            return { log: 'shop', commands: [Order.commands.request('x', { sku: 'tee', quantity: 1 })] }
          return [
            { log: 'shop', commands: [Stock.commands.receive('tee', { quantity: 1 })] },
            { log: 'shop', commands: [Stock.commands.reserve('tee', { quantity: 9, orderId: 'x' })] },
          ]
        },
      },
    })
    await start({ policies: [broken] })
    for (const id of ['o1', 'o2', 'o3', 'o4']) await order(id, 1)
    await server.server.settled()
    const failures = (await server.server.health()).policies[0]!.failures
    expect(failures.map(({ reason }) => reason)).toEqual([
      'bad_target',
      'bad_command',
      'undecidable',
      'sold_out',
    ])
    // All acts or none.
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 0, reserved: 0 })
  })

  it('V26 policies that set each other off in a circle are stopped', async () => {
    const circle = definePolicy('circle', {
      from: [Stock],
      on: {
        'stock.received': (event) => ({
          log: event.log,
          commands: [Stock.commands.receive(event.streamId, { quantity: 1 })],
        }),
      },
    })
    await start({ policies: [circle] })
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 1 }), seed)
    await server.server.settled()
    expect(await server.log.entries('shop', 0, 99)).toHaveLength(9)
    expect((await server.server.health()).policies[0]!.failures).toMatchObject([
      { reason: 'too_deep', position: 9 },
    ])
  })

  it('V23 killed between any two transactions, it goes on where it was, and nothing is done twice', async () => {
    for (let crashAt = 1; ; crashAt++) {
      const path = join(folder, `${++files}.db`)
      const first = await startTestServer({ log: sqliteLog(path), model: market, policies: [] })
      await first.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 3 }), seed)
      for (const id of ['o1', 'o2']) {
        await first.server.dispatch(
          'customer/ann',
          Order.commands.request(id, { sku: 'tee', quantity: 1 }),
          seed,
        )
      }
      await first.close()
      // The n-th transaction of this life is its last: what follows is not done any more.
      const { log, crashed, isCrashed } = crashing(sqliteLog(path), crashAt)
      const second = await startTestServer({
        log,
        model: market,
        policies: [fulfilment, settlement],
        onError: () => {},
      })
      await Promise.race([second.server.settled(), crashed])
      const didCrash = isCrashed()
      await second.close()
      await start({ log: sqliteLog(path) })
      await server.server.settled()
      expect([await status('o1'), await status('o2')]).toEqual(['placed', 'placed'])
      expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 1, reserved: 2 })
      expect(await server.log.entries('shop', 0, 99)).toHaveLength(3)
      await server.close()
      if (!didCrash) {
        expect(crashAt).toBeGreaterThan(2)
        break
      }
    }
  })

  it('V27 dispatch decides at the head, one commit per chunk, and stops at what is refused', async () => {
    await start()
    const many = Array.from({ length: 25 }, (_, n) => Stock.commands.receive(`sku${n}`, { quantity: 1 }))
    const done = await server.server.dispatch('shop', many, { ...seed, chunk: 10 })
    expect(done.placed.map(({ position }) => position)).toEqual([1, 2, 3])
    const refused = await server.server.dispatch(
      'shop',
      [
        Stock.commands.receive('tee', { quantity: 1 }),
        Stock.commands.reserve('tee', { quantity: 2, orderId: 'o' }),
      ],
      seed,
    )
    expect(refused).toMatchObject({ ok: false, reason: 'sold_out', command: 1, placed: [] })
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 0, reserved: 0 })
    await expect(
      server.server.dispatch('shop', { stream: 'nothing/1', name: 'x' }, seed),
    ).rejects.toMatchObject({ code: 'unknown_stream' })
    await expect(
      server.server.dispatch('nowhere', Stock.commands.receive('tee', { quantity: 1 }), seed),
    ).rejects.toMatchObject({ code: 'unknown_log' })
  })

  it('V27 what cannot be dispatched is refused before anything is written', async () => {
    await start()
    const dispatch = (log: string, how: object) =>
      server.server.dispatch(log, Stock.commands.receive('tee', { quantity: 1 }), { ...seed, ...how })
    for (const chunk of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, null as unknown as number])
      await expect(dispatch('shop', { chunk }), String(chunk)).rejects.toMatchObject({ code: 'bad_options' })
    for (const name of ['', 'x'.repeat(257), 'a\0', '\ud800', 7 as unknown as string]) {
      await expect(dispatch('shop', { principal: name })).rejects.toMatchObject({ code: 'bad_name' })
      await expect(dispatch('shop', { actor: name })).rejects.toMatchObject({ code: 'bad_name' })
    }
    await expect(dispatch('shop/\0', {})).rejects.toMatchObject({ code: 'bad_name' })
    expect(await server.log.logs()).toEqual([])
  })

  it('V4 nobody may write as the server’s own replica', async () => {
    await start()
    const { placed } = await server.server.dispatch(
      'shop',
      Stock.commands.receive('tee', { quantity: 1 }),
      seed,
    )
    const replica = placed[0]!.dot.replica
    expect(await server.log.write((tx) => tx.owner(replica))).toBe('(server)')
  })

  it('V23 many dispatches at once are one history', async () => {
    await start()
    await server.server.dispatch('shop', Stock.commands.receive('tee', { quantity: 100 }), seed)
    await Promise.all(Array.from({ length: 50 }, (_, n) => order(`o${n}`, 1, `c${n % 5}`)))
    await server.server.settled()
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 50, reserved: 50 })
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, n) => status(`o${n}`, `c${n % 5}`)))
    expect(new Set(statuses)).toEqual(new Set(['placed']))
    expect(await server.server.read('shop', Reservation, 'o7')).toMatchObject({ outcome: 'made' })
  })

  it('V23 a policy is checked when it is defined', () => {
    expect(() => definePolicy('bad name', { from: [Order], on: {} })).toThrow(VarveError)
    expect(() =>
      definePolicy('p', { from: [Order], on: { 'stock.received': () => null } as object }),
    ).toThrow(VarveError)
    return start({ log: memoryLog() })
  })
})
