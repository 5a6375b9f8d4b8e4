/** A server that is quiet, slow, failing or closing, and what it tells of itself. */
import { describe, expect, it } from 'vitest'
import type { ServerLog } from './log-port.ts'
import { definePolicy } from './policy.ts'
import { market, Order } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { author, serveEachTest } from './testing/served.fixture.ts'

const served = serveEachTest()
const { start, connect, welcomed } = served

describe('liveness', () => {
  it('W9 a quiet client is pinged, a silent one is cut off', async () => {
    await start({ limits: { heartbeatMs: 30, silentMs: 150, tickMs: 5 } })
    const { client } = await welcomed()
    expect(await client.next('ping')).toMatchObject({ id: 1 })
    client.send({ type: 'pong', id: 1, heads: [] })
    expect(await client.next('ping')).toMatchObject({ id: 2 })
    expect(await client.closed).toBe(1006)
  })

  it('W4 who does not say hello in time, or something else first, is refused', async () => {
    await start({ limits: { helloMs: 1_000, tickMs: 5 } })
    const silent = await connect({})
    expect(await silent.next('refuse')).toMatchObject({ code: 'hello_expected' })
    expect(await silent.closed).toBe(1008)
    const hasty = await connect({})
    hasty.send({ type: 'pull', log: 'shop', after: 0, credit: 1 })
    expect(await hasty.next('refuse')).toMatchObject({ code: 'hello_expected' })
  })

  it('W4 another protocol is refused', async () => {
    await start()
    const client = await connect({})
    client.sendRaw('{"type":"hello","protocol":2,"dialect":"of a newer program"}')
    expect(await client.next('refuse')).toMatchObject({ code: 'unsupported_protocol' })
    expect(await client.closed).toBe(1008)
  })

  it('V28 a receipt is never earlier than the flush', async () => {
    const inner = memoryLog()
    const flushed = Promise.withResolvers<void>()
    let isHeld = false
    const log: ServerLog = {
      ...inner,
      write: async <T>(fn: Parameters<typeof inner.write<T>>[0]) => {
        const value = await inner.write<T>(fn)
        if (isHeld) await flushed.promise
        return value
      },
    }
    await start({ log })
    const { client, epoch } = await welcomed()
    isHeld = true
    const a = author('a')
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    client.send(a.push([a.commit()], epoch))
    while ((await inner.head('shop'))?.position !== 1) await new Promise((resolve) => setImmediate(resolve))
    const other = await welcomed()
    other.client.send({ type: 'ping', id: 1 })
    expect((await other.client.next('pong')).heads).toEqual([{ log: 'shop', head: 0 }])
    expect(client.received.map(({ type }) => type)).toEqual(['welcome'])
    flushed.resolve()
    await client.next('receipt')
    await client.next('entries')
  })

  it('W11 V18 closing: goaway with a spread, what was pushed is finished, then the sockets close', async () => {
    await start({ limits: { spreadMs: 1_234 } })
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    const closing = served.server.server.close()
    expect(await client.next('goaway')).toEqual({ type: 'goaway', reason: 'shutting_down', spreadMs: 1_234 })
    expect(await client.closed).toBe(1001)
    await closing
    expect(await served.server.server.health()).toMatchObject({ status: 'closing' })
  })

  it('V19 health is told over HTTP, in numbers', async () => {
    await start()
    await welcomed()
    const response = await fetch(`http://${served.server.host}:${served.server.port}/health`)
    expect(await response.json()).toEqual({ status: 'ok', logs: 0, connections: 1, policies: [] })
    expect((await fetch(`http://${served.server.host}:${served.server.port}/`)).status).toBe(404)
  })

  it('V19 health costs the same however many logs and failures there are', async () => {
    const log = memoryLog()
    const watched = definePolicy('watched', { from: [Order], on: {} })
    const whole = { logs: 0, failures: 0 }
    await start({
      log: {
        ...log,
        logs: () => {
          whole.logs += 1
          return log.logs()
        },
        failures: (policy, max) => {
          whole.failures += 1
          return log.failures(policy, max)
        },
      },
      model: market,
      policies: [watched],
    })
    await served.server.server.settled()
    await log.write(async (tx) => {
      for (let n = 1; n <= 1_001; n++) {
        const trigger = { log: 'customer/ann', dot: { replica: 'a', counter: n } }
        await tx.saveFailure({ policy: 'watched', trigger, position: n, reason: 'r', message: '', time: n })
      }
    })
    const before = { ...whole }
    const response = await fetch(`http://${served.server.host}:${served.server.port}/health`)
    expect(await response.json()).toMatchObject({ logs: 0, policies: [{ name: 'watched', failures: 1_000 }] })
    expect(whole).toEqual(before)
    const { failures, failureCount } = (await served.server.server.health()).policies[0]!
    expect([failureCount, failures.length, failures[0]?.position]).toEqual([1_000, 100, 1])
  })

  it('V20 a failing log is the server’s trouble, told as such; the connection and the others live', async () => {
    const errors: unknown[] = []
    await start({ onError: (error) => errors.push(error) })
    const { client, epoch } = await welcomed()
    const a = author('a')
    const a1 = a.commit()
    await served.server.log.close()
    client.send(a.push([a1], epoch))
    expect(await client.next('refuse')).toMatchObject({ code: 'internal', log: 'shop' })
    client.send({ type: 'ping', id: 1 })
    await client.next('pong')
    expect(errors).toHaveLength(1)
  })

  it('V20 W8 that a log cannot be read is told once; it is tried again for a pull, and for news', async () => {
    const inner = memoryLog()
    let [reads, isFailing] = [0, true]
    const log: ServerLog = {
      ...inner,
      entryTexts: async (...asked) => {
        reads += 1
        if (isFailing) throw new Error('The disk does not answer.')
        return inner.entryTexts(...asked)
      },
    }
    await start({ log, onError: () => undefined })
    const [{ client, epoch }, other] = [await welcomed(), await welcomed()]
    const a = author('a')
    const place = async () => {
      other.client.send(a.push([a.commit()], epoch))
      await other.client.next('receipt')
    }
    await place()
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    expect(await client.next('refuse')).toMatchObject({ code: 'internal', log: 'shop' })
    client.send({ type: 'ping', id: 1 })
    await client.next('pong')
    expect(reads).toBe(1)
    await place()
    await client.next('refuse')
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    await client.next('refuse')
    expect(reads).toBe(3)
    isFailing = false
    await place()
    expect((await client.next('entries')).entries.map(({ position }) => position)).toEqual([1, 2, 3])
  })
})
