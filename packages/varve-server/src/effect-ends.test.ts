/** Effects and the ends of a server: what is waited for, what is asked again at the next start. */
import { describe, expect, it } from 'vitest'
import { defineEffect } from './effect.ts'
import type { ServerLog } from './log-port.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
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
import { fulfilment, Order, settlement } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'

const { newFile, start } = serveEffects()

describe('effects when a server closes and starts', () => {
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
})
