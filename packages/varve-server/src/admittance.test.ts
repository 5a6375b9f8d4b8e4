/** Who is let in, to which logs, for how long, and when. */
import { describe, expect, it } from 'vitest'
import { allowAll } from './access.ts'
import { createSyncServer } from './server.ts'
import { memoryLog } from './testing/memory-log.ts'
import { author, byToken, serveEachTest } from './testing/served.fixture.ts'
import { testAuthor } from './testing/test-author.ts'
import { connectTestClient } from './testing/test-client.ts'

const served = serveEachTest()
const { start, connect, welcomed } = served

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
    expect(await served.server.log.head('customer/bob')).toBe(null)
  })

  it('V13 the principal comes from the token, and stands in the entry', async () => {
    await start({ authorize: byToken })
    const { client, epoch } = await welcomed({ token: 'ann', logs: ['customer/ann'] })
    const a = testAuthor({ log: 'customer/ann', replica: 'a' })
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    expect((await served.server.log.entries('customer/ann', 0, 1))[0]?.principal).toBe('ann')
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
    expect(await served.server.log.entries('customer/ann', 0, 1)).toEqual([])
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
    const { host, port, url } = served.server
    await expect(connectTestClient(url, {})).rejects.toThrow('403')
    for (const origin of ['https://evil.example', 'null', `http://${host}:1`]) {
      await expect(connectTestClient(url, { origin })).rejects.toThrow('403')
    }
    await connect({ origin: `http://${host}:${port}` })
    await served.server.close()
    await start({ allowedOrigins: ['https://shop.example'] })
    await connect({ origin: 'https://shop.example' })
    await expect(
      connectTestClient(served.server.url, { origin: `http://${served.server.host}:${served.server.port}` }),
    ).rejects.toThrow('403')
  })

  it('V16 without authorize a server starts only as insecure, and then on this machine only', async () => {
    await start({ host: '0.0.0.0' })
    expect(served.server.host).toBe('127.0.0.1')
    expect(() => createSyncServer({ log: served.server.log })).toThrow(
      expect.objectContaining({ code: 'bad_options' }),
    )
    expect(() => createSyncServer({ log: served.server.log, insecure: true, authorize: byToken })).toThrow(
      expect.objectContaining({ code: 'bad_options' }),
    )
  })

  it('V17 a limit that does not exist, or is no number, is refused at the start', async () => {
    for (const limits of [
      { pushCommitsMax: 5 },
      { tickMs: Number.NaN },
      { tickMs: '5' },
      { holdMs: -1 },
      { admissionsPerSecond: 0 },
      { toString: 5 },
    ]) {
      expect(() => createSyncServer({ log: memoryLog(), insecure: true, limits: limits as never })).toThrow(
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
    await expect(connectTestClient(served.server.url)).rejects.toThrow('503')
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
    const closing = served.server.server.close()
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
})
