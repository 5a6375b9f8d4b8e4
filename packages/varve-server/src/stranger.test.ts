/** What a client is answered that was written from SPEC.md alone: over real sockets, by hand. */
import { sealCommit, withdraw } from 'varve/core'
import { encode } from 'varve/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { SyncServerOptions } from './server.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { type TestAuthor, testAuthor } from './testing/test-author.ts'
import { connectTestClient, type TestClient } from './testing/test-client.ts'

let server: TestServer
const clients: TestClient[] = []

async function started(options: Partial<SyncServerOptions> = {}, token = 'ann') {
  server = await startTestServer(options)
  return welcomed(token)
}

async function welcomed(token = 'ann') {
  const client = await connectTestClient(server.url, { token, logs: ['shop'] })
  clients.push(client)
  return { client, epoch: (await client.next('welcome')).logs[0]?.epoch ?? '' }
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await server.close()
})

const author = (replica: string): TestAuthor => testAuthor({ log: 'shop', replica })
const tampered = (from: TestAuthor) => ({ ...from.commit(), actor: 'changed' })

describe('a push', () => {
  it('W7 of a dot twice is named twice, and what follows is stale', async () => {
    const { client, epoch } = await started()
    const a = author('a')
    const [a1, a2] = [a.commit(), a.commit()]
    client.send({ ...a.push([a1, a2], epoch), commits: [a1, a1, a2] })
    const { placed } = await client.next('receipt')
    expect(placed.map(({ dot, position }) => [dot.counter, position])).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(await client.next('refuse')).toMatchObject({ code: 'stale', log: 'shop', dot: a2.dot, head: 1 })
  })

  it('W7 may hold the end of a parent and the beginning of the replica that continues it', async () => {
    const { client, epoch } = await started()
    const a = author('a')
    const a1 = a.commit()
    const child = testAuthor({ log: 'shop', replica: 'b', parent: a1.dot })
    client.send(a.push([a1, child.commit()], epoch))
    expect((await client.next('receipt')).placed.map(({ position }) => position)).toEqual([1, 2])
  })

  it('V12 is believed in what nobody can check', async () => {
    const { client, epoch } = await started()
    const [a, b] = [author('a'), author('b')]
    client.send(a.push([a.commit({ writes: ['x/1'] })], epoch))
    await client.next('receipt')
    const plain = b.commit({ writes: ['x/1'], kind: 'commute' })
    const claims = sealCommit({
      ...plain,
      guards: plain.guards.map((guard) => ({ ...guard, revision: 99 })),
      events: plain.events.map((event) => ({ ...event, type: 'of no model', version: 7 })),
      commands: [],
      root: plain.content,
      actor: 'somebody else',
      causation: { log: 'nowhere', dot: { replica: 'nobody', counter: 1 } },
      now: -1,
    })
    client.send(b.push([claims], epoch))
    expect((await client.next('receipt')).placed).toMatchObject([{ dot: claims.dot, position: 2 }])
  })

  it('V31 is asked about its log, its content, its owner, the log’s rules and its right, in this order', async () => {
    const { client, epoch } = await started({
      authorize: ({ token }) => ({
        principal: token,
        logs: () => ({ read: true, append: token === 'guest' ? false : () => 'not this' }),
      }),
    })
    const [a, s] = [author('a'), author('s')]
    const refusalOf = async (push: Parameters<TestClient['send']>[0], to = client) => {
      to.send(push)
      const { code, dot } = await to.next('refuse')
      return dot === undefined ? code : `${code} ${dot.counter}`
    }
    // The replica s is somebody else's.
    const staff = await welcomed('staff')
    const s1 = s.commit()
    staff.client.send(s.push([withdraw(s1, { reason: 'no', because: [] })], epoch))
    await staff.client.next('receipt')

    const bad = { ...tampered(author('s')), log: 'shop' }
    const elsewhere = testAuthor({ log: 'other', replica: 'a' })
    const guest = await welcomed('guest')
    expect(await refusalOf(elsewhere.push([tampered(elsewhere)], epoch))).toBe('unknown_log')
    expect(await refusalOf(a.push([bad], 'another epoch'), guest.client)).toBe('forbidden_log')
    expect(await refusalOf(a.push([bad], 'another epoch'))).toBe('invalid_commit 1')
    expect(await refusalOf(s.push([s1], 'another epoch'))).toBe('forbidden 1')
    const [a1, a2] = [a.commit(), a.commit()]
    expect(await refusalOf(a.push([a1], 'another epoch'))).toBe('fork 1')
    expect(await refusalOf(a.push([a2], epoch))).toBe('gap 2')
    expect(await refusalOf({ ...a.push([a1], epoch), prev: a1.content })).toBe('stale 1')
    expect(await refusalOf(a.push([a1], epoch))).toBe('forbidden 1')
    // A fault further on is told only when all before it was placed.
    expect(await refusalOf({ ...a.push([a1], epoch), commits: [a1, tampered(a)] })).toBe('forbidden 1')
    expect(await server.log.entries('shop', 1, 9)).toEqual([])
  })
})

