/** The first visit: the catalogue arrives as events, and the browser agrees that this is an app. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { chromiumLaunch } from '../scripts/chromium.mjs'
import { readBrowserStore } from './harness/browser-store.ts'
import { arrive, installed } from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

test('X1 the catalogue of a first visit is the server’s log, entry for entry', async ({ shop, device }) => {
  const ann = await device('ann')
  await arrive(ann.page, 'Ann')

  const entries = await readServerLog(shop, 'ann', 'shop/main')
  const listed = entries
    .flatMap(({ commit }) => commit.events)
    .filter(({ type }) => type === 'product.listed')
  expect(listed).toHaveLength(600)
  const store = await readBrowserStore(ann.page, 'ann')
  const head = store?.headsByLog['shop/main']
  expect(head).toMatchObject({ position: entries.length, chain: entries.at(-1)?.chain })
  expect(store?.confirmed.filter((dot) => dot.startsWith('shop/main '))).toHaveLength(entries.length)
})

test('X2 the shop can be installed', async ({ shop }) => {
  // Only a profile that lasts is told so: in a fresh context Chromium names incognito as an error.
  const profile = mkdtempSync(join(tmpdir(), 'varve-profile-'))
  const context = await chromium.launchPersistentContext(profile, { ...chromiumLaunch(), baseURL: shop.url })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await arrive(page, 'Ann')
    await installed(page)
    const session = await context.newCDPSession(page)
    await expect
      .poll(async () => (await session.send('Page.getInstallabilityErrors')).installabilityErrors)
      .toEqual([])

    const href = await page.locator('link[rel="manifest"]').getAttribute('href')
    const manifest = await (await page.request.get(href ?? '')).json()
    expect(manifest).toMatchObject({ name: 'varve shop', start_url: '/', display: 'standalone' })
    for (const { src, type } of manifest.icons) {
      const icon = await page.request.get(src)
      expect(icon.ok(), src).toBe(true)
      expect(icon.headers()['content-type']).toContain(type)
    }
    const worker = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state)
    expect(worker).toBe('activated')
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
})
