/** Drives WebKitGTK's MiniBrowser on a screen that nobody sees, through WebKitWebDriver. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ConformanceResult } from '../src/result.ts'
import { startWebDriver } from './webdriver.ts'

const startMsMax = 20_000

export async function runInWebKit({
  url,
  msMax,
  miniBrowser,
}: {
  readonly url: string
  readonly msMax: number
  readonly miniBrowser: string
}): Promise<ConformanceResult> {
  const port = await freePort()
  // A group of its own: with the driver end the screen and the browser.
  const child = spawn('xvfb-run', ['-a', 'WebKitWebDriver', '--host=127.0.0.1', `--port=${port}`], {
    detached: true,
    stdio: 'ignore',
  })
  try {
    const driverUrl = `http://127.0.0.1:${port}`
    await untilReady(child, driverUrl)
    const driver = await startWebDriver(driverUrl, {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
    })
    try {
      await driver.open(url)
      return (await driver.evaluate('window.conformance', msMax)) as ConformanceResult
    } finally {
      await driver.end()
    }
  } finally {
    await endGroup(child)
  }
}

/** The driver says nothing when it is ready, so it is asked. */
async function untilReady(child: ChildProcess, driverUrl: string): Promise<void> {
  const deadline = Date.now() + startMsMax
  while (child.exitCode === null && Date.now() < deadline) {
    const status = await fetch(`${driverUrl}/status`).catch(() => null)
    if (status?.ok) return
    await wait(50)
  }
  throw new Error('WebKitWebDriver did not start.')
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGTERM')
  await ended
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
