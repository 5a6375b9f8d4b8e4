/** Each fault, seen through the proxy by a client and a server that keep a record; without faults it is not noticed. */
import { createServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createByteStage } from './byte-stage.ts'
import {
  captivePortal,
  type FalseAnswer,
  type Faults,
  startFaultProxy,
  tooManyRequests,
  unavailable,
} from './fault-proxy.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Says back what it hears, greets whoever asks over HTTP, and knows what it was told. */
async function startEcho() {
  const heard: string[] = []
  const closes: number[] = []
  const origins: (string | undefined)[] = []
  const http = createServer((request, response) =>
    response.end(`hello ${request.headers.host} ${request.url}`),
  )
  const sockets = new WebSocketServer({ server: http, path: '/sync' })
  sockets.on('connection', (socket, request) => {
    origins.push(request.headers.origin, request.headers.host)
    socket.on('error', () => {})
    socket.on('close', (code) => closes.push(code))
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString())
      if (data.toString() === 'bye') socket.close(1001, 'going away')
      else socket.send(`echo ${data}`)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    return new Promise((resolve) => http.close(resolve))
  })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, heard, closes, origins }
}

async function startBoth(random: () => number = () => 0) {
  const echo = await startEcho()
  const proxy = await startFaultProxy({ target: echo.url, random })
  cleanups.push(() => proxy.close())
  return { echo, proxy }
}

/** The port that it listens on. */
async function startTcp(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** A client that keeps what it hears, with how the socket ended. */
async function open(url: string, options = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, options)
  const heard: string[] = []
  let tell: () => void = () => {}
  socket.on('message', (data: Buffer) => {
    heard.push(data.toString())
    tell()
  })
  const closed = new Promise<{ code: number; reason: string; error: unknown }>((resolve) => {
    let error: unknown = null
    socket.on('error', (thrown) => {
      error = thrown
    })
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), error }))
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve())
    socket.on('error', reject)
  })
  cleanups.push(() => socket.terminate())
  const hears = (count: number) =>
    new Promise<readonly string[]>((resolve) => {
      tell = () => {
        if (heard.length >= count) resolve(heard)
      }
      tell()
    })
  return {
    socket,
    heard,
    closed,
    hears,
    say: (...texts: string[]) => texts.forEach((text) => void socket.send(text)),
  }
}

