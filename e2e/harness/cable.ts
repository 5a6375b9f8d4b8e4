/**
 * The network cable of one device: an HTTP proxy that its browser context must use, so that cutting it cuts whatever
 * the browser has open (pages, workers, service worker, WebSockets), which `setOffline` alone does not.
 *
 *   plugged ── cut ──▸ every connection is reset, new ones too
 *           ── hush ─▸ connections stay open and nothing passes, as in a tunnel
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Cable {
  /** For `newContext({ proxy })`. */
  readonly proxy: { readonly server: string; readonly bypass: string }
  plugIn(): void
  cut(): void
  hush(): void
  close(): Promise<void>
}

export async function createCable(): Promise<Cable> {
  let state: 'plugged' | 'cut' | 'hushed' = 'plugged'
  const ends = new Set<Duplex>()
  /** What came while it was hushed. */
  let waiting: (() => void)[] = []

  const track = <T extends Duplex>(end: T): T => {
    ends.add(end)
    end.on('error', () => end.destroy())
    end.on('close', () => ends.delete(end))
    if (state === 'cut') end.destroy()
    if (state === 'hushed') end.pause()
    return end
  }
  const whenPlugged = (pass: () => void) => {
    if (state === 'hushed') waiting.push(pass)
    else pass()
  }

  const forward = (incoming: IncomingMessage, answer: ServerResponse) => {
    const target = new URL(incoming.url ?? '')
    const headers = { ...incoming.headers }
    delete headers['proxy-connection']
    const { hostname, port, pathname, search } = target
    const path = pathname + search
    // A connection of its own: Node's common pool would hand this cable's connections to another cable.
    const to = { host: hostname, port, path, method: incoming.method, headers, agent: false } as const
    const outgoing = request(to)
    outgoing.on('socket', track)
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    // Nobody listens there: the browser is to see a connection that broke.
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  }

  const tunnel = (incoming: IncomingMessage, near: Duplex) => {
    const [host, port] = (incoming.url ?? '').split(':')
    const far = track<Socket>(connect(Number(port), host))
    far.on('connect', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
      if (state === 'hushed') for (const end of [near, far]) end.pause()
    })
    far.on('close', () => near.destroy())
    near.on('close', () => far.destroy())
  }

  const server = createServer((incoming, answer) => whenPlugged(() => forward(incoming, answer)))
  server.on('connection', track)
  server.on('connect', (incoming, near) => whenPlugged(() => tunnel(incoming, near)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return Object.freeze({
    // Without `<-loopback>` a browser goes to 127.0.0.1 directly.
    proxy: { server: `http://127.0.0.1:${port}`, bypass: '<-loopback>' },
    plugIn() {
      state = 'plugged'
      for (const end of ends) end.resume()
      const held = waiting
      waiting = []
      for (const pass of held) pass()
    },
    cut() {
      state = 'cut'
      waiting = []
      for (const end of ends) end.destroy()
    },
    hush() {
      state = 'hushed'
      for (const end of ends) end.pause()
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const end of ends) end.destroy()
      await closed
    },
  })
}
