/**
 * What is outside the browser: the page's HTTP server, which holds the barriers and hears what is claimed, and behind
 * it a sync server per round, which can go away, come back, and be set back to a backup.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandCall, Entry } from 'varve/core'
import { createSyncServer, type SyncServer } from 'varve-server'
import { type SqliteLog, sqliteLog } from 'varve-server/sqlite'
import type { Built } from './build.ts'
import { room } from './model.ts'

export interface Ground {
  readonly url: string
  /** A new server with an empty log of this name, which runs. */
  begin(log: string): Promise<void>
  /** Resolves when the worker stands at the point for the nth time, from 1: there it stays. */
  arm(point: string, nth: number): Promise<void>
  /** All points that were passed since `begin`, in order. */
  passed(): readonly string[]
  down(): Promise<void>
  /** With what others have done meanwhile. */
  up(foreign?: readonly CommandCall[]): Promise<void>
  foreign(call: CommandCall): Promise<void>
  backup(): Promise<void>
  /** Comes back as it was at the backup. */
  restore(): Promise<void>
  entries(): Promise<readonly Entry[]>
  /** "Synced" was shown over something acknowledged that the server did not have. */
  lies(): readonly string[]
  close(): Promise<void>
}

interface Running {
  readonly log: SqliteLog
  readonly server: SyncServer
}

export async function openGround(built: Built): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-ground-'))
  let files = 0
  let file = ''
  let saved = ''
  let name = ''
  let running: Running | null = null
  let isOpen = false
  /** As they were when the server went down. */
  let last: readonly Entry[] = []
  /** Nobody has connected since: what is claimed is still claimed of the server that went down. */
  let isUnmet = false
  let armed: { point: string; nth: number; reached: () => void } | null = null
  let passed: string[] = []
  let lies: string[] = []

  const http = createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?')
    if (path === '/barrier') return pass(decodeURIComponent(query), response)
    if (path === '/claim') return void hear(request, response)
    const text = built.get(path)
    const type = path === '/' ? 'text/html' : 'text/javascript'
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text ?? '')
  })
  http.on('upgrade', (_request, socket) => {
    // Also while the server starts: nobody else would ever answer.
    if (!isOpen) socket.destroy()
    else isUnmet = false
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`

  function pass(point: string, response: ServerResponse): void {
    passed.push(point)
    if (armed?.point === point) {
      armed.nth -= 1
      if (armed.nth === 0) {
        const { reached } = armed
        armed = null
        // No answer: it stays there.
        reached()
        return
      }
    }
    response.writeHead(204).end()
  }

  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const before = isUnmet ? last : []
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const claimed = JSON.parse(Buffer.concat(chunks).toString('utf8')) as readonly string[]
    const placed = new Set([...before, ...(await entries())].flatMap(namesIn))
    for (const each of claimed) if (!placed.has(each)) lies.push(`"synced" without ${each}`)
    response.writeHead(204).end()
  }

  async function start(foreign: readonly CommandCall[]): Promise<void> {
    const log = sqliteLog(file, { onRestored: () => undefined })
    const limits = { spreadMs: 0, conflictsBeforeHold: 1_000 }
    const server = createSyncServer({ log, model: room, insecure: true, server: http, limits })
    running = { log, server }
    for (const call of foreign) await dispatchForeign(call)
    await server.listen()
    isOpen = true
  }

  async function dispatchForeign(call: CommandCall): Promise<void> {
    await mustRun().server.dispatch(name, call, { principal: 'somebody else' })
  }

  function mustRun(): Running {
    if (running === null) throw new Error('The server is down.')
    return running
  }

  async function entries(): Promise<readonly Entry[]> {
    return running === null ? last : running.log.entries(name, 0, Number.MAX_SAFE_INTEGER)
  }

  async function down(): Promise<void> {
    if (running === null) return
    last = await entries()
    const { server } = running
    running = null
    isOpen = false
    isUnmet = true
    await server.close({ graceMs: 0 })
  }

  const newFile = (): string => {
    files += 1
    return join(folder, `${files}.sqlite`)
  }

  return Object.freeze({
    url,
    async begin(log: string) {
      await down()
      name = log
      file = newFile()
      passed = []
      lies = []
      armed = null
      await start([])
    },
    arm: (point: string, nth: number) =>
      new Promise<void>((reached) => {
        armed = { point, nth, reached }
      }),
    passed: () => passed,
    down,
    up: async (foreign: readonly CommandCall[] = []) => {
      if (running === null) await start(foreign)
    },
    foreign: dispatchForeign,
    async backup() {
      saved = newFile()
      await mustRun().log.backup(saved)
    },
    async restore() {
      await down()
      file = saved
      await start([])
    },
    entries,
    lies: () => lies,
    async close() {
      await down()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** What the commands of an entry were about, whatever became of them. */
export function namesIn({ commit }: Entry): readonly string[] {
  return commit.commands.flatMap(({ input }) => (input as { readonly name?: string } | undefined)?.name ?? [])
}
