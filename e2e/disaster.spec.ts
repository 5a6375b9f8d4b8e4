/** What nobody hopes for: the browser crashes with work unsent, and the server comes back from an old backup. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from '@playwright/test'
import { chromiumLaunch } from '../scripts/chromium.mjs'
import { readBrowserStore } from './harness/browser-store.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  expectCart,
  installed,
  norden,
  offlineWith,
  openCart,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { newDataFolder } from './harness/shop-server.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

test('X21 a browser that crashes offline opens again, offline, with all it had acknowledged', async ({
  shop,
}) => {
  const profile = mkdtempSync(join(tmpdir(), 'varve-profile-'))
  const launch = (offline: boolean) =>
    chromium.launchPersistentContext(profile, { ...chromiumLaunch(), baseURL: shop.url, offline })
  let context = await launch(false)
  try {
    const first = context.pages()[0] ?? (await context.newPage())
    await arrive(first, 'Ann')
    await installed(first)
    // Seconds after the sign-in, so that this too must be on the disk.
    await crash(context, profile)
    await shop.kill()

    context = await launch(true)
    const page = context.pages()[0] ?? (await context.newPage())
    await addToCart(page, tea)
    await addToCart(page, blackTea)
    await offlineWith(page, 2)
    await crash(context, profile)

    context = await launch(true)
    const again = context.pages()[0] ?? (await context.newPage())
    await openCart(again)
    await expectCart(again, { [tea.name]: 1, [blackTea.name]: 1 })
    await offlineWith(again, 2)

    await shop.start()
    await context.setOffline(false)
    await allSaved(again)
    expect(await outboxOf(again, 'ann')).toEqual([])
    const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
    expect(events.map(({ type }) => type)).toEqual(['cart.itemAdded', 'cart.itemAdded'])
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
})

async function crash(context: BrowserContext, profile: string): Promise<void> {
  const [page] = context.pages()
  if (page === undefined) throw new Error('A browser without a page cannot be told to crash.')
  const session = await context.newCDPSession(page)
  const gone = context.waitForEvent('close')
  session.send('Browser.crash').catch(() => undefined)
  await gone
  // Left behind by the dead, they would keep the living out.
  for (const name of readdirSync(profile)) {
    if (name.startsWith('Singleton')) rmSync(join(profile, name), { force: true })
  }
}

test('X22 a server that comes back from an older backup gets back from the devices what it has lost', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const { page } = ann
  await arrive(page, 'Ann')
  await installed(page)
  await addToCart(page, tea)
  await allSaved(page)
  const backup = newDataFolder()
  try {
    await shop.stop()
    cpSync(shop.data, backup, { recursive: true })
    await shop.start()
    await addToCart(page, blackTea)
    await allSaved(page)
    await shop.stop()
    await addToCart(page, norden)
    rmSync(shop.data, { recursive: true })
    cpSync(backup, shop.data, { recursive: true })
    await shop.start()
    await allSaved(page)
  } finally {
    rmSync(backup, { recursive: true, force: true })
  }
  const store = await readBrowserStore(page, 'ann')
  expect(store?.outbox).toEqual([])
  const entries = await readServerLog(shop, 'ann', 'customer/ann')
  const events = entries.flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(['cart.itemAdded', 'cart.itemAdded', 'cart.itemAdded'])
  await openCart(page)
  await page.reload()
  await expectCart(page, { [tea.name]: 1, [blackTea.name]: 1, [norden.name]: 1 })
})
