import { outcomeOf, withOutcome } from 'varve/core'
import { protocolVersion, wireLimits } from 'varve/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { type Authorize, allowAll } from './access.ts'
import type { ServerLog } from './log-port.ts'
import { definePolicy } from './policy.ts'
import type { SyncServerOptions } from './server.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { market, Order } from './testing/market.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { testAuthor } from './testing/test-author.ts'
import { connectTestClient, type TestClient, type TestClientOptions } from './testing/test-client.ts'

let server: TestServer
const clients: TestClient[] = []

async function start(options: Partial<SyncServerOptions> = {}): Promise<void> {
  server = await startTestServer(options)
}

async function connect(options: TestClientOptions = { logs: ['shop'] }): Promise<TestClient> {
  const client = await connectTestClient(server.url, options)
  clients.push(client)
  return client
}

/** A client that was welcomed, with the epoch of its first log. */
async function welcomed(options?: TestClientOptions) {
  const client = await connect(options)
  const welcome = await client.next('welcome')
  return { client, welcome, epoch: welcome.logs[0]?.epoch ?? '' }
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await server.close()
})

const author = (replica: string) => testAuthor({ log: 'shop', replica })

/** Tokens are principals; `ann/until/1000` ends at 1000; everybody has a log of their own, and reads the shop. */
const byToken: Authorize = ({ token }) => {
  const [principal = '', , until] = token.split('/')
  if (principal === '') return null
  return {
    principal,
    ...(until === undefined ? null : { expiresAt: Number(until) }),
    logs: (log) => ({
      read: log === 'shop' || log === `customer/${principal}`,
      append: log === `customer/${principal}` || principal === 'staff',
    }),
  }
}

