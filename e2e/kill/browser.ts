/**
 * A Chromium with a profile that outlives it, and the ways to kill what runs in it. The browser is started by hand, so
 * that its process is known; it is the leader of a group, and with it die all its processes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { chromiumLaunch } from '../../scripts/chromium.mjs'
import type { DeviceCalls } from './page.ts'

/** What dies: the worker; the page with its worker, by a crash or by `kill -9`; everything. */
export const kinds = ['worker', 'crash', 'renderer', 'browser'] as const
export type Kind = (typeof kinds)[number]

export interface Profile {
  /** Opens the page, in a browser that is started if none runs; resolves when its store is open. A visited one goes there. */
  open(url: string): Promise<void>
  /** The same with a page that has no store, and runs nothing. */
  visit(url: string): Promise<void>
  /** Closes the page, if one is open or has crashed. */
  leave(): Promise<void>
  /** Calls the page; rejects when it dies meanwhile. */
  call<Name extends keyof DeviceCalls>(
    name: Name,
    ...args: Parameters<DeviceCalls[Name]>
  ): Promise<Awaited<ReturnType<DeviceCalls[Name]>>>
  page(): Page
  /** Resolves when it is dead. */
  kill(kind: Kind): Promise<void>
  /** What the pages said on the console as an error, since it was asked last. */
  faults(): readonly string[]
  remove(): Promise<void>
}

interface Running {
  readonly child: ChildProcess
  readonly browser: Browser
}

const startMs = 60_000
/** What the browser itself says when the server is away. */
const expectedFaults = /net::ERR_|WebSocket connection to|Failed to load resource/

export function newProfile(): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'varve-killed-'))
  let running: Running | null = null
  let page: Page | null = null
  /** Nothing runs on it. */
  let isIdle = false
  let faults: string[] = []

  const mustPage = (): Page => {
    if (page === null) throw new Error('No page is open.')
    return page
  }

  async function killBrowser(): Promise<void> {
    if (running === null) return
    const { child, browser } = running
    running = null
    page = null
    const ended = new Promise((resolve) => child.once('exit', resolve))
    process.kill(-(child.pid as number), 'SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await ended
    if (browser.isConnected()) await new Promise((resolve) => browser.once('disconnected', resolve))
    // Left behind by the dead, they would keep the living out.
    for (const name of readdirSync(folder)) {
      if (name.startsWith('Singleton')) rmSync(join(folder, name), { force: true })
    }
  }

  async function killRenderers({ browser }: Running): Promise<void> {
    const session = await browser.newBrowserCDPSession()
    const renderers = async (): Promise<readonly number[]> => {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
    }
    const dying = await renderers()
    for (const id of dying) process.kill(id, 'SIGKILL')
    // Until the browser knows, it may give a new page to one that is dead.
    for (let left = dying; left.some((id) => dying.includes(id)); ) left = await renderers()
    await session.detach()
  }

  async function leave(): Promise<void> {
    const leaving = page
    page = null
    await leaving?.close()
  }

  const call: Profile['call'] = (name, ...args) =>
    mustPage().evaluate(
      ([method, given]) => {
        const { device } = globalThis as unknown as {
          device: Record<string, (...args: unknown[]) => unknown>
        }
        return device[method as string]?.(...(given as unknown[]))
      },
      [name, args] as const,
    ) as never

  async function newPage(): Promise<Page> {
    running ??= await start(folder)
    const [context] = running.browser.contexts()
    if (context === undefined) throw new Error('The browser has no context.')
    await leave()
    const fresh = await context.newPage()
    fresh.on('console', (message) => {
      if (message.type() === 'error' && !expectedFaults.test(message.text())) faults.push(message.text())
    })
    fresh.on('pageerror', (error) => faults.push(error.stack ?? error.message))
    page = fresh
    return fresh
  }

  return Object.freeze({
    async open(url: string) {
      const here = isIdle && page !== null ? page : await newPage()
      isIdle = false
      await here.goto(url)
      await call('ready')
    },
    async visit(url: string) {
      await (await newPage()).goto(url)
      isIdle = true
    },
    leave,
    call,
    page: mustPage,
    async kill(kind: Kind) {
      if (kind === 'browser') return killBrowser()
      const dying = mustPage()
      if (kind === 'worker') return call('terminate')
      const crashed = dying.waitForEvent('crash', { timeout: startMs })
      if (kind === 'renderer') await killRenderers(running as Running)
      else {
        const session = await dying.context().newCDPSession(dying)
        session.send('Page.crash').catch(() => undefined)
      }
      await crashed
    },
    faults() {
      const told = faults
      faults = []
      return told
    },
    async remove() {
      await killBrowser()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

async function start(folder: string): Promise<Running> {
  const { executablePath = chromium.executablePath(), chromiumSandbox, args } = chromiumLaunch()
  const child = spawn(
    executablePath,
    [
      ...args,
      ...(chromiumSandbox ? [] : ['--no-sandbox']),
      '--headless=new',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-default-browser-check',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
      'about:blank',
    ],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const killGroup = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGKILL')
  }
  process.on('exit', killGroup)
  child.on('exit', () => process.off('exit', killGroup))
  return { child, browser: await chromium.connectOverCDP(await addressOf(child)) }
}

/** Where it listens, which it says at its start. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`Chromium did not start:\n${output}`)), startMs)
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      const [, address] = /DevTools listening on (ws:\S+)/.exec(output) ?? []
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
    child.on('exit', () => {
      clearTimeout(timer)
      reject(new Error(`Chromium ended at its start:\n${output}`))
    })
  })
}
