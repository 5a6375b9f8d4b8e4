/** What nobody hopes for: the browser crashes with work unsent, and the server comes back from an old backup. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { chromiumLaunch } from '../scripts/chromium.mjs'
import { readBrowserStore } from './harness/browser-store.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  chip,
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

test('X22 a server that comes back from an older backup stops the devices that know more, and they keep it all', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const { page, witness } = ann
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
    rmSync(shop.data, { recursive: true })
    cpSync(backup, shop.data, { recursive: true })
    const saidBefore = witness.texts.length
    await shop.start()

    await stopped(page)
    const notice = page.getByRole('status').filter({ hasText: 'The server holds another history' })
    await expect(notice).toBeVisible()
    await addToCart(page, norden)
    await openCart(page)
    await page.reload()
    await stopped(page)
    await expectCart(page, { [tea.name]: 1, [blackTea.name]: 1, [norden.name]: 1 })
    expect(witness.texts.slice(saidBefore)).not.toContain('All saved')
  } finally {
    rmSync(backup, { recursive: true, force: true })
  }
  const store = await readBrowserStore(page, 'ann')
  expect(store?.outbox).toHaveLength(1)
  expect(store?.confirmed.filter((dot) => dot.startsWith('customer/ann '))).toHaveLength(2)
  expect(await readServerLog(shop, 'ann', 'customer/ann')).toHaveLength(1)
})

async function stopped(page: Page): Promise<void> {
  await expect(chip(page)).toHaveAccessibleName(/^Stopped · needs you/, { timeout: 20_000 })
}
