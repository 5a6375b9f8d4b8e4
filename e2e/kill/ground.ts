/**
 * What is outside the browser: the page's HTTP server, which holds the barriers and hears what is claimed, and behind
 * it a sync server per round, which can go away, come back, and be set back to a backup.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accept, type CommandCall, type Commit, type Entry } from 'varve/core'
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
  /** Whoever comes there from now on goes on. */
  disarm(): void
  /** All points that were passed since `begin`, in order. */
  passed(): readonly string[]
  isUp(): boolean
  down(): Promise<void>
  /** With what others have done meanwhile. */
  up(foreign?: readonly CommandCall[]): Promise<void>
  foreign(call: CommandCall): Promise<void>
  /** While it is down: places a commit as the device does, after its own commits of this running hash. */
  placeAsDevice(commit: Commit, prev: string): Promise<void>
  backup(): Promise<void>
  /** Resolves when a thread of the page has frozen inside a transaction. */
  frozen(): Promise<void>
  isFrozen(): boolean
  thaw(): void
  /** Comes back as it was at the backup. */
  restore(): Promise<void>
  entries(): Promise<readonly Entry[]>
  /** "Synced" was shown over something acknowledged that the server did not have. */
  lies(): readonly string[]
  close(): Promise<void>
}

/** Of a page from which nothing is started. */
export const nothingRuns = '/disk'

/** As whom an insecure server takes the device. */
const principal = 'anonymous'

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
  let freezing = Promise.withResolvers<void>()
  let frozen: ServerResponse | null = null
  let armed: { point: string; nth: number; reached: () => void } | null = null
  let passed: string[] = []
  let lies: string[] = []

  const http = createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?')
    if (path === '/barrier') return pass(decodeURIComponent(query), response)
    if (path === '/claim') return void hear(request, response)
    if (path === '/freeze') return freeze(response)
    // Nothing runs on this page: the disk is looked at from it.
    const text = path === nothingRuns ? '<!doctype html><title>disk</title>' : built.get(path)
    const type = path === '/' || path === nothingRuns ? 'text/html' : 'text/javascript'
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

  function freeze(response: ServerResponse): void {
    frozen = response
    freezing.resolve()
  }

  /** Also of a thread that is dead. */
  function thaw(): void {
    frozen?.writeHead(204).end()
    frozen = null
    freezing = Promise.withResolvers()
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
    // Nobody is pinged, however slow the machine is: a ping would be a message of no chapter.
    const limits = { spreadMs: 0, conflictsBeforeHold: 1_000, heartbeatMs: 600_000, silentMs: 1_200_000 }
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

  async function placeAsDevice(commit: Commit, prev: string): Promise<void> {
    if (running !== null) throw new Error('The server is up: the device would be asked too.')
    const log = sqliteLog(file, { onRestored: () => undefined })
    await log.write(async (tx) => {
      const { epoch } = await tx.ensureLog(name)
      const verdict = accept({ epoch, prev, commit }, await tx.facts(commit, new Set()))
      if (verdict.kind !== 'place') throw new Error(`It would not be placed: ${JSON.stringify(verdict)}`)
      await tx.claim(commit.dot.replica, principal)
      const { history, outcome } = verdict
      await tx.place({ commit, history, outcome, principal, time: Date.now() })
    })
    await log.close()
  }

  const newFile = (): string => {
    files += 1
    return join(folder, `${files}.sqlite`)
  }

  return Object.freeze({
    url,
    async begin(log: string) {
      thaw()
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
    disarm() {
      armed = null
    },
    passed: () => passed,
    isUp: () => running !== null,
    down,
    up: async (foreign: readonly CommandCall[] = []) => {
      if (running === null) await start(foreign)
    },
    foreign: dispatchForeign,
    placeAsDevice,
    frozen: () => freezing.promise,
    isFrozen: () => frozen !== null,
    thaw,
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
