/**
 * A stranger at the server's door: a bare WebSocket from Node that says whatever a test wants, and listens. It shares
 * no code with the client under test.
 */
import type { Entry } from 'varve/core'
import type { ShopServer } from './shop-server.ts'

export interface Heard {
  readonly type: string
  readonly code?: string
  readonly log?: string
  readonly head?: number
  readonly entries?: readonly Entry[]
  readonly id?: number
  readonly logs?: readonly { readonly log: string; readonly epoch: string; readonly head: number }[]
}

export interface Wire {
  say(message: unknown): void
  /** As it is, text or bytes. */
  sayRaw(data: string | Uint8Array): void
  /** The next message that is wanted; rejects if the server closes or says nothing of the kind in time. */
  hear(wanted: (message: Heard) => boolean): Promise<Heard>
  /** Resolves when the server closed the connection. */
  readonly closed: Promise<void>
  close(): void
}

const hearMs = 10_000

/** @param origin what a browser would send of itself; null: nothing */
export async function openWire(server: ShopServer, origin: string | null = server.url): Promise<Wire> {
  const url = `${server.url.replace('http', 'ws')}/sync`
  // Node's WebSocket takes headers; the types that a browser's page has do not say so.
  const Socket = WebSocket as unknown as new (
    url: string,
    options: { readonly headers: Readonly<Record<string, string>> },
  ) => WebSocket
  const socket = new Socket(url, { headers: origin === null ? {} : { origin } })
  const heard: Heard[] = []
  const listeners = new Set<() => void>()
  let isClosed = false
  const tell = () => {
    for (const listener of listeners) listener()
  }
  socket.addEventListener('message', ({ data }) => {
    heard.push(JSON.parse(String(data)))
    tell()
  })
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => {
      isClosed = true
      resolve()
      tell()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('The server refused the connection.')), {
      once: true,
    })
  })

  return Object.freeze({
    say: (message: unknown) => socket.send(JSON.stringify(message)),
    sayRaw: (data: string | Uint8Array) => socket.send(data as string),
    hear(wanted: (message: Heard) => boolean) {
      return new Promise<Heard>((resolve, reject) => {
        const settle = (how: () => void) => {
          clearTimeout(timer)
          listeners.delete(look)
          how()
        }
        const fail = (why: string) =>
          settle(() => reject(new Error(`${why}; heard ${JSON.stringify(heard).slice(0, 500)}`)))
        const look = () => {
          const index = heard.findIndex(wanted)
          const message = heard[index]
          if (message !== undefined) {
            heard.splice(index, 1)
            settle(() => resolve(message))
          } else if (isClosed) fail('The server closed the connection')
        }
        const timer = setTimeout(() => fail(`Not heard in ${hearMs} ms`), hearMs)
        listeners.add(look)
        look()
      })
    },
    closed,
    close: () => socket.close(),
  })
}

/** A token of the shop, as its page gets one. */
export async function tokenOf(server: ShopServer, userId: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: userId }),
  })
  if (!answer.ok) throw new Error(`Sign-in answered ${answer.status}.`)
  const { token } = (await answer.json()) as { token: string }
  return token
}

export function hello(token: string, logs: readonly string[]) {
  const cursors = logs.map((log) => ({ log, epoch: null, position: 0, chain: '' }))
  return { type: 'hello', protocol: 1, token, store: 'a-stranger', cursors }
}

/** All entries of a log as the running server hands them out. */
export async function readServerLog(
  server: ShopServer,
  userId: string,
  log: string,
): Promise<readonly Entry[]> {
  const wire = await openWire(server)
  try {
    wire.say(hello(await tokenOf(server, userId), [log]))
    const { logs = [] } = await wire.hear(({ type }) => type === 'welcome')
    const head = logs.find((each) => each.log === log)?.head ?? 0
    const entries: Entry[] = []
    while (entries.length < head) {
      wire.say({ type: 'pull', log, after: entries.length, credit: 5_000 })
      const { entries: page = [] } = await wire.hear(({ type, entries: some = [] }) => {
        return type === 'entries' && some[0]?.position === entries.length + 1
      })
      entries.push(...page)
    }
    return entries
  } finally {
    wire.close()
  }
}
