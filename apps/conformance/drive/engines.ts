/** The browsers that the page is driven in: where each is, what Debian calls it, and how it opens a page. */
import { existsSync, readdirSync } from 'node:fs'
import { type BrowserType, chromium, firefox, type LaunchOptions } from 'playwright'
import { chromiumLaunch, hasChromium } from '../../../scripts/chromium.mjs'
import type { ConformanceResult } from '../src/result.ts'
import { runInWebKit } from './webkit.ts'

export interface Engine {
  readonly name: string
  /** Debian's packages. */
  readonly packages: readonly string[]
  isThere(): boolean
  /** Opens the page and waits for its result, at most so many ms. */
  run(url: string, msMax: number): Promise<ConformanceResult>
}

const firefoxPath = '/usr/bin/firefox-esr'

export const engines: readonly Engine[] = [
  {
    name: 'Chromium',
    packages: ['chromium'],
    isThere: hasChromium,
    run: (url, msMax) => runByPlaywright(chromium, chromiumLaunch(), { url, msMax }),
  },
  {
    name: 'Firefox',
    packages: ['firefox-esr'],
    isThere: () => existsSync(firefoxPath),
    // This channel is driven over WebDriver BiDi, as an unchanged Firefox can be.
    run: (url, msMax) =>
      runByPlaywright(firefox, { channel: 'moz-firefox', executablePath: firefoxPath }, { url, msMax }),
  },
  {
    name: 'WebKitGTK',
    packages: ['webkit2gtk-driver', 'xvfb', 'xauth'],
    isThere: () => miniBrowser() !== null && ['WebKitWebDriver', 'xvfb-run', 'xauth'].every(isInstalled),
    run: (url, msMax) => runInWebKit({ url, msMax, miniBrowser: miniBrowser() ?? 'MiniBrowser' }),
  },
]

async function runByPlaywright(
  browserType: BrowserType,
  launch: LaunchOptions,
  { url, msMax }: { readonly url: string; readonly msMax: number },
): Promise<ConformanceResult> {
  const browser = await browserType.launch(launch)
  // The end of the browser also ends the waiting.
  const timer = setTimeout(() => browser.close(), msMax)
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.waitForFunction(() => window.conformance !== undefined, undefined, { timeout: msMax })
    return await page.evaluate(() => window.conformance)
  } finally {
    clearTimeout(timer)
    await browser.close()
  }
}

/** Debian has it beside the library, below a folder of the machine's architecture. */
function miniBrowser(): string | null {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : []
  const paths = folders.flatMap((folder) =>
    ['4.1', '4.0'].map((version) => `/usr/lib/${folder}/webkit2gtk-${version}/MiniBrowser`),
  )
  return paths.find((path) => existsSync(path)) ?? null
}

function isInstalled(command: string): boolean {
  return existsSync(`/usr/bin/${command}`)
}