describe('two clients', () => {
  it('W4 hello is answered by welcome: epochs, heads, limits', async () => {
    await start()
    const { welcome } = await welcomed({ logs: ['shop', 'customer/ann'] })
    expect(welcome).toEqual({
      type: 'welcome',
      protocol: protocolVersion,
      logs: [
        { log: 'shop', epoch: await server.log.epochOf('shop'), head: 0 },
        { log: 'customer/ann', epoch: await server.log.epochOf('customer/ann'), head: 0 },
      ],
      heartbeatMs: 15_000,
      limits: wireLimits,
    })
  })

  it('W4 V13 a log that nobody has written to is there and empty, costs nothing, and is the same after a restart', async () => {
    const log = sqliteLog(':memory:')
    await start({ log: { ...log, close: async () => {} }, authorize: byToken })
    const { client, epoch } = await welcomed({ token: 'ann', logs: ['shop'] })
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    expect(await log.logs()).toEqual([])
    await client.close()
    await server.close()
    await start({ log, authorize: byToken })
    const again = await welcomed({ token: 'ann', logs: [{ log: 'shop', epoch, position: 0, chain: '' }] })
    expect(again.epoch).toBe(epoch)
    again.client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    expect(await log.logs()).toEqual([])
    const staff = await welcomed({ token: 'staff', logs: ['shop'] })
    const a = author('a')
    staff.client.send(a.push([a.commit()], staff.epoch))
    // Who was there before the first entry is sent it, and was never told of a fork.
    expect(await again.client.next('entries', 'refuse')).toMatchObject({ type: 'entries', epoch, head: 1 })
  })

  it('W6 W7 what one pushes the other is sent, while it has credit', async () => {
    await start()
    const [one, two] = [await welcomed(), await welcomed()]
    two.client.send({ type: 'pull', log: 'shop', after: 0, credit: 3 })
    const a = author('a')
    const commits = [a.commit(), a.commit(), a.commit(), a.commit()]
    one.client.send(a.push(commits.slice(0, 2), one.epoch))
    const receipt = await one.client.next('receipt')
    expect(receipt.placed).toEqual(
      commits.slice(0, 2).map((c, n) => ({ dot: c.dot, position: n + 1, outcome: outcomeOf(c) })),
    )
    const first = await two.client.next('entries')
    expect(first).toMatchObject({ log: 'shop', epoch: one.epoch, head: 2 })
    expect(first.entries.map(({ commit }) => commit)).toEqual(commits.slice(0, 2))
    one.client.send(a.push(commits.slice(2), one.epoch))
    await one.client.next('receipt')
    expect((await two.client.next('entries')).entries.map(({ position }) => position)).toEqual([3])
    // Credit is used up: the fourth waits for the next pull.
    two.client.send({ type: 'ping', id: 1 })
    expect((await two.client.next('pong')).heads).toEqual([{ log: 'shop', head: 4 }])
    expect(two.client.received.filter(({ type }) => type === 'entries')).toHaveLength(2)
    two.client.send({ type: 'pull', log: 'shop', after: 3, credit: 10 })
    expect((await two.client.next('entries')).entries.map(({ position }) => position)).toEqual([4])
  })

  it('W6 pages are bounded, consecutive, and never more than the credit', async () => {
    await start({ limits: { pageEntriesMax: 4 } })
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(
      a.push(
        Array.from({ length: 20 }, () => a.commit()),
        epoch,
      ),
    )
    await client.next('receipt')
    client.send({ type: 'pull', log: 'shop', after: 1, credit: 13 })
    const positions: number[] = []
    while (positions.length < 13)
      positions.push(...(await client.next('entries')).entries.map(({ position }) => position))
    expect(positions).toEqual(Array.from({ length: 13 }, (_, n) => n + 2))
    const frames = client.received.filter((message) => message.type === 'entries')
    expect(frames.map((message) => (message.type === 'entries' ? message.entries.length : 0))).toEqual([
      4, 4, 4, 1,
    ])
  })

  it('W7 W8 refusals: gap, conflict, stale, collision, fork; the connection goes on', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const [a, b] = [author('a'), author('b')]
    const [a1, a2] = [a.commit(), a.commit()]
    client.send(a.push([a2], epoch))
    expect(await client.next('refuse')).toMatchObject({
      code: 'gap',
      log: 'shop',
      dot: a2.dot,
      expected: a1.dot,
    })
    client.send(a.push([a1], epoch))
    await client.next('receipt')
    client.send(b.push([b.commit()], epoch))
    expect(await client.next('refuse')).toMatchObject({
      code: 'conflict',
      head: 1,
      dot: { replica: 'b', counter: 1 },
    })
    client.send({ ...a.push([a2], epoch), prev: '' })
    expect(await client.next('refuse')).toMatchObject({ code: 'stale', dot: a2.dot })
    client.send(author('a').push([author('a').commit({ seed: 'else' })], epoch))
    expect(await client.next('refuse')).toMatchObject({ code: 'collision' })
    client.send(a.push([a2], 'other'))
    expect(await client.next('refuse')).toMatchObject({ code: 'fork' })
    client.send(a.push([a1, a2], epoch))
    expect((await client.next('receipt')).placed.map(({ position }) => position)).toEqual([1, 2])
  })

  it('W7 a frame may hold placed ones and a refused one: first the receipt, then the refusal', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const [a, b] = [author('a'), author('b')]
    client.send(a.push([a.commit({ writes: ['x/1'] })], epoch))
    await client.next('receipt')
    client.send(b.push([b.commit({ writes: ['y/1'] }), b.commit({ writes: ['x/1'] })], epoch))
    await client.next('refuse')
    expect(client.received.slice(-2).map(({ type }) => type)).toEqual(['receipt', 'refuse'])
  })

  it('W10 a cursor that is not of this log is told so, after the welcome', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    const entry = (await server.log.entries('shop', 0, 1))[0]!
    const right = await welcomed({ logs: [{ log: 'shop', epoch, position: 1, chain: entry.chain }] })
    right.client.send({ type: 'ping', id: 1 })
    await right.client.next('pong')
    expect(right.client.received.some(({ type }) => type === 'refuse')).toBe(false)
    for (const cursor of [
      { log: 'shop', epoch, position: 2, chain: entry.chain },
      { log: 'shop', epoch, position: 1, chain: a.commit().content },
      { log: 'shop', epoch: 'other', position: 1, chain: entry.chain },
      // Without an epoch nothing can be known of it yet.
      { log: 'shop', epoch: null, position: 1, chain: entry.chain },
      { log: 'shop', epoch: null, position: 0, chain: entry.chain },
    ]) {
      const { client: wrong } = await welcomed({ logs: [cursor] })
      expect(await wrong.next('refuse')).toMatchObject({ code: 'fork', log: 'shop', head: 1 })
    }
    client.send({ type: 'pull', log: 'shop', after: 2, credit: 1 })
    expect(await client.next('refuse')).toMatchObject({ code: 'fork', head: 1 })
  })
})

