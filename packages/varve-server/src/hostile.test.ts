import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import fc from 'fast-check'
import { encode, wireLimits } from 'varve/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serverLimits } from './limits.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { type TestAuthor, testAuthor } from './testing/test-author.ts'
import { connectTestClient, type TestClient } from './testing/test-client.ts'

let server: TestServer
let honest: TestClient
let a: TestAuthor
let epoch: string

beforeEach(async () => {
  server = await startTestServer({ limits: { bufferedBytesMax: 64 * 1024, pageCharsMax: 16 * 1024 } })
  await greetHonest()
  a = testAuthor({ log: 'shop', replica: 'a' })
})
afterEach(async () => {
  // Whatever happened: the honest client's commit is placed, and nothing else was.
  const before = (await server.log.entries('shop', 0, 99)).filter(({ commit }) => commit.dot.replica !== 'a')
  expect(before).toEqual([])
  honest.send(a.push([a.commit()], epoch))
  await honest.next('receipt')
  await honest.close()
  await server.close()
})

async function greetHonest(): Promise<void> {
  honest = await connectTestClient(server.url, { logs: ['shop'] })
  epoch = (await honest.next('welcome')).logs[0]!.epoch
}

async function hostile(): Promise<TestClient> {
  const client = await connectTestClient(server.url, { logs: ['shop'] })
  await client.next('welcome')
  return client
}

/** A socket that speaks no frames by itself. */
async function upgraded() {
  const socket = connectTcp(server.port, server.host)
  socket.write(
    'GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await once(socket, 'data')
  return socket
}

const push = (): string => {
  const b = testAuthor({ log: 'shop', replica: 'b' })
  return encode(b.push([b.commit()], epoch))
}

const malformed: Record<string, () => string> = {
  'no JSON': () => '<!doctype html><title>Sign in to Wi-Fi</title>',
  'a number': () => '1',
  null: () => 'null',
  'an unknown type': () => '{"type":"drop"}',
  'a type that is on Object.prototype': () => '{"type":"constructor"}',
  'a key that stands twice': () => push().replace('"type":"push"', '"type":"push","log":"customer/bob"'),
  'a key that stands twice, escaped': () =>
    push().replace('"type":"push"', '"type":"push","l\\u006fg":"customer/bob"'),
  'a counter 0': () => push().replace('"counter":1', '"counter":0'),
  'a negative counter': () => push().replace('"counter":1', '"counter":-1'),
  'a counter of 2^53': () => push().replace('"counter":1', '"counter":9007199254740992'),
  'a counter as text': () => push().replace('"counter":1', '"counter":"1"'),
  'a fractional counter': () => push().replace('"counter":1', '"counter":1.5'),
  'an infinite number': () => push().replace('"data":{}', '"data":{"n":1e400}'),
  'a key __proto__': () => push().replace('"data":{}', '"data":{"__proto__":{"admin":true}}'),
  'a key constructor': () => push().replace('"data":{}', '"data":{"constructor":1}'),
  'a NUL': () => push().replace('"data":{}', '"data":"\\u0000"'),
  'a lone surrogate': () => push().replace('"data":{}', '"data":"\\ud800"'),
  'an unknown field in a commit': () => push().replace('"format":1', '"format":1,"extra":1'),
  'an unknown field in an event': () => push().replace('"version":1', '"version":1,"extra":1'),
  'another format': () => push().replace('"format":1', '"format":2'),
  'a name one too long': () => push().replaceAll('note/1', `n/${'x'.repeat(wireLimits.nameLengthMax - 1)}`),
  'too many commits': () =>
    push().replace(
      /"commits":\[(.*)\]\}$/,
      (_all, commit: string) =>
        `"commits":[${Array(wireLimits.pushCommitsMax + 1)
          .fill(commit)
          .join(',')}]}`,
    ),
  'deep nesting': () => push().replace('"data":{}', `"data":${'['.repeat(40)}${']'.repeat(40)}`),
  'nesting a thousand times too deep': () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  'a second hello': () => '{"type":"hello","protocol":1,"token":"t","store":"s","cursors":[]}',
  'credit beyond the limit': () =>
    `{"type":"pull","log":"shop","after":0,"credit":${wireLimits.creditMax + 1}}`,
}

