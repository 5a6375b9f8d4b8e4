/** Effects: what is asked of the world outside, how often, with which key, and what becomes of the answers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Commit, historyStart, sealCommit, withdraw } from 'varve/core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { defineEffect, type EffectContext, type EffectDefinition } from './effect.ts'
import type { ServerLog } from './log-port.ts'
import { definePolicy } from './policy.ts'
import { createSyncServer, type SyncServerOptions } from './server.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { fulfilment, market, Order, Stock, settlement } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { connectTestClient } from './testing/test-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-effect-'))
const open: TestServer[] = []
let files = 0
const newFile = () => join(folder, `${++files}.db`)
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function start(options: Partial<SyncServerOptions> = {}): Promise<TestServer> {
  const server = await startTestServer({ model: market, policies: [], ...options })
  open.push(server)
  return server
}

async function order(server: TestServer, id: string, customer = 'ann'): Promise<void> {
  const request = Order.commands.request(id, { sku: 'tee', quantity: 1 })
  const done = await server.server.dispatch(`customer/${customer}`, request, { principal: customer })
  expect(done.ok).toBe(true)
}

const receive = (server: TestServer, quantity: number) =>
  server.server.dispatch('shop', Stock.commands.receive('tee', { quantity }), { principal: 'seed' })

/** The world outside: who was asked for what, with which key, in order. */
function createWorld() {
  const asked: { readonly id: string; readonly key: string }[] = []
  return {
    asked,
    ids: () => asked.map(({ id }) => id),
    keys: () => new Map(asked.map(({ id, key }) => [id, key])),
    remember: (id: string, { key }: EffectContext): undefined => {
      asked.push({ id, key })
    },
  }
}

type World = ReturnType<typeof createWorld>

/** Writes to the customer when the order is placed. */
const mail = (world: World, answer: () => Promise<void> | void = () => {}): EffectDefinition =>
  defineEffect('mail', {
    from: [Order],
    on: {
      'order.placed': async ({ streamId }, context) => {
        world.remember(streamId, context)
        await answer()
      },
    },
  })

/** Asks for money, and places the order with the answer. */
const payment = (world: World): EffectDefinition =>
  defineEffect('payment', {
    from: [Order],
    on: {
      'order.requested': async ({ streamId, log }, context) => {
        world.remember(streamId, context)
        return { log, commands: [Order.commands.place(streamId)] }
      },
    },
  })

