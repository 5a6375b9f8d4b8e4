/** Effects: what is asked of the world outside, how often, with which key, and what becomes of the answers. */
import { withdraw } from 'varve/core'
import { describe, expect, it } from 'vitest'
import { defineEffect } from './effect.ts'
import type { ServerLog } from './log-port.ts'
import { definePolicy } from './policy.ts'
import { createSyncServer } from './server.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { crashing } from './testing/crashing-log.fixture.ts'
import {
  createWorld,
  mail,
  order,
  payment,
  push,
  receive,
  requestBy,
  serveEffects,
  turn,
} from './testing/effects.fixture.ts'
import { fulfilment, market, Order, Stock, settlement } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { startTestServer } from './testing/start-test-server.ts'

const { newFile, start } = serveEffects()

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
