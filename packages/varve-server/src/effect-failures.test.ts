/** Effects that fail: what is written down, when it is asked again, and that nobody waits for it. */
import { describe, expect, it } from 'vitest'
import { defineEffect } from './effect.ts'
import type { ServerLog } from './log-port.ts'
import {
  createWorld,
  mail,
  order,
  push,
  receive,
  requestBy,
  serveEffects,
  turn,
} from './testing/effects.fixture.ts'
import { fulfilment, Order, Stock, settlement } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'

const { start } = serveEffects()

describe('effects that fail', () => {
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
})
