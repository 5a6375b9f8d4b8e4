/** For tests that talk to a server: one each, and clients of it, all of which are closed at the end. */
import { afterEach } from 'vitest'
import type { Authorize } from '../access.ts'
import type { SyncServerOptions } from '../server.ts'
import { startTestServer, type TestServer } from './start-test-server.ts'
import { testAuthor } from './test-author.ts'
import { connectTestClient, type TestClient, type TestClientOptions } from './test-client.ts'

export function serveEachTest() {
  let server: TestServer | null = null
  const clients: TestClient[] = []

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    // A test may be about a server that does not start.
    await server?.close()
    server = null
  })

  function mustServe(): TestServer {
    if (server === null) throw new Error('The server was not started.')
    return server
  }

  async function connect(options: TestClientOptions = { logs: ['shop'] }): Promise<TestClient> {
    const client = await connectTestClient(mustServe().url, options)
    clients.push(client)
    return client
  }

  return {
    get server() {
      return mustServe()
    },
    async start(options: Partial<SyncServerOptions> = {}): Promise<void> {
      server = await startTestServer(options)
    },
    connect,
    /** A client that was welcomed, with the epoch of its first log. */
    async welcomed(options?: TestClientOptions) {
      const client = await connect(options)
      const welcome = await client.next('welcome')
      return { client, welcome, epoch: welcome.logs[0]?.epoch ?? '' }
    },
  }
}

export const author = (replica: string) => testAuthor({ log: 'shop', replica })

/** Tokens are principals; `ann/until/1000` ends at 1000; everybody has a log of their own, and reads the shop. */
export const byToken: Authorize = ({ token }) => {
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
