/** The shop's one process: static files, sign-in and sync behind one HTTP server, and the policies. */
import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSyncServer } from 'varve-server'
import { sqliteLog } from 'varve-server/sqlite'
import { shop } from '../src/model/shop.ts'
import { accessOf } from './access.ts'
import { listen } from './listen.ts'
import type { Options } from './options.ts'
import { fulfilment, settlement } from './policies.ts'
import { seedShop } from './seed.ts'
import { signIn } from './sign-in.ts'
import { createStaticFiles } from './static-files.ts'
import { createTokens, ensureSecret } from './tokens.ts'

export interface ShopServer {
  readonly url: string
  close(): Promise<void>
}

const dist = fileURLToPath(new URL('../dist', import.meta.url))

export async function startShopServer(options: Options, say: (line: string) => void): Promise<ShopServer> {
  mkdirSync(options.data, { recursive: true })
  const tokens = createTokens(ensureSecret(options.data))
  const files = createStaticFiles(dist)
  const http = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  const port = await listen(http, options)
  const origins = originsOf(options.host, port)

  const sync = createSyncServer({
    server: http,
    path: '/sync',
    log: sqliteLog(join(options.data, 'shop.sqlite')),
    model: shop,
    policies: [fulfilment, settlement],
    allowedOrigins: origins,
    authorize: async ({ token }) => {
      const signedIn = await tokens.verify(token)
      if (signedIn === null) return null
      const { user, expiresAt } = signedIn
      return { principal: user.id, expiresAt, logs: (log) => accessOf(user, log) }
    },
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request)
    if (path === null) {
      response.writeHead(400).end()
    } else if (path === '/api/sign-in') {
      await signIn(request, response, { tokens, origins })
    } else if (!sync.handle(request, response)) {
      await files.serve(request, response, path)
    }
  }

  await sync.listen()
  await seedShop(sync, say)
  return {
    url: `http://${options.host}:${port}`,
    async close() {
      http.close()
      await sync.close()
      http.closeAllConnections()
    },
  }
}

/** The decoded path, or null if it is none. */
function pathOf(request: IncomingMessage): string | null {
  try {
    return decodeURIComponent(new URL(request.url ?? '/', 'http://shop').pathname)
  } catch {
    return null
  }
}

/** Where pages that may talk to this server come from. */
function originsOf(host: string, port: number): readonly string[] {
  return [...new Set([host, '127.0.0.1', 'localhost'])].map((name) => `http://${name}:${port}`)
}
