/**
 * One person's device: a browser profile with its own cable to the network, one or more tabs, and a witness that
 * watches the status chip from the first moment on. It keeps what went wrong in its pages for the end of the test.
 */
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { createCable } from './cable.ts'
import { installed } from './shop-page.ts'
import { type StatusWitness, watchStatus } from './status-witness.ts'

export interface Device {
  readonly name: string
  readonly context: BrowserContext
  /** Its first tab. */
  readonly page: Page
  readonly witness: StatusWitness
  /** Errors of its pages and workers that nobody caught, and what they wrote to the console as one. */
  readonly faults: readonly string[]
  newTab(): Promise<Page>
  /** The network is gone: the browser says so, and nothing passes. The app has been kept on the device by then. */
  goOffline(): Promise<void>
  goOnline(): Promise<void>
  /** Nothing passes any more and nobody says so, as in a tunnel; `goOnline` ends it. */
  hush(): void
  close(): Promise<void>
}

export interface DeviceOptions {
  readonly name: string
  /** Where it finds the shop. */
  readonly url: string
  readonly viewport?: { readonly width: number; readonly height: number }
}

/** What the browser itself writes as an error when the network is gone: that is the test's doing. */
const expectedFaults = /net::ERR_|WebSocket connection to|Failed to fetch|status of 50\d/

export async function openDevice(browser: Browser, options: DeviceOptions): Promise<Device> {
  const { name, url, viewport = { width: 1280, height: 900 } } = options
  const cable = await createCable()
  const context = await browser.newContext({
    baseURL: url,
    proxy: cable.proxy,
    viewport,
    reducedMotion: 'reduce',
  })
  const faults: string[] = []
  context.on('weberror', (error) => faults.push(`${name}: ${error.error().stack ?? error.error().message}`))
  context.on('console', (message) => {
    if (message.type() !== 'error' || expectedFaults.test(message.text())) return
    faults.push(`${name}: ${message.text()}`)
  })
  const witness = await watchStatus(context)
  const page = await context.newPage()

  return Object.freeze({
    name,
    context,
    page,
    witness,
    faults,
    newTab: () => context.newPage(),
    async goOffline() {
      // Before that no page could be loaded: a machine that is busy may be slower than a test.
      await installed(page)
      cable.hush()
      await context.setOffline(true)
    },
    async goOnline() {
      cable.plugIn()
      await context.setOffline(false)
    },
    hush: () => cable.hush(),
    async close() {
      await context.close()
      await cable.close()
    },
  })
}
