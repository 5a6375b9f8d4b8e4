/**
 * A tab that the operating system stops in the middle (SIGSTOP), or ends (SIGKILL). No witness watches these pages: it
 * reads the database all the time, and a tab that is frozen within a read holds up every writer.
 */
import type { Browser, Page } from '@playwright/test'
import { databaseOf } from './harness/browser-store.ts'
import { type Renderer, rendererOf } from './harness/renderer.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  chip,
  expectCart,
  norden,
  nothingWaits,
  openCart,
  openProduct,
  tea,
} from './harness/shop-page.ts'
import type { ShopServer } from './harness/shop-server.ts'
import { expect, test } from './harness/test.ts'
import { cartLink } from './harness/traffic.ts'
import { readServerLog } from './harness/wire.ts'

const frozenTakeoverMs = 8_000
const deadTakeoverMs = 2_000
const savedMs = 4_000

interface Tabs {
  /** Leads at first. */
  readonly first: Page
  readonly second: Page
  readonly renderers: { readonly first: Renderer; readonly second: Renderer }
  close(): Promise<void>
}

async function openTabs(browser: Browser, shop: ShopServer): Promise<Tabs> {
  // A service worker lives in the process of some tab: frozen with it, it would hold up the pages of all.
  const context = await browser.newContext({
    baseURL: shop.url,
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  })
  const first = await context.newPage()
  await arrive(first, 'Ann')
  await openCart(first)
  const second = await context.newPage()
  await openCart(second)
  await expect(role(first)).toContainText(leads)
  await expect(role(second)).toContainText(follows)
  await allSaved(second)
  const renderers = { first: await rendererOf(browser, first), second: await rendererOf(browser, second) }
  expect(renderers.first.pid).not.toBe(renderers.second.pid)
  return {
    first,
    second,
    renderers,
    async close() {
      renderers.first.thaw()
      renderers.second.thaw()
      await context.close()
    },
  }
}

test('Y11 Y12 a leading tab that is frozen is replaced within 8 s, wakes as a follower, and does no harm', async ({
  browser,
  shop,
}) => {
  const { first, second, renderers, close } = await openTabs(browser, shop)
  try {
    await addToCart(second, tea)
    await openCart(second)
    // Else it may be frozen in the middle of applying that, and hold the database: another story (B18, below).
    for (const page of [first, second]) await allSaved(page)
    await nothingWaits(second, 'ann')
    renderers.first.freeze()
    const frozenAt = performance.now()
    await expect(role(second)).toContainText(leads, { timeout: frozenTakeoverMs })
    note('frozen leader replaced after', frozenAt)
    await addToCart(second, blackTea)
    await allSaved(second)

    renderers.first.thaw()
    await expect(role(first)).toContainText(follows)
    await expectCart(first, { [tea.name]: 1, [blackTea.name]: 1 })
    await addToCart(first, norden)
    for (const page of [first, second]) {
      await allSaved(page)
      await openCart(page)
      await expectCart(page, { [tea.name]: 1, [blackTea.name]: 1, [norden.name]: 1 })
    }
    const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'cart.itemAdded'))
  } finally {
    await close()
  }
})

test('Y11 the renderer of a leading tab is killed: another leads within 2 s', async ({ browser, shop }) => {
  const { second, renderers, close } = await openTabs(browser, shop)
  try {
    renderers.first.kill()
    const killedAt = performance.now()
    await expect(role(second)).toContainText(leads, { timeout: deadTakeoverMs })
    note('dead leader replaced after', killedAt)
    await addToCart(second, tea)
    await allSaved(second)
  } finally {
    await close()
  }
})

test('B18 B19 a tab that is frozen inside a transaction keeps nobody from saving within 4 s', async ({
  browser,
  shop,
}) => {
  const { first, second, renderers, close } = await openTabs(browser, shop)
  try {
    await openProduct(second, tea)
    await allSaved(second)
    await holdDatabase(first, databaseOf('ann'))
    const leader = await leaderOf(second)
    renderers.first.freeze()
    await second.getByRole('button', { name: 'Add to cart' }).click()
    const clickedAt = performance.now()
    await expect(second.getByText(`${tea.name} is in your cart.`)).toBeVisible({ timeout: savedMs })
    note('saved beside a held database after', clickedAt)
    await expect(chip(second)).not.toHaveAccessibleName('All saved Details')

    // The second has stolen the lead too, though it cannot take another name before the database answers.
    await expect.poll(() => leaderOf(second), { timeout: frozenTakeoverMs }).not.toBe(leader)
    renderers.first.thaw()
    await first.evaluate(() => Reflect.set(globalThis, 'lettingGo', true))
    await expect(cartLink(second, 1)).toBeVisible()
    for (const page of [first, second]) await allSaved(page)
    await openCart(first)
    await expectCart(first, { [tea.name]: 1 })
    const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
    expect(events.map(({ type }) => type)).toEqual(['cart.itemAdded'])
  } finally {
    await close()
  }
})

test('B23 a tab that is opened beside a held database says so, and opens when it is let go', async ({
  browser,
  shop,
}) => {
  const { first, close } = await openTabs(browser, shop)
  try {
    await holdDatabase(first, databaseOf('ann'))
    const third = await first.context().newPage()
    await third.goto(shop.url)
    const said = third.getByText('The database of this store does not answer')
    await expect(said).toBeVisible()
    await first.evaluate(() => Reflect.set(globalThis, 'lettingGo', true))
    await addToCart(third, tea)
    await allSaved(third)
    await expect(said).toHaveCount(0)
  } finally {
    await close()
  }
})

/** From the page, a read-write transaction over all of it, until `lettingGo` is set. */
async function holdDatabase(page: Page, name: string): Promise<void> {
  await page.evaluate(async (name) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
    const transaction = database.transaction([...database.objectStoreNames], 'readwrite')
    transaction.oncomplete = () => database.close()
    await new Promise<void>((resolve) => {
      const ask = (): void => {
        transaction.objectStore('meta').count().onsuccess = () => {
          resolve()
          if (Reflect.get(globalThis, 'lettingGo') !== true) ask()
        }
      }
      ask()
    })
  }, name)
}

/** Who holds the lock of the leader. */
function leaderOf(page: Page): Promise<string | undefined> {
  return page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query()
    return held.find(({ name }) => name?.endsWith(':leader'))?.clientId
  })
}

const leads = 'sends for all tabs'
const follows = 'lets another tab send'

/** The sync details; they are in the page while the chip is not pressed, too. */
function role(page: Page) {
  return page.locator('#status-details')
}

function note(type: string, sinceMs: number): void {
  test.info().annotations.push({ type, description: `${Math.round(performance.now() - sinceMs)} ms` })
}
