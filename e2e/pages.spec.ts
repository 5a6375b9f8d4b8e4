/** Every main page, on a phone and on a desk, by day and by night: for all to use, and if one likes to be looked at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import axe, { type RunOnly } from 'axe-core'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  checkOut,
  expectCart,
  lastBeans,
  norden,
  openCart,
  orderState,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'

const rulesByDay: RunOnly = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }
/** The page is the same by night, but for its colours. */
const rulesByNight: RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }
const phone = { width: 390, height: 844 }
const desk = { width: 1280, height: 900 }
/** For a person: `VARVE_SCREENSHOTS=1 npm run e2e` leaves a picture of each page in each theme. */
const isLookedAt = Boolean(process.env.VARVE_SCREENSHOTS)
const folder = join(import.meta.dirname, 'test-results', 'screenshots')

test('X18 every page is accessible in both themes and fits the screen, on a phone and on a desk', async ({
  device,
}) => {
  // Some sixty views, each looked at by axe.
  test.setTimeout(420_000)
  mkdirSync(folder, { recursive: true })
  /** Each violation once, with the pages that have it. */
  const pagesByViolation = new Map<string, string[]>()
  const look = lookInto(pagesByViolation)
  const ann = await device('ann', phone)
  const sam = await device('sam', phone)
  const { page } = ann

  await page.goto('/')
  await expect(page.getByText('Who is shopping?')).toBeVisible()
  await look(page, 'sign-in')
  await arrive(page, 'Ann')
  await look(page, 'browse')
  await page.goto('/?q=lamp')
  await expect(page.getByText(/\d+ products?$/).first()).toBeVisible()
  await look(page, 'search')
  await page.goto(`/product/${tea.sku}`)
  await expect(page.getByRole('heading', { level: 1, name: tea.name })).toBeVisible()
  await look(page, 'product')
  await openCart(page)
  await look(page, 'cart-empty')
  for (const product of [tea, blackTea, norden]) await addToCart(page, product)
  await openCart(page)
  await look(page, 'cart')
  await page.goto('/checkout')
  await expect(page.getByRole('button', { name: 'Place order' })).toBeVisible()
  await look(page, 'checkout')
  await checkOut(page)
  await expect(orderState(page)).toHaveText('Confirmed')
  await allSaved(page)
  await look(page, 'order-confirmed')

  // Offline: an order that waits, and then one that comes too late, for sam has sold the piece.
  await ann.goOffline()
  await addToCart(page, lastBeans)
  await checkOut(page)
  await expect(orderState(page)).toHaveText('Waiting to be sent')
  await look(page, 'order-waiting')
  await arrive(sam.page, 'Sam')
  await sam.page.goto('/staff')
  await sam.page.getByRole('textbox', { name: 'Find a product' }).fill(lastBeans.sku)
  await sam.page.getByRole('textbox', { name: /^Change the stock/ }).fill('-1')
  await sam.page.getByRole('button', { name: 'Adjust' }).click()
  await expect(sam.page.getByText('0 free')).toBeVisible()
  await allSaved(sam.page)
  await sam.page.getByRole('textbox', { name: 'Find a product' }).fill('')
  await look(sam.page, 'staff')
  await ann.goOnline()
  await expect(orderState(page)).toHaveText('Sold out meanwhile: back in your cart')
  await allSaved(page)
  await look(page, 'order-declined')
  await page.goto('/orders')
  await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(2)
  await look(page, 'orders')

  // The inbox, with something in it: the cart is ordered on another device first.
  const other = await device('other', phone)
  await arrive(other.page, 'Ann')
  await openCart(other.page)
  await expectCart(other.page, { [lastBeans.name]: 1 })
  await addToCart(other.page, tea)
  await allSaved(page)
  await ann.goOffline()
  await checkOut(page)
  await checkOut(other.page)
  await allSaved(other.page)
  await ann.goOnline()
  await page.goto('/inbox')
  await expect(page.getByRole('article')).toBeVisible()
  await allSaved(page)
  await look(page, 'inbox')
  await chipDetails(page)
  await look(page, 'status-details')
  expect(Object.fromEntries(pagesByViolation)).toEqual({})
})

/** Both themes of the page as it stands, on both screens: axe looks, nothing scrolls sideways, and a picture may be taken. */
function lookInto(pagesByViolation: Map<string, string[]>) {
  return async (page: Page, what: string): Promise<void> => {
    await expect(page.locator('[aria-label="Notices"] p')).toHaveCount(0)
    expect(page.frames()).toHaveLength(1)
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
      for (const viewport of [desk, phone]) {
        const view = `${what}-${viewport.width}-${theme}`
        await page.setViewportSize(viewport)
        await stillness(page)
        for (const violation of await violationsOn(page, theme === 'light' ? rulesByDay : rulesByNight))
          pagesByViolation.set(violation, [...(pagesByViolation.get(violation) ?? []), view])
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect.soft(overflow, `pixels by which ${view} scrolls sideways`).toBeLessThanOrEqual(0)
        if (isLookedAt) await page.screenshot({ path: join(folder, `${view}.png`) })
      }
    }
  }
}

async function violationsOn(page: Page, runOnly: RunOnly): Promise<readonly string[]> {
  // Not by its package for Playwright, which would load it into the page again for each look.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  return page.evaluate(async (runOnly) => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import('axe-core') }
    const { violations } = await axe.run(
      { exclude: ['svg[aria-hidden="true"]'] },
      { runOnly, resultTypes: ['violations'] },
    )
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }, runOnly)
}

/** Colours have gone from one theme to the other. Nobody waits for that: in a page that is not painted it may take for ever. */
async function stillness(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const animation of document.getAnimations())
      if (Number(animation.effect?.getComputedTiming().endTime) < Number.POSITIVE_INFINITY) animation.finish()
  })
}

async function chipDetails(page: Page): Promise<void> {
  await page.locator('button[popovertarget="status-details"]').click()
  await expect(page.getByRole('region', { name: 'Sync details' })).toBeVisible()
}