describe('where a copy parts', () => {
  it('W13 the last position that both have is told, with the epoch; 0 if there is none', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(a.push([a.commit(), a.commit(), a.commit()], epoch))
    await client.next('receipt')
    const [one, two, three] = await server.log.entries('shop', 0, 3)
    if (one === undefined || two === undefined || three === undefined) throw new Error('three were placed')
    const ask = async (...chains: string[]) => {
      const points = chains.map((chain, index) => ({ position: index + 1, chain }))
      client.send({ type: 'locate', log: 'shop', points })
      return client.next('located')
    }
    const other = one.commit.content
    expect(await ask(one.chain, two.chain, three.chain)).toEqual({
      type: 'located',
      log: 'shop',
      epoch,
      position: 3,
    })
    expect(await ask(one.chain, two.chain, other, other)).toMatchObject({ position: 2 })
    expect(await ask(other, other)).toMatchObject({ position: 0 })
  })

  it('W13 it is told of logs only that hello named and the token may read', async () => {
    await start({ authorize: byToken })
    const { client } = await welcomed({ token: 'ann', logs: ['shop', 'customer/ann'] })
    const points = [{ position: 1, chain: 'A'.repeat(43) }]
    client.send({ type: 'locate', log: 'customer/bob', points })
    expect(await client.next('refuse')).toMatchObject({ code: 'unknown_log', log: 'customer/bob' })
    client.send({ type: 'locate', log: 'customer/ann', points: [] })
    expect(await client.next('refuse')).toMatchObject({ code: 'malformed' })
  })
})

