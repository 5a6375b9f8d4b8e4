/** Builds the page and serves it on this machine, with sync servers behind it. */
import { fileURLToPath } from 'node:url'
import { build, type Plugin, preview } from 'vite'
import { createRooms } from './rooms.ts'

export interface ServedPage {
  readonly url: string
  close(): Promise<void>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param port 0 is any free one */
export async function servePage(port = 0): Promise<ServedPage> {
  await build({ root, logLevel: 'warn' })
  const rooms = createRooms()
  const behind: Plugin = {
    name: 'rooms',
    configurePreviewServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        rooms.handle(request, response).then((isDone) => isDone || next(), next)
      })
    },
  }
  const server = await preview({ root, plugins: [behind], preview: { host: '127.0.0.1', port } })
  const address = server.httpServer.address()
  if (address === null || typeof address === 'string') throw new Error('The page is not served.')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      await server.close()
      await rooms.close()
    },
  }
}