describe('effects', () => {
  it('V36 each trigger is asked for once, with a key of its own, also over a restart', async () => {
    const world = createWorld()
    const file = newFile()
    const policies = [fulfilment, settlement, mail(world)]
    const first = await start({ log: sqliteLog(file), policies })
    await receive(first, 2)
    for (const id of ['o1', 'o2', 'o3']) await order(first, id)
    await first.server.settled()
    expect(world.ids()).toEqual(['o1', 'o2'])
    expect(await first.log.checkpoint('mail', 'customer/ann')).toBe(5)
    await first.close()
    const second = await start({ log: sqliteLog(file), policies })
    await receive(second, 1)
    await order(second, 'o4', 'ben')
    await second.server.settled()
    expect(world.ids()).toEqual(['o1', 'o2', 'o4'])
    expect(new Set(world.keys().values()).size).toBe(3)
    expect((await second.server.health()).policies).toEqual(
      ['fulfilment', 'settlement', 'mail'].map((name) => ({ name, failureCount: 0, failures: [] })),
    )
  })

  it('V36 V24 what it returns is written at the head with that it is done, names its trigger, and sets off what follows', async () => {
    const [paid, told] = [createWorld(), createWorld()]
    const running = await start({ policies: [payment(paid), mail(told)] })
    const { server, log } = running
    await order(running, 'o1')
    await server.settled()
    expect([paid.ids(), told.ids()]).toEqual([['o1'], ['o1']])
    const [request, answer] = await log.entries('customer/ann', 0, 9)
    expect(answer?.principal).toBe('policy:payment')
    expect(answer?.commit.causation).toEqual({ log: null, dot: request?.commit.dot })
    expect(await log.write((tx) => tx.originOf({ log: 'customer/ann', dot: answer!.commit.dot }))).toEqual({
      policy: 'payment',
      trigger: { log: 'customer/ann', dot: request?.commit.dot },
      depth: 1,
    })
  })

  it('V36 nobody waits for the world: others write, policies run, other effects are asked', async () => {
    const gate = Promise.withResolvers<void>()
    const [slow, quick] = [createWorld(), createWorld()]
    const hanging = { ...mail(slow, () => gate.promise), name: 'hanging' }
    const server = await start({ policies: [fulfilment, settlement, hanging, mail(quick)] })
    await receive(server, 5)
    await order(server, 'o1')
    await order(server, 'o2')
    const isPlaced = async (id: string) =>
      (await server.server.read('customer/ann', Order, id)).status === 'placed'
    while (!((await isPlaced('o2')) && quick.asked.length === 2)) await turn()
    expect(slow.ids()).toEqual(['o1'])
    gate.resolve()
    await server.server.settled()
    expect(slow.ids()).toEqual(['o1', 'o2'])
  })

  it('V36 a commit that was withdrawn, or placed empty, sets nothing off; each event of a commit has a key of its own', async () => {
    const world = createWorld()
    const asks = defineEffect('asks', {
      from: [Order],
      on: { 'order.requested': ({ streamId }, context) => world.remember(streamId, context) },
    })
    const server = await start({ policies: [asks] })
    const gone = withdraw(requestBy('phone', ['o1']), { reason: 'no', because: [] })
    for (const commit of [gone, requestBy('tablet', ['o2', 'o3'])]) await push(server, commit)
    await server.server.settled()
    expect(world.ids()).toEqual(['o2', 'o3'])
    expect(new Set(world.keys().values()).size).toBe(2)
  })

  it('V36 killed between any two transactions: each trigger was asked for, one at most twice and with the same key, and is answered once', async () => {
    const ids = ['o1', 'o2', 'o3']
    let repeated = 0
    for (let crashAt = 1; ; crashAt++) {
      const file = newFile()
      const before = await startTestServer({ log: sqliteLog(file), model: market })
      for (const id of ids) await order(before, id)
      await before.close()
      const world = createWorld()
      const { log, crashed, isCrashed } = crashing(sqliteLog(file), crashAt)
      const dying = await startTestServer({
        log,
        model: market,
        policies: [payment(world)],
        onError: () => {},
      })
      await Promise.race([dying.server.settled(), crashed])
      await dying.close()
      const after = await start({ log: sqliteLog(file), policies: [payment(world)] })
      await after.server.settled()
      expect(new Set(world.ids())).toEqual(new Set(ids))
      expect(world.asked.length).toBeLessThanOrEqual(ids.length + 1)
      expect(new Set(world.asked.map(({ id, key }) => `${id} ${key}`)).size).toBe(ids.length)
      // A request and its answer each.
      expect(await after.log.entries('customer/ann', 0, 99)).toHaveLength(2 * ids.length)
      await after.close()
      if (world.asked.length > ids.length) repeated += 1
      if (!isCrashed()) break
    }
    // Between the answer and the transaction, for each of them.
    expect(repeated).toBe(ids.length)
  })

  it('V36 what is noted as done is not asked again, also where the checkpoint does not tell', async () => {
    const world = createWorld()
    const log = { ...memoryLog(), close: async () => {} }
    const first = await start({ log })
    await order(first, 'o1')
    await order(first, 'o2')
    const [{ commit } = { commit: null }] = await log.entries('customer/ann', 0, 1)
    const trigger = { log: 'customer/ann', dot: commit!.dot }
    await log.write((tx) => tx.saveRun({ policy: 'payment', trigger, written: [], depth: 1 }))
    await first.close()
    const second = await start({ log, policies: [payment(world)] })
    await second.server.settled()
    expect(world.ids()).toEqual(['o2'])
  })

  it('V36 a long log in which it wants nothing is not read again at each start', async () => {
    const server = await start({ policies: [mail(createWorld())] })
    const log = 'customer/ann'
    await order(server, 'o1')
    const many = Array.from({ length: 1_000 }, (_, n) =>
      Order.commands.request(`n${n}`, { sku: 'tee', quantity: 1 }),
    )
    await server.server.dispatch(log, many, { principal: 'seed', chunk: 1 })
    await server.server.settled()
    expect(await server.log.checkpoint('mail', log)).toBeGreaterThanOrEqual(1_000)
  })

  it('V36 a log that could not be read is read again', async () => {
    const world = createWorld()
    let failing = 1
    const sound = memoryLog()
    const log: ServerLog = {
      ...sound,
      entries: (...asked) =>
        failing-- > 0 ? Promise.reject(new Error('the disk')) : sound.entries(...asked),
    }
    const faults: unknown[] = []
    const server = await start({ log, policies: [payment(world)], onError: (fault) => faults.push(fault) })
    await order(server, 'o1')
    await server.server.settled()
    expect([world.ids(), faults.length]).toEqual([['o1'], 1])
  })

  it('V36 after a restore it is asked again, with the same key; another order in the same place has another one', async () => {
    const world = createWorld()
    const [file, backup] = [newFile(), newFile()]
    const log = sqliteLog(file)
    const first = await start({ log, policies: [payment(world)] })
    await log.backup(backup)
    const given = requestBy('phone', ['o1'])
    await push(first, given)
    await first.server.settled()
    await first.close()
    const restored = await start({ log: sqliteLog(backup), policies: [payment(world)] })
    await push(restored, requestBy('tablet', ['o2']))
    await restored.server.settled()
    // The device that holds it gives it back: the same dot, at another position.
    await push(restored, given)
    await restored.server.settled()
    expect(world.ids()).toEqual(['o1', 'o2', 'o1'])
    expect(world.asked[2]).toEqual(world.asked[0])
    expect(world.asked[1]?.key).not.toBe(world.asked[0]?.key)
  })

  it('V36 after a restore the key is the same too for what policies wrote, which they write anew', async () => {
    const world = createWorld()
    const policies = [fulfilment, settlement, mail(world)]
    const [file, backup] = [newFile(), newFile()]
    const log = sqliteLog(file)
    const first = await start({ log, policies })
    await receive(first, 5)
    await first.server.settled()
    await log.backup(backup)
    const given = requestBy('phone', ['o1', 'o2'])
    await push(first, given)
    await first.server.settled()
    await first.close()
    const restored = await start({ log: sqliteLog(backup), policies })
    await push(restored, requestBy('tablet', ['o3']))
    await push(restored, given)
    await restored.server.settled()
    const keysFor = (id: string) => world.asked.filter((each) => each.id === id).map(({ key }) => key)
    for (const id of ['o1', 'o2']) expect([keysFor(id).length, new Set(keysFor(id)).size]).toEqual([2, 1])
    expect(new Set(world.keys().values()).size).toBe(3)
  })

  it('V36 nobody is asked for anything before the server was told to start', async () => {
    const world = createWorld()
    const log = memoryLog()
    const server = createSyncServer({ log, insecure: true, model: market, policies: [payment(world)] })
    const request = Order.commands.request('o1', { sku: 'tee', quantity: 1 })
    await server.dispatch('customer/ann', request, { principal: 'seed' })
    await server.settled()
    expect(world.asked).toEqual([])
    await server.listen()
    await server.settled()
    expect(world.ids()).toEqual(['o1'])
    await server.close()
  })

  it('V37 what fails is written down and asked again while the server runs; what comes later does not wait for it', async () => {
    const world = createWorld()
    let isDown = true
    const answer = () => {
      if (isDown && world.asked.at(-1)?.id !== 'o3') throw new Error('no route to the mail server')
    }
    const limits = { effectRetryMs: 1, effectRetryMsMax: 4 }
    const server = await start({ policies: [fulfilment, settlement, mail(world, answer)], limits })
    await receive(server, 9)
    for (const id of ['o1', 'o2', 'o3']) await order(server, id)
    await server.server.settled()
    while (world.asked.length < 9) await turn()
    const health = async () => (await server.server.health()).policies[2]!
    expect((await health()).failures).toMatchObject([
      { policy: 'mail', reason: 'handler_failed', message: 'no route to the mail server' },
      { reason: 'handler_failed' },
    ])
    expect(world.ids().filter((id) => id === 'o3')).toEqual(['o3'])
    isDown = false
    while ((await health()).failureCount > 0) await turn()
    const { length } = world.asked
    // Longer than the longest pause: nobody is asked any more.
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(world.asked.length).toBe(length)
    expect(world.keys().size).toBe(3)
    expect(new Set(world.asked.map(({ key }) => key)).size).toBe(3)
  })

  it('V37 it is asked again after a pause that doubles, up to a limit', async () => {
    const at: number[] = []
    const failing = defineEffect('failing', {
      from: [Order],
      on: {
        'order.requested': () => {
          at.push(performance.now())
          throw new Error('no')
        },
      },
    })
    const server = await start({ policies: [failing], limits: { effectRetryMs: 20, effectRetryMsMax: 80 } })
    await order(server, 'o1')
    while (at.length < 6) await turn()
    const pauses = at.slice(1).map((ms, index) => ms - at[index]!)
    // A timer may be late and is never early (but for its resolution).
    for (const [index, least] of [20, 40, 80, 80, 80].entries())
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 2)
  })

  it('V37 what has failed often does not make others wait', async () => {
    const world = createWorld()
    const answer = () => {
      throw new Error('down')
    }
    const limits = { effectRetryMs: 2, effectRetryMsMax: 600_000 }
    const server = await start({ policies: [fulfilment, settlement, mail(world, answer)], limits })
    await receive(server, 9)
    await order(server, 'o1')
    // The next time is two seconds away.
    while (world.asked.length < 11) await turn()
    await order(server, 'o2')
    while (world.asked.length < 13) await turn()
    expect(world.ids().slice(11)).toEqual(['o2', 'o2'])
  })

  it('V37 more failures than are held at a time are asked again all the same', async () => {
    const world = createWorld()
    let isDown = true
    const answer = () => {
      if (isDown) throw new Error('down')
    }
    const limits = { effectRetryMs: 1, effectRetryMsMax: 2, policyRetriesMax: 2 }
    const server = await start({ policies: [fulfilment, settlement, mail(world, answer)], limits })
    await receive(server, 9)
    for (let n = 1; n <= 7; n++) await order(server, `o${n}`)
    await server.server.settled()
    isDown = false
    while ((await server.server.health()).policies[2]!.failureCount > 0) await turn()
    expect(world.keys().size).toBe(7)
  })

  it('V37 what can never be done does not keep others from being asked again', async () => {
    const world = createWorld()
    let isDown = true
    const answer = () => {
      if (isDown || world.asked.at(-1)?.id !== 'o3') throw new Error('no such address')
    }
    const limits = { effectRetryMs: 1, effectRetryMsMax: 2, policyRetriesMax: 1 }
    const server = await start({ policies: [fulfilment, settlement, mail(world, answer)], limits })
    await receive(server, 9)
    for (const id of ['o1', 'o2', 'o3']) await order(server, id)
    await server.server.settled()
    isDown = false
    while ((await server.server.health()).policies[2]!.failureCount > 2) await turn()
    expect(world.ids().filter((id) => id === 'o1').length).toBeGreaterThan(1)
  })

  it('V37 more failures than are held have pauses too', async () => {
    const world = createWorld()
    const down = () => {
      throw new Error('down')
    }
    const limits = { effectRetryMs: 1, effectRetryMsMax: 100, policyRetriesMax: 1 }
    const server = await start({ policies: [fulfilment, settlement, mail(world, down)], limits })
    await receive(server, 9)
    for (const id of ['o1', 'o2', 'o3']) await order(server, id)
    await new Promise((resolve) => setTimeout(resolve, 300))
    // Without them it would be hundreds of times.
    expect(world.asked.length).toBeLessThan(30)
  })

  it('V37 those that hang again and again take half of the time at most', async () => {
    const asked: string[] = []
    const hangs = defineEffect('hangs', {
      from: [Order],
      on: {
        'order.requested': ({ streamId }) => {
          asked.push(streamId)
          return streamId.startsWith('bad') ? new Promise<null>(() => {}) : null
        },
      },
    })
    const limits = { effectMs: 100, effectRetryMs: 1, effectRetryMsMax: 1 }
    const server = await start({ policies: [hangs], limits })
    for (const id of ['bad1', 'bad2', 'bad3']) await order(server, id)
    while (asked.length < 4) await turn()
    const many = Array.from({ length: 40 }, (_, n) =>
      Order.commands.request(`o${n}`, { sku: 'tee', quantity: 1 }),
    )
    await server.server.dispatch('customer/ben', many, { principal: 'seed', chunk: 1 })
    const before = asked.length
    while (asked.filter((id) => id.startsWith('o')).length < 40) await turn()
    expect(asked.slice(before).filter((id) => id.startsWith('bad')).length).toBeLessThanOrEqual(2)
    await server.server.close({ graceMs: 0 })
  })

  it('V37 each handler has the whole time, however many events a commit has', async () => {
    const asked: string[] = []
    const slow = defineEffect('slow', {
      from: [Order],
      on: {
        'order.requested': async ({ streamId }) => {
          asked.push(streamId)
          await new Promise((resolve) => setTimeout(resolve, 100))
        },
      },
    })
    const server = await start({ policies: [slow], limits: { effectMs: 400 } })
    await push(server, requestBy('phone', ['o1', 'o2', 'o3', 'o4', 'o5', 'o6']))
    await server.server.settled()
    expect(asked).toEqual(['o1', 'o2', 'o3', 'o4', 'o5', 'o6'])
    expect((await server.server.health()).policies[0]!.failures).toEqual([])
  })

  it('V37 V20 a log that fails while something is asked again, or read, is told, and costs nothing', async () => {
    const world = createWorld()
    const sound = memoryLog()
    const failing = { entries: 0, heads: 0 }
    const mayFail = (what: keyof typeof failing) => {
      failing[what] -= 1
      if (failing[what] >= 0) throw new Error('the disk')
    }
    const log: ServerLog = {
      ...sound,
      entries: async (name, after, max) => {
        // As a retry asks.
        if (max === 1) mayFail('entries')
        return sound.entries(name, after, max)
      },
      write: (fn) =>
        sound.write((tx) =>
          fn({
            ...tx,
            head: async (name) => {
              if (name === 'shop') mayFail('heads')
              return tx.head(name)
            },
          }),
        ),
    }
    const reads = defineEffect('reads', {
      from: [Order],
      on: {
        'order.requested': async ({ streamId }, context) => {
          world.remember(streamId, context)
          await context.read('shop', Stock, 'tee')
          if (world.asked.length < 3) throw new Error('down')
          return null
        },
      },
    })
    const faults: unknown[] = []
    const limits = { effectRetryMs: 1 }
    const server = await start({ log, policies: [reads], limits, onError: (fault) => faults.push(fault) })
    failing.heads = 1
    failing.entries = 1
    await order(server, 'o1')
    while (world.asked.length < 3) await turn()
    await server.server.settled()
    expect(faults.map(String)).toEqual(['Error: the disk', 'Error: the disk'])
    expect((await server.server.health()).policies[0]!.failures).toEqual([])
    expect(new Set(world.keys().values()).size).toBe(1)
  })

  it('V37 a handler that takes too long is told so by its signal, and asked again', async () => {
    const signals: AbortSignal[] = []
    const patient = defineEffect('patient', {
      from: [Order],
      on: {
        // A thenable that is no Promise, as of a query builder.
        'order.requested': (_event, { signal }) => {
          signals.push(signal)
          // biome-ignore lint/suspicious/noThenProperty: that is what it is about.
          return (signals.length === 1 ? { then: () => {} } : null) as null
        },
      },
    })
    const server = await start({ policies: [patient], limits: { effectMs: 10, effectRetryMs: 1 } })
    await order(server, 'o1')
    while (signals.length < 2) await turn()
    await server.server.settled()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(String(signals[0]!.reason)).toContain('longer than 10 ms')
    expect((await server.server.health()).policies[0]!.failures).toEqual([])
  })

  it('V37 what it wants and is refused is written down with the reason, and asked again', async () => {
    const world = createWorld()
    const reserves = defineEffect('reserves', {
      from: [Order],
      on: {
        'order.requested': async ({ streamId }, context) => {
          world.remember(streamId, context)
          expect((await context.read('shop', Stock, 'tee')).reserved).toBe(0)
          const reserve = Stock.commands.reserve('tee', { quantity: 1, orderId: streamId })
          return { log: 'shop', commands: [reserve] }
        },
      },
    })
    const server = await start({ policies: [reserves], limits: { effectRetryMs: 5 } })
    await order(server, 'o1')
    await server.server.settled()
    expect((await server.server.health()).policies[0]!.failures).toMatchObject([{ reason: 'sold_out' }])
    await receive(server, 1)
    while ((await server.server.health()).policies[0]!.failureCount > 0) await turn()
    expect(await server.server.read('shop', Stock, 'tee')).toEqual({ free: 0, reserved: 1 })
    expect(new Set(world.keys().values()).size).toBe(1)
  })

  it('V37 a server that closes waits for the handler at hand, and what it wrote is done', async () => {
    const world = createWorld()
    const gate = Promise.withResolvers<void>()
    const log = { ...memoryLog(), close: async () => {} }
    const first = await start({ log, policies: [fulfilment, settlement, mail(world, () => gate.promise)] })
    await receive(first, 9)
    await order(first, 'o1')
    await order(first, 'o2')
    while (world.asked.length < 1) await turn()
    const closed = first.server.close({ graceMs: 60_000 })
    while (first.server.address !== null) await turn()
    for (let n = 0; n < 5; n++) await turn()
    gate.resolve()
    await closed
    expect(world.ids()).toEqual(['o1'])
    const second = await start({ log, policies: [fulfilment, settlement, mail(world)] })
    await second.server.settled()
    expect(world.ids()).toEqual(['o1', 'o2'])
  })

  it('V37 beyond its grace it tells the handler, and asks again at the next start with the same key', async () => {
    const world = createWorld()
    const signals: AbortSignal[] = []
    const log = { ...memoryLog(), close: async () => {} }
    const hanging = defineEffect('mail', {
      from: [Order],
      on: {
        'order.requested': ({ streamId }, context) => {
          world.remember(streamId, context)
          signals.push(context.signal)
          return new Promise<null>(() => {})
        },
      },
    })
    const faults: unknown[] = []
    const first = await start({ log, policies: [hanging], onError: (fault) => faults.push(fault) })
    await order(first, 'o1')
    while (signals.length < 1) await turn()
    await first.server.close({ graceMs: 0 })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect([await log.failures('mail', 9), faults]).toEqual([[], []])
    const second = await start({ log, policies: [hanging] })
    while (signals.length < 2) await turn()
    expect(world.asked[1]).toEqual(world.asked[0])
    await second.server.close({ graceMs: 0 })
  })

  it('V37 once the server closes nothing new is asked: neither a trigger that was just looked up nor the next event', async () => {
    const sound = memoryLog()
    const gate = Promise.withResolvers<void>()
    let isHeld = false
    const log: ServerLog = {
      ...sound,
      close: async () => {},
      write: (fn) =>
        sound.write((tx) =>
          fn({
            ...tx,
            hasRun: async (...asked) => {
              isHeld = true
              await gate.promise
              return tx.hasRun(...asked)
            },
          }),
        ),
    }
    const world = createWorld()
    const first = await start({ log, policies: [payment(world)] })
    await order(first, 'o1')
    while (!isHeld) await turn()
    const closed = first.server.close({ graceMs: 0 })
    while (first.server.address !== null) await turn()
    gate.resolve()
    await closed
    expect(world.asked).toEqual([])

    const answers: (() => void)[] = []
    const deaf = defineEffect('deaf', {
      from: [Order],
      on: { 'order.requested': () => new Promise<null>((resolve) => answers.push(() => resolve(null))) },
    })
    const second = await start({ policies: [deaf] })
    await push(second, requestBy('phone', ['o2', 'o3']))
    while (answers.length < 1) await turn()
    await second.server.close({ graceMs: 0 })
    answers[0]?.()
    for (let n = 0; n < 5; n++) await turn()
    expect(answers).toHaveLength(1)
  })

  it('V37 V36 what is noted as done is listed as failed no more', async () => {
    const world = createWorld()
    const log = { ...memoryLog(), close: async () => {} }
    const first = await start({ log })
    await order(first, 'o1')
    const [entry] = await log.entries('customer/ann', 0, 1)
    const trigger = { log: 'customer/ann', dot: entry!.commit.dot }
    await log.write(async (tx) => {
      await tx.saveRun({ policy: 'payment', trigger, written: [], depth: 1 })
      const failure = {
        policy: 'payment',
        trigger,
        position: 1,
        reason: 'handler_failed',
        message: '',
        time: 1,
      }
      await tx.saveFailure(failure)
    })
    await first.close()
    const second = await start({ log, policies: [payment(world)] })
    await second.server.settled()
    expect([world.asked, await log.failures('payment', 9)]).toEqual([[], []])
  })

  it('V37 V25 what failed before a restart is asked again at the start, and a disk that fails meanwhile costs nothing', async () => {
    const world = createWorld()
    const file = newFile()
    const limits = { effectRetryMs: 600_000 }
    const down = () => {
      throw new Error('down')
    }
    const first = await start({
      log: sqliteLog(file),
      policies: [fulfilment, settlement, mail(world, down)],
      limits,
    })
    await receive(first, 1)
    await order(first, 'o1')
    await first.server.settled()
    await first.close()
    let failing = 1
    const faults: unknown[] = []
    const sound = sqliteLog(file)
    const log: ServerLog = {
      ...sound,
      failures: (policy, max) => {
        failing -= 1
        return failing >= 0 ? Promise.reject(new Error('the disk')) : sound.failures(policy, max)
      },
    }
    const second = await start({ log, policies: [mail(world)], onError: (fault) => faults.push(fault) })
    await second.server.settled()
    expect(world.asked.length).toBe(2)
    expect(world.asked[1]).toEqual(world.asked[0])
    expect(faults).toHaveLength(1)
    expect(await sound.failures('mail', 9)).toEqual([])
  })

  it('V38 what was placed before its time sets nothing off', async () => {
    const world = createWorld()
    let nowMs = 1_000
    const since = { ...mail(world), since: 2_000 }
    const server = await start({ policies: [fulfilment, settlement, since], now: () => nowMs })
    await receive(server, 9)
    await order(server, 'o1')
    await server.server.settled()
    nowMs = 2_000
    await order(server, 'o2')
    await server.server.settled()
    expect(world.ids()).toEqual(['o2'])
    expect(defineEffect('e', { from: [Order], on: {}, since: 5 }).since).toBe(5)
    expect(() => defineEffect('e', { from: [Order], on: {}, since: Date.parse('2026-13-01') })).toThrow(
      'no time',
    )
  })

  it('V38 what failed before it was called off is not asked again, and is listed no more', async () => {
    const world = createWorld()
    const log = { ...memoryLog(), close: async () => {} }
    const down = () => {
      throw new Error('down')
    }
    const limits = { effectRetryMs: 600_000 }
    const first = await start({
      log,
      policies: [fulfilment, settlement, mail(world, down)],
      limits,
      now: () => 1_000,
    })
    await receive(first, 1)
    await order(first, 'o1')
    await first.server.settled()
    await first.close()
    const second = await start({ log, policies: [{ ...mail(world), since: 2_000 }] })
    await second.server.settled()
    expect([world.asked.length, await log.failures('mail', 9)]).toEqual([1, []])
  })

  it('V26 a circle over an effect ends', async () => {
    const circle = defineEffect('circle', {
      from: [Stock],
      on: {
        'stock.received': async ({ log, streamId }) => ({
          log,
          commands: [Stock.commands.receive(streamId, { quantity: 1 })],
        }),
      },
    })
    let now = 0
    const server = await start({ policies: [circle], limits: { effectRetryMs: 1 }, now: () => ++now })
    await receive(server, 1)
    await server.server.settled()
    expect(await server.log.entries('shop', 0, 99)).toHaveLength(9)
    const failures = async () => (await server.server.health()).policies[0]!.failures
    const [failure] = await failures()
    expect(failure).toMatchObject({ reason: 'too_deep' })
    // Nothing but another program could help: it is not looked at again.
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await failures()).toEqual([failure])
  })

  it('V36 V23 names are checked when it is defined, and two of one name are refused', async () => {
    expect(() => defineEffect('bad name', { from: [Order], on: {} })).toThrow('no name for an effect')
    expect(() =>
      defineEffect('e', { from: [Order], on: { 'stock.received': () => null } as object }),
    ).toThrow('The effect e handles stock.received')
    const twice = [mail(createWorld()), definePolicy('mail', { from: [Order], on: {} })]
    await expect(start({ policies: twice })).rejects.toMatchObject({ code: 'bad_options' })
    for (const limits of [{ effectMs: Number.POSITIVE_INFINITY }, { effectRetryMs: 0 }])
      await expect(start({ limits })).rejects.toMatchObject({ code: 'bad_options' })
  })
})