describe('who is let in', () => {
  it('V13 a token that is not accepted ends the connection', async () => {
    await start({ authorize: byToken })
    const client = await connect({ token: '', logs: ['shop'] })
    expect(await client.next('refuse')).toMatchObject({ code: 'unauthorized' })
    expect(await client.closed).toBe(1008)
  })

  it('V13 another’s log is refused by name, and the rest is served', async () => {
    await start({ authorize: byToken })
    const { client, welcome } = await welcomed({
      token: 'ann',
      logs: ['shop', 'customer/ann', 'customer/bob'],
    })
    expect(welcome.logs.map(({ log }) => log)).toEqual(['shop', 'customer/ann'])
    expect(await client.next('refuse')).toMatchObject({ code: 'forbidden_log', log: 'customer/bob' })
    client.send({ type: 'pull', log: 'customer/bob', after: 0, credit: 9 })
    expect(await client.next('refuse')).toMatchObject({ code: 'unknown_log', log: 'customer/bob' })
    const bob = testAuthor({ log: 'customer/bob', replica: 'a' })
    client.send(bob.push([bob.commit()], 'e'))
    expect(await client.next('refuse')).toMatchObject({ code: 'unknown_log' })
    const a = author('a')
    client.send(a.push([a.commit()], welcome.logs[0]!.epoch))
    expect(await client.next('refuse')).toMatchObject({ code: 'forbidden_log', log: 'shop' })
    // Not even whether the other log exists is told, or changed.
    expect(await server.log.head('customer/bob')).toBe(null)
  })

  it('V13 the principal comes from the token, and stands in the entry', async () => {
    await start({ authorize: byToken })
    const { client, epoch } = await welcomed({ token: 'ann', logs: ['customer/ann'] })
    const a = testAuthor({ log: 'customer/ann', replica: 'a' })
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    expect((await server.log.entries('customer/ann', 0, 1))[0]?.principal).toBe('ann')
  })

  it('W5 V14 an expired token: refused, a fresh one of the same principal goes on, another does not', async () => {
    let now = 0
    await start({ authorize: byToken, now: () => now, limits: { tickMs: 5 } })
    const { client, epoch } = await welcomed({ token: 'ann/until/1000', logs: ['customer/ann'] })
    const a = testAuthor({ log: 'customer/ann', replica: 'a' })
    const push = a.push([a.commit()], epoch)
    now = 1_000
    client.send(push)
    expect(await client.next('refuse')).toMatchObject({ code: 'token_expired' })
    expect(await server.log.entries('customer/ann', 0, 1)).toEqual([])
    client.send({ type: 'auth', token: 'ann/until/2000' })
    client.send(push)
    await client.next('receipt')
    client.send({ type: 'auth', token: 'bob' })
    expect(await client.closed).toBe(1008)
  })

  it('W5 V14 an expired token is noticed without a message, and the connection is closed after the grace', async () => {
    let now = 0
    await start({ authorize: byToken, now: () => now, limits: { tickMs: 5, authGraceMs: 20 } })
    const { client } = await welcomed({ token: 'ann/until/1000', logs: ['customer/ann'] })
    now = 1_000
    expect(await client.next('refuse')).toMatchObject({ code: 'token_expired' })
    expect(await client.closed).toBe(1008)
  })

  it('W5 V14 a log that a fresh token may not read is not sent any more', async () => {
    await start({
      authorize: ({ token }) => ({
        principal: 'ann',
        logs: () => ({ read: token === 'full', append: true }),
      }),
    })
    const { client, epoch } = await welcomed({ token: 'full', logs: ['shop'] })
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    client.send({ type: 'auth', token: 'less' })
    expect(await client.next('refuse')).toMatchObject({ code: 'forbidden_log', log: 'shop' })
    const a = author('a')
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    client.send({ type: 'ping', id: 1 })
    await client.next('pong')
    expect(client.received.some(({ type }) => type === 'entries')).toBe(false)
  })

  it('V13 W5 of a log that a fresh token may not use nothing is told any more, followed or not', async () => {
    await start({
      authorize: ({ token }) => ({
        principal: 'ann',
        logs: (log) => ({ read: token !== 'less' || log === 'ann', append: token !== 'less' }),
      }),
    })
    const { client } = await welcomed({ token: 'full', logs: ['ann', 'shop'] })
    const { client: other, epoch } = await welcomed({ token: 'full', logs: ['shop'] })
    client.send({ type: 'auth', token: 'less' })
    expect(await client.next('refuse')).toMatchObject({ code: 'forbidden_log', log: 'shop' })
    const a = author('a')
    other.send(a.push([a.commit()], epoch))
    await other.next('receipt')
    client.send({ type: 'ping', id: 1 })
    expect((await client.next('pong')).heads).toEqual([{ log: 'ann', head: 0 }])
    client.send({ type: 'auth', token: 'full' })
    client.send({ type: 'ping', id: 2 })
    expect((await client.next('pong')).heads).toEqual([
      { log: 'ann', head: 0 },
      { log: 'shop', head: 1 },
    ])
    expect(client.received.filter(({ type }) => type === 'refuse')).toHaveLength(1)
  })

  it('V15 a foreign or missing origin is refused before the upgrade', async () => {
    await start({ allowMissingOrigin: false })
    const { host, port, url } = server
    await expect(connectTestClient(url, {})).rejects.toThrow('403')
    for (const origin of ['https://evil.example', 'null', `http://${host}:1`]) {
      await expect(connectTestClient(url, { origin })).rejects.toThrow('403')
    }
    await connect({ origin: `http://${host}:${port}` })
    await server.close()
    await start({ allowedOrigins: ['https://shop.example'] })
    await connect({ origin: 'https://shop.example' })
    await expect(
      connectTestClient(server.url, { origin: `http://${server.host}:${server.port}` }),
    ).rejects.toThrow('403')
  })

  it('V16 without authorize a server starts only as insecure, and then on this machine only', async () => {
    await start({ host: '0.0.0.0' })
    expect(server.host).toBe('127.0.0.1')
    const { createSyncServer } = await import('./server.ts')
    expect(() => createSyncServer({ log: server.log })).toThrow(
      expect.objectContaining({ code: 'bad_options' }),
    )
    expect(() => createSyncServer({ log: server.log, insecure: true, authorize: byToken })).toThrow(
      expect.objectContaining({ code: 'bad_options' }),
    )
  })

  it('V17 a limit that does not exist, or is no number, is refused at the start', async () => {
    const { createSyncServer } = await import('./server.ts')
    for (const limits of [
      { pushCommitsMax: 5 },
      { tickMs: Number.NaN },
      { tickMs: '5' },
      { holdMs: -1 },
      { admissionsPerSecond: 0 },
      { toString: 5 },
    ]) {
      expect(() => createSyncServer({ log: server.log, insecure: true, limits: limits as never })).toThrow(
        expect.objectContaining({ code: 'bad_options', message: expect.stringContaining('The limit') }),
      )
    }
  })

  it('V17 a principal has so many connections and no more', async () => {
    await start({ limits: { connectionsPerPrincipalMax: 2 } })
    const { client } = await welcomed()
    await welcomed()
    const third = await connect()
    expect(await third.next('refuse')).toMatchObject({ code: 'overloaded' })
    await third.closed
    await client.close()
    await welcomed()
  })

  it('V17 a server has so many connections and no more', async () => {
    await start({ limits: { connectionsMax: 1 } })
    await connect()
    await expect(connectTestClient(server.url)).rejects.toThrow('503')
  })
})

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
    await start({ limits: { helloMs: 20, tickMs: 5 } })
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
    const closing = server.server.close()
    expect(await client.next('goaway')).toEqual({ type: 'goaway', reason: 'shutting_down', spreadMs: 1_234 })
    expect(await client.closed).toBe(1001)
    await closing
    expect(await server.server.health()).toMatchObject({ status: 'closing' })
  })

  it('V35 who comes too soon is told its turn, costs no question to authorize, and is let in when it comes', async () => {
    let asked = 0
    await start({
      limits: { admissionsPerSecond: 2, spreadMs: 1_000 },
      authorize(asking) {
        asked += 1
        return allowAll(asking)
      },
    })
    await welcomed()
    await welcomed()
    const early = await connect()
    const { code, retryAfterMs = 0 } = await early.next('refuse')
    expect([code, retryAfterMs > 0 && retryAfterMs < 2_000, asked]).toEqual(['overloaded', true, 2])
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
    const { client } = await welcomed()
    expect(asked).toBe(3)
    const closing = server.server.close()
    // Three clients, whose turns are 625 ms apart.
    expect(await client.next('goaway')).toMatchObject({ spreadMs: 1_875 })
    await closing
  })

  it('V35 strangers whose token is not accepted take nobody their place', async () => {
    await start({ authorize: byToken, limits: { admissionsPerSecond: 0.01 } })
    for (let n = 0; n < 3; n++) {
      const stranger = await connect({ token: '/', logs: ['shop'] })
      expect(await stranger.next('refuse')).toMatchObject({ code: 'unauthorized' })
    }
    await welcomed({ token: 'ann', logs: ['shop'] })
    const late = await connect({ token: 'ann', logs: ['shop'] })
    expect(await late.next('refuse')).toMatchObject({ code: 'overloaded' })
  })

  it('V19 health is told over HTTP, in numbers', async () => {
    await start()
    await welcomed()
    const response = await fetch(`http://${server.host}:${server.port}/health`)
    expect(await response.json()).toEqual({ status: 'ok', logs: 0, connections: 1, policies: [] })
    expect((await fetch(`http://${server.host}:${server.port}/`)).status).toBe(404)
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
    await server.server.settled()
    await log.write(async (tx) => {
      for (let n = 1; n <= 1_001; n++) {
        const trigger = { log: 'customer/ann', dot: { replica: 'a', counter: n } }
        await tx.saveFailure({ policy: 'watched', trigger, position: n, reason: 'r', message: '', time: n })
      }
    })
    const before = { ...whole }
    const response = await fetch(`http://${server.host}:${server.port}/health`)
    expect(await response.json()).toMatchObject({ logs: 0, policies: [{ name: 'watched', failures: 1_000 }] })
    expect(whole).toEqual(before)
    const { failures, failureCount } = (await server.server.health()).policies[0]!
    expect([failureCount, failures.length, failures[0]?.position]).toEqual([1_000, 100, 1])
  })

  it('V20 a failing log is the server’s trouble, told as such; the connection and the others live', async () => {
    const errors: unknown[] = []
    await start({ onError: (error) => errors.push(error) })
    const { client, epoch } = await welcomed()
    const a = author('a')
    const a1 = a.commit()
    await server.log.close()
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

  it('A8 a slow writer among twenty fast ones gets its commit placed when each of them had one turn', async () => {
    const fastWriters = 20
    await start()
    const come = async (replica: string) => {
      const { client, epoch } = await welcomed()
      const own = author(replica)
      let commit = own.commit({ writes: ['x/1'] })
      return async (base: number) => {
        commit = withOutcome(commit, commit, base)
        own.replace(commit)
        client.send(own.push([commit], epoch))
        const answer = await client.next('receipt', 'refuse')
        if (answer.type === 'receipt') commit = own.commit({ writes: ['x/1'] })
        return answer.type === 'receipt' ? 'placed' : answer.code
      }
    }
    const slow = await come('slow')
    const fast = await Promise.all(Array.from({ length: fastWriters }, (_, n) => come(`fast ${n}`)))
    let head = 0
    let claimedAt = 0
    const told: string[] = []
    while (told.at(-1) !== 'placed' && told.length < 2 * fastWriters) {
      // All of them are there before the slow one, each time, and each time another is the first of them.
      for (let n = 0; n < fastWriters; n++) await fast[(told.length + n) % fastWriters]?.(head)
      told.push(await slow(head))
      head = (await server.log.head('shop'))?.position ?? 0
      if (told.length === 3) claimedAt = head
    }
    expect(told.slice(0, 3)).toEqual(['conflict', 'conflict', 'conflict'])
    expect(told.at(-1)).toBe('placed')
    expect(head - 1 - claimedAt).toBeLessThanOrEqual(fastWriters)
    expect((await server.log.entries('shop', 0, 99)).at(-1)?.commit.dot.replica).toBe('slow')
  })
})