describe('bad input', () => {
  it('W2 W3 what is malformed is refused and closes its own connection only', async () => {
    for (const [what, frame] of Object.entries(malformed)) {
      const client = await hostile()
      client.sendRaw(frame())
      expect(await client.next('refuse'), what).toMatchObject({ code: 'malformed' })
      expect(await client.closed, what).toBe(1008)
    }
  }, 20_000)

  it('W3 a binary frame is malformed', async () => {
    const client = await hostile()
    client.sendRaw(Buffer.from(push()))
    expect(await client.next('refuse')).toMatchObject({ code: 'malformed' })
  })

  it('W3 a frame that is too large is refused, one far too large cuts the socket', async () => {
    const one = await hostile()
    one.sendRaw('x'.repeat(wireLimits.frameBytesMax + 1))
    expect(await one.next('refuse')).toMatchObject({ code: 'frame_too_large' })
    await one.closed
    const two = await hostile()
    two.sendRaw('x'.repeat(wireLimits.frameBytesMax * 3))
    expect([1006, 1009]).toContain(await two.closed)
  })

  it('W3 a commit whose hashes are not its own is refused by its dot', async () => {
    const client = await hostile()
    client.sendRaw(push().replace('"data":{}', '"data":{"price":1}'))
    expect(await client.next('refuse')).toMatchObject({
      code: 'invalid_commit',
      dot: { replica: 'b', counter: 1 },
    })
    await client.close()
  })

  it('W3 text of other languages is text', async () => {
    const log = 'shop'
    const b = testAuthor({ log, replica: `'); DROP TABLE logs; --` })
    const data = {
      sql: `'; DELETE FROM entries; --`,
      html: '<img onerror=alert(1)>',
      csv: '=cmd|A0',
      regex: '(a+)+$',
      emoji: '🧪',
    }
    const client = await connectTestClient(server.url, { logs: [`x'; --`] })
    const { logs } = await client.next('welcome')
    expect(logs[0]?.log).toBe(`x'; --`)
    const other = testAuthor({ log: `x'; --`, replica: b.commit().dot.replica })
    client.send(other.push([other.commit({ data })], logs[0]!.epoch))
    await client.next('receipt')
    expect((await server.log.entries(`x'; --`, 0, 1))[0]?.commit.events[0]?.data).toEqual(data)
    await client.close()
  })

  it('V17 a flood is refused and ends', async () => {
    const client = await hostile()
    for (let n = 0; n < 1_000; n++) client.send({ type: 'ping', id: n })
    expect(await client.next('refuse')).toMatchObject({ code: 'rate_limited' })
    await client.closed
  })

  it('V17 a hundred thousand fragments end their socket', async () => {
    const client = await hostile()
    client.socket.send('[', { fin: false })
    for (let n = 0; n < 100_000 && client.socket.readyState === 1; n++)
      client.socket.send(' ', { fin: false }, () => {})
    expect([1006, 1008, 1009]).toContain(await client.closed)
  })

  it('V17 before it is admitted a connection may send a hello’s worth of bytes, in whatever frames', async () => {
    const { helloBytesMax } = serverLimits
    for (const options of [{ fin: true }, { fin: false }]) {
      const client = await connectTestClient(server.url)
      client.socket.send('x'.repeat(helloBytesMax + 1), options)
      expect(await client.next('refuse')).toMatchObject({ code: 'frame_too_large' })
      client.socket.terminate()
    }
    // The longest hello is let in.
    const client = await connectTestClient(server.url, {
      token: '字'.repeat(16_384),
      logs: Array.from({ length: wireLimits.logsMax }, (_, n) =>
        `${n}`.padEnd(wireLimits.nameLengthMax, '字'),
      ),
    })
    const welcome = await client.next('welcome')
    expect(welcome.logs).toHaveLength(wireLimits.logsMax)
    // And is a connection like any other then.
    const { log, epoch: itsEpoch } = welcome.logs[0]!
    const b = testAuthor({ log, replica: 'b' })
    client.send(b.push([b.commit({ data: 'x'.repeat(helloBytesMax / 2) })], itsEpoch))
    await client.next('receipt')
    await client.close()
  })

  it('V17 a frame that comes byte by byte ends its socket', async () => {
    const socket = await upgraded()
    let bytes = 0
    const isOpen = () => !socket.destroyed && !socket.readableEnded
    socket.setNoDelay(true)
    socket.resume()
    // The header of a text frame of 64 kB.
    socket.write(Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]))
    let refused = ''
    socket.on('data', (data) => {
      refused += data.toString()
    })
    while (isOpen() && refused === '' && bytes < 0xffff) {
      bytes += 1
      socket.write('x')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(refused).toContain('rate_limited')
    socket.destroy()
  })

  it('V17 a socket that asks for nothing is cut off as well', async () => {
    await server.close()
    server = await startTestServer({ limits: { helloMs: 1_000, tickMs: 5 } })
    const socket = connectTcp(server.port, server.host)
    socket.resume()
    await once(socket, 'close')
    await greetHonest()
  }, 20_000)

  it('V17 sockets that ask for nothing are counted', async () => {
    await server.close()
    server = await startTestServer({ limits: { connectionsMax: 1 } })
    const sockets = Array.from({ length: 300 }, () => connectTcp(server.port, server.host))
    for (const socket of sockets) socket.on('error', () => {}).resume()
    await Promise.race(sockets.map((socket) => once(socket, 'close')))
    for (const socket of sockets) socket.destroy()
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')))
    await greetHonest()
  }, 20_000)

  it('V17 raw garbage instead of frames ends its socket', async () => {
    const socket = await upgraded()
    socket.write(Buffer.alloc(1_000, 0xff))
    await new Promise((resolve) => socket.once('close', resolve))
  })

  it('W2 W3 random damage to a valid frame never harms anybody else', async () => {
    const valid = [push(), '{"type":"pull","log":"shop","after":0,"credit":1}', '{"type":"ping","id":1}']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...valid),
        fc.nat(),
        fc.nat(20),
        fc.string(),
        async (frame, at, length, junk) => {
          const start = at % frame.length
          const damaged = frame.slice(0, start) + junk + frame.slice(start + length)
          // What still says the same is honest, and is placed.
          fc.pre(meaningOf(damaged) !== meaningOf(push()))
          const client = await hostile()
          client.sendRaw(damaged)
          client.send({ type: 'ping', id: 7 })
          await Promise.race([client.next('pong').catch(() => null), client.closed])
          await client.close()
        },
      ),
      { numRuns: 60 },
    )
  }, 30_000)
})

describe('V21 a slow subscriber', () => {
  it('V21 costs a bounded buffer, and catches up when it reads again', async () => {
    const slow = await hostile()
    const commits = Array.from({ length: 200 }, () => a.commit({ data: 'x'.repeat(10_000) }))
    for (let n = 0; n < commits.length; n += 50) {
      honest.send(a.push(commits.slice(n, n + 50), epoch))
      await honest.next('receipt')
    }
    slow.socket.pause()
    slow.send({ type: 'pull', log: 'shop', after: 0, credit: 5_000 })
    // The honest one is served meanwhile, also to the end of the log.
    honest.send({ type: 'pull', log: 'shop', after: 0, credit: 5_000 })
    const positions: number[] = []
    while (positions.length < 200)
      positions.push(...(await honest.next('entries')).entries.map(({ position }) => position))
    expect(positions).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
    slow.socket.resume()
    const late: number[] = []
    while (late.length < 200)
      late.push(...(await slow.next('entries')).entries.map(({ position }) => position))
    expect(late).toEqual(positions)
    await slow.close()
  })
})

/** The same for texts that differ in white space only; the text itself if it is none of JSON. */
function meaningOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}