describe('a connection', () => {
  it('W8 closes with 1008 and the code after what cannot be answered', async () => {
    await started({
      authorize: ({ token }) => {
        if (token === 'broken') throw new Error('The user table is gone.')
        return { principal: token, logs: () => ({ read: true, append: true }) }
      },
      onError: () => {},
    })
    const closed = (client: TestClient) =>
      new Promise((resolve) =>
        client.socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`)),
      )
    const failing = await connectTestClient(server.url, { token: 'broken', logs: ['shop'] })
    const failed = closed(failing)
    expect(await failing.next('refuse')).toMatchObject({ code: 'internal', retryAfterMs: 1_000 })
    expect(await failed).toBe('1008 internal (retry)')
    const { client } = await welcomed()
    const renewal = closed(client)
    client.send({ type: 'auth', token: 'broken' })
    expect(await client.next('refuse')).toMatchObject({ code: 'internal' })
    expect(await renewal).toBe('1008 internal (retry)')
  })

  it('W6 W8 is told what is wrong with a pull, log first', async () => {
    const { client, epoch } = await started({
      authorize: () => ({ principal: 'ann', logs: () => ({ read: false, append: true }) }),
    })
    client.send({ type: 'pull', log: 'other', after: 9, credit: 1 })
    expect(await client.next('refuse')).toMatchObject({ code: 'unknown_log', log: 'other' })
    client.send({ type: 'pull', log: 'shop', after: 9, credit: 1 })
    expect(await client.next('refuse')).toMatchObject({ code: 'forbidden_log', log: 'shop' })
    const a = author('a')
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
  })

  it('W12 is opened by an upgrade of the path, whatever the query, and refused with a status', async () => {
    await started({ limits: { connectionsMax: 2 } })
    const second = await connectTestClient(`${server.url}?of=somebody`, { logs: ['shop'] })
    clients.push(second)
    await second.next('welcome')
    await expect(connectTestClient(server.url.replace('/sync', '/other'))).rejects.toThrow('404')
    const refused = await new Promise<string>((resolve) => {
      const third = new WebSocket(server.url)
      third.on('error', () => {})
      third.on('unexpected-response', (_request, { statusCode, headers }) => {
        third.terminate()
        resolve(`${statusCode} after ${headers['retry-after']}`)
      })
    })
    expect(refused).toBe('503 after 30')
  })

  it('W12 tells how it is at /health, to whoever asks', async () => {
    await started({ onError: () => {} })
    const url = server.url.replace('ws:', 'http:').replace('/sync', '')
    const response = await fetch(`${url}/health?now`)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'ok', logs: 0, connections: 1, policies: [] })
    expect((await fetch(`${url}/health`, { method: 'POST' })).status).toBe(404)
    await server.log.close()
    const failing = await fetch(`${url}/health`)
    expect([failing.status, await failing.json()]).toMatchObject([503, { status: 'failing' }])
  })

  it('W4 says hello once', async () => {
    const { client } = await started()
    client.sendRaw(encode({ type: 'hello', protocol: 1, token: 't', store: 's', cursors: [] }))
    expect(await client.next('refuse')).toMatchObject({ code: 'malformed' })
    expect(await client.closed).toBe(1008)
  })
})