/** Turns of the event loop until it is so; the test's own time limit is the bound. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

describe('the fault proxy', () => {
  it('Z9 without faults nobody notices it: requests, origins, frames in order, both ways of closing', async () => {
    const { echo, proxy } = await startBoth()
    const host = new URL(echo.url).host
    expect(await (await fetch(`${proxy.url}/health?x`)).text()).toBe(`hello ${host} /health?x`)
    const client = await open(proxy.url, { origin: 'https://shop.example' })
    expect(echo.origins).toEqual(['https://shop.example', host])
    expect((await open(proxy.url, { origin: proxy.url })).heard).toEqual([])
    expect(echo.origins.slice(2)).toEqual([echo.url, host])
    const texts = Array.from({ length: 50 }, (_, n) => `${n}`)
    client.say(...texts)
    expect(await client.hears(50)).toEqual(texts.map((text) => `echo ${text}`))
    expect(proxy.counts).toMatchObject({
      passed: 100,
      drop: 0,
      duplicate: 0,
      reorder: 0,
      truncate: 0,
      reset: 0,
    })
    client.say('bye')
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'going away' })
    const other = await open(proxy.url)
    other.socket.close(4000, 'enough')
    await other.closed
    await until(() => echo.closes.length === 2)
    expect(echo.closes).toEqual([1001, 4000])
    await expect(open(`${proxy.url}/elsewhere`)).rejects.toThrow('400')
  })

  /** With dice that always say yes, three frames through one direction; so many passed or lost, both ways. */
  const threeWith = async (faults: Partial<Faults>, looks: number) => {
    const { echo, proxy } = await startBoth()
    const client = await open(proxy.url)
    proxy.set(faults)
    client.say('one', 'two', 'three')
    // The faults are over for what comes last, which shows that all before it has been through.
    await until(() => proxy.counts.drop + proxy.counts.passed === looks)
    proxy.heal()
    client.say('last')
    await hearsLast(client)
    return { echo, client, proxy }
  }
  const hearsLast = async ({ heard, hears }: Awaited<ReturnType<typeof open>>) => {
    for (let count = 1; heard.at(-1) !== 'echo last'; count++) await hears(count)
  }

  it('Z9 a frame is lost, in one direction only', async () => {
    const up = await threeWith({ up: { drop: 1 } }, 3)
    expect(up.echo.heard).toEqual(['last'])
    expect(up.proxy.counts.drop).toBe(3)
    const down = await threeWith({ down: { drop: 1 } }, 6)
    expect(down.echo.heard).toEqual(['one', 'two', 'three', 'last'])
    expect(down.client.heard).toEqual(['echo last'])
  })

  it('Z9 a frame is doubled', async () => {
    const { echo, proxy } = await threeWith({ up: { duplicate: 1 } }, 12)
    expect(echo.heard).toEqual(['one', 'one', 'two', 'two', 'three', 'three', 'last'])
    expect(proxy.counts.duplicate).toBe(3)
  })

  it('Z9 a frame comes after the next one, or after a moment if there is none', async () => {
    const { echo, proxy } = await startBoth()
    const client = await open(proxy.url)
    proxy.set({ up: { reorder: 1 } })
    client.say('one', 'two', 'three')
    await client.hears(3)
    expect(echo.heard).toEqual(['two', 'one', 'three'])
    expect(proxy.counts.reorder).toBe(2)
  })

  it('Z9 a frame is cut short', async () => {
    const { echo, proxy } = await startBoth(() => 0.5)
    const client = await open(proxy.url)
    proxy.set({ up: { truncate: 1 } })
    client.say('{"type":"hello"}')
    await client.hears(1)
    expect(echo.heard).toEqual(['{"type":'])
    expect(proxy.counts.truncate).toBe(1)
  })

  it('Z9 a frame is late, and overtakes none', async () => {
    const { echo, proxy } = await startBoth(() => 0.99)
    const client = await open(proxy.url)
    proxy.set({ up: { latencyMsMax: 100 } })
    const startMs = performance.now()
    client.say('one', 'two')
    client.say('three')
    await client.hears(3)
    expect(echo.heard).toEqual(['one', 'two', 'three'])
    expect(performance.now() - startMs).toBeGreaterThan(90)
  })

  it('Z9 a connection is reset, by a frame or all at once, and both sides see it', async () => {
    const { echo, proxy } = await startBoth()
    const client = await open(proxy.url)
    proxy.set({ down: { reset: 1 } })
    client.say('one')
    expect(await client.closed).toMatchObject({ code: 1006 })
    proxy.heal()
    const clients = [await open(proxy.url), await open(proxy.url)]
    expect(proxy.connections).toBe(2)
    proxy.reset()
    for (const { closed } of clients) expect(await closed).toMatchObject({ code: 1006 })
    const again = await open(proxy.url)
    again.say('two')
    await again.hears(1)
    expect(echo.heard).toEqual(['one', 'two'])
    await until(() => echo.closes.length === 3)
    expect(echo.closes).toEqual([1006, 1006, 1006])
  })

  /** Without end, so that only a break ends it. */
  const speakOn = (socket: Socket): void => {
    if (!socket.destroyed) socket.write(Buffer.alloc(1_000), () => setImmediate(() => speakOn(socket)))
  }

  it('Z9 a reset in the very turn in which a side ends leaves no socket open', async () => {
    const arrived = Promise.withResolvers<Socket>()
    const port = await startTcp(createTcpServer(arrived.resolve))
    const stage = await createByteStage({ host: '127.0.0.1', port })
    cleanups.push(() => stage.close())
    const client = connect({ port: stage.port, host: '127.0.0.1', allowHalfOpen: true })
    const broke = new Promise((resolve) => client.on('error', resolve).resume())
    const far = await arrived.promise
    far.on('error', () => {}).resume()
    const calm = { blackHole: false, dripBytesPerSecond: null }
    stage.set({ ...calm, blackHole: true })
    await new Promise<void>((resolve) => far.end(resolve))
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    // Its end is passed on in this turn.
    stage.set(calm)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    stage.reset()
    speakOn(client)
    await broke
  })

  it('Z9 who said his last word and is gone takes nothing more: who speaks to him sees it', async () => {
    const brokeOff = Promise.withResolvers<void>()
    const talker = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      socket.on('close', () => brokeOff.resolve())
      socket.on('end', () => gone.then(() => speakOn(socket))).resume()
    })
    const port = await startTcp(talker)
    const stage = await createByteStage({ host: '127.0.0.1', port })
    cleanups.push(() => stage.close())
    const client = connect({ port: stage.port, host: '127.0.0.1', allowHalfOpen: true })
    const gone = new Promise((resolve) => client.on('close', resolve))
    client.end('my last word', () => client.destroy())
    await brokeOff.promise
    await until(() => stage.count() === 0)
  })

  it('Z9 a black hole swallows what is said, closes nothing, takes new connections, and gives all back', async () => {
    const { echo, proxy } = await startBoth()
    const client = await open(proxy.url)
    proxy.set({ blackHole: true })
    client.say('into the hole')
    const request = fetch(proxy.url)
    const knock = connect(Number(new URL(proxy.url).port), '127.0.0.1')
    await new Promise<void>((resolve) => knock.on('connect', () => resolve()))
    let hasEnded = false
    const end = () => {
      hasEnded = true
    }
    for (const ends of [client.closed, request]) ends.then(end, end)
    // A server beside it is asked and answers meanwhile: there was time.
    for (let n = 0; n < 20; n++) await fetch(echo.url)
    expect([echo.heard, hasEnded]).toEqual([[], false])
    proxy.heal()
    expect(await client.hears(1)).toEqual(['echo into the hole'])
    expect((await request).status).toBe(200)
    knock.destroy()
  })

  it('Z9 what drips comes whole and late', async () => {
    const { proxy } = await startBoth()
    const client = await open(proxy.url)
    proxy.set({ dripBytesPerSecond: 5_000 })
    const startMs = performance.now()
    client.say('x'.repeat(1_000))
    expect(await client.hears(1)).toEqual([`echo ${'x'.repeat(1_000)}`])
    expect(performance.now() - startMs).toBeGreaterThan(300)
  })

  it('Z9 somebody else answers: a page to sign in on, come back later, slow down', async () => {
    const { echo, proxy } = await startBoth()
    const client = await open(proxy.url)
    const answers: readonly FalseAnswer[] = [captivePortal, unavailable, tooManyRequests]
    for (const answer of answers) {
      proxy.set({ answer })
      const response = await fetch(`${proxy.url}/api`)
      expect([response.status, await response.text()]).toEqual([answer.status, answer.body])
      await expect(open(proxy.url)).rejects.toThrow(`Unexpected server response: ${answer.status}`)
    }
    expect(proxy.counts.answered).toBe(6)
    // What was open before goes on.
    client.say('one')
    await client.hears(1)
    expect(echo.heard).toEqual(['one'])
  })

  it('Z9 a target that is gone is a connection that breaks; closing ends all that was opened, also in a black hole', async () => {
    const proxy = await startFaultProxy({ target: 'http://127.0.0.1:9' })
    await expect(fetch(proxy.url)).rejects.toThrow()
    await expect(open(proxy.url)).rejects.toThrow()
    await proxy.close()
    const { proxy: other } = await startBoth()
    const client = await open(other.url)
    other.set({ blackHole: true })
    const late = fetch(other.url)
    client.say('one')
    await Promise.all([other.close(), client.closed, expect(late).rejects.toThrow()])
  })
})
