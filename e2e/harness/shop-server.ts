/**
 * The shop's server as its users start it: a process of its own on a data folder of its own, which begins as a copy of
 * the freshly seeded one (global-setup.ts). It can be killed and started again on the same port and file.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { type NodeProcess, startNode } from './processes.ts'

export interface ShopServer {
  readonly url: string
  readonly host: string
  readonly port: number
  /** The folder with its SQLite file. */
  readonly data: string
  /** The file, to be read while the server is stopped (it is locked otherwise). */
  readonly file: string
  start(): Promise<void>
  /** As `kill -9` does. */
  kill(): Promise<void>
  /** As Ctrl-C does. */
  stop(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
  output(): string
}

const main = fileURLToPath(new URL('../../apps/shop/server/main.ts', import.meta.url))
const host = '127.0.0.1'

/** The variable that tells the workers where the seeded folder is. */
export const seededFolder = 'VARVE_E2E_SEEDED'

/** @param data a folder to use as it is; else a copy of the seeded one */
export async function createShopServer(data: string = copyOfSeeded()): Promise<ShopServer> {
  const port = await freePort()
  let running: NodeProcess | null = null
  let output = ''

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const ending = running
    running = null
    if (ending === null) return
    await ending.end(signal)
    output += ending.output()
  }

  const server: ShopServer = Object.freeze({
    url: `http://${host}:${port}`,
    host,
    port,
    data,
    file: join(data, 'shop.sqlite'),
    async start() {
      if (running !== null) throw new Error('The server runs already.')
      running = startNode([main, '--host', host, '--port', String(port), '--data', data])
      await running.says(/http:\/\/\S+/)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async remove() {
      await end('SIGTERM')
      rmSync(data, { recursive: true, force: true })
    },
    output: () => output + (running?.output() ?? ''),
  })
  return server
}

export function newDataFolder(): string {
  return mkdtempSync(join(tmpdir(), 'varve-e2e-'))
}

function copyOfSeeded(): string {
  const seeded = process.env[seededFolder]
  if (seeded === undefined) throw new Error('global-setup.ts has not run.')
  const data = newDataFolder()
  cpSync(seeded, data, { recursive: true })
  return data
}