/** Orders asked for by a device that has heard of nothing. */
function requestBy(replica: string, ids: readonly string[]): Commit {
  const data = { sku: 'tee', quantity: 1 }
  return sealCommit({
    log: 'customer/ann',
    dot: { replica, counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards: ids.map((id) => ({ stream: `order/${id}`, revision: 0, kind: 'serial' })),
    events: ids.map((id) => ({ stream: `order/${id}`, type: 'order.requested', version: 1, data })),
    withdrawn: null,
    commands: ids.map((id) => ({ stream: `order/${id}`, name: 'request', input: data })),
    now: 1,
    seed: replica,
    actor: null,
    correlation: null,
    causation: null,
  })
}

/** Resolves with its receipt. */
async function push({ url }: TestServer, commit: Commit): Promise<void> {
  const client = await connectTestClient(url, { logs: ['customer/ann'] })
  const { epoch } = (await client.next('welcome')).logs[0]!
  client.send({ type: 'push', log: 'customer/ann', epoch, prev: historyStart, commits: [commit] })
  await client.next('receipt')
  client.close()
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}

/** A log of which, from the n-th transaction on, none comes to pass. */
function crashing(log: ServerLog, n: number) {
  const { promise: crashed, resolve } = Promise.withResolvers<void>()
  let writes = 0
  return {
    crashed,
    isCrashed: () => writes >= n,
    log: {
      ...log,
      write: <T>(fn: Parameters<typeof log.write<T>>[0]) => {
        writes += 1
        if (writes < n) return log.write(fn)
        resolve()
        return log.write<T>(async (tx) => {
          await fn(tx)
          throw new Error('killed')
        })
      },
    } satisfies ServerLog,
  }
}
