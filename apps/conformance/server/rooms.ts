/**
 * Sync servers for the page, one for each case: each on a port and a log file of its own, closed and opened again as the
 * page says. This machine only.
 *
 *   POST /rooms             → { room, server }
 *   POST /rooms/<room>/open, POST /rooms/<room>/close
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSyncServer, type SyncServer } from 'varve-server'
import { sqliteLog } from 'varve-server/sqlite'

export interface Rooms {
  /** False: the request is not about rooms, and was not touched. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  close(): Promise<void>
}

interface Room {
  readonly file: string
  readonly origin: string
  port: number
  server: SyncServer | null
}

/** Rooms that are open at once; the oldest makes room for the next. */
const roomsOpenMax = 16

export function createRooms(): Rooms {
  const folder = mkdtempSync(join(tmpdir(), 'varve-conformance-'))
  const rooms = new Map<string, Room>()

  async function openServer(room: Room): Promise<string> {
    const server = createSyncServer({
      log: sqliteLog(room.file),
      port: room.port,
      allowedOrigins: [room.origin],
      authorize: () => ({ principal: 'anyone', logs: () => ({ read: true, append: true }) }),
    })
    const address = await server.listen()
    if (address === null) throw new Error('A server of its own listens.')
    room.port = address.port
    room.server = server
    return address.url
  }

  async function closeServer(room: Room | undefined): Promise<void> {
    const closing = room?.server
    if (room === undefined || closing === null || closing === undefined) return
    room.server = null
    await closing.close({ graceMs: 500 })
  }

  async function createRoom(origin: string): Promise<{ room: string; server: string }> {
    const open = [...rooms.values()].filter(({ server }) => server !== null)
    if (open.length >= roomsOpenMax) await closeServer(open[0])
    const id = randomUUID()
    const room: Room = { file: join(folder, `${id}.sqlite`), origin, port: 0, server: null }
    rooms.set(id, room)
    return { room: id, server: await openServer(room) }
  }

  return {
    async handle(request, response) {
      const [, root, id = '', order] = (request.url ?? '').split('/')
      if (root !== 'rooms' || request.method !== 'POST') return false
      const { origin = '', host } = request.headers
      const room = rooms.get(id)
      if (origin !== `http://${host}`) response.writeHead(403).end()
      else if (id === '') answer(response, await createRoom(origin))
      else if (room === undefined) response.writeHead(404).end()
      else if (order === 'close') answer(response, await closeServer(room))
      else if (order === 'open' && room.server === null) answer(response, await openServer(room))
      else response.writeHead(400).end()
      return true
    },
    async close() {
      await Promise.all([...rooms.values()].map(closeServer))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null))
}
