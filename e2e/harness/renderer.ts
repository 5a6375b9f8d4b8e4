/**
 * The process in which a page and its workers run, to freeze it as an operating system does, or to kill it. Chromium
 * does not say which it is: the page burns time, and the process that burned most is the one.
 */
import type { Browser, Page } from '@playwright/test'

export interface Renderer {
  readonly pid: number
  freeze(): void
  thaw(): void
  kill(): void
}

const burnMs = 300
const burnsMax = 30
/** In seconds of a processor, above all other processes. */
const clearlyMore = 0.3

export async function rendererOf(browser: Browser, page: Page): Promise<Renderer> {
  const pid = await pidOf(browser, page)
  const signal = (name: NodeJS.Signals) => () => {
    try {
      process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return Object.freeze({
    pid,
    freeze: signal('SIGSTOP'),
    thaw: signal('SIGCONT'),
    kill: signal('SIGKILL'),
  })
}

async function pidOf(browser: Browser, page: Page): Promise<number> {
  const cdp = await browser.newBrowserCDPSession()
  const readTimes = async (): Promise<ReadonlyMap<number, number>> => {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
    const renderers = processInfo.filter(({ type }) => type === 'renderer')
    return new Map(renderers.map(({ id, cpuTime }) => [id, cpuTime]))
  }
  const before = await readTimes()
  // On a busy machine it may get little of a processor: until it is clear.
  for (let burns = 0; burns < burnsMax; burns += 1) {
    await page.evaluate((ms) => {
      const endMs = performance.now() + ms
      while (performance.now() < endMs);
    }, burnMs)
    const burned = [...(await readTimes())].map(([id, time]) => [id, time - (before.get(id) ?? 0)] as const)
    const [most, next] = burned.sort((a, b) => b[1] - a[1])
    if (most === undefined || most[1] - (next?.[1] ?? 0) < clearlyMore) continue
    await cdp.detach()
    return most[0]
  }
  throw new Error('No renderer burned more time than the others.')
}
