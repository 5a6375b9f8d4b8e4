/** Everything that the site had stored is taken away (IndexedDB, localStorage, caches, service worker) under an open page. */
import type { Page } from '@playwright/test'
import { databaseOf } from './harness/browser-store.ts'
import {
  addToCart,
  allSaved,
  arrive,
  checkOut,
  chip,
  expectCart,
  norden,
  offlineWith,
  openCart,
  openProduct,
  orderState,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

test('X29 a page whose site data are gone acknowledges nothing more and says why; the next visit starts from the server', async ({
  shop,
  device,
}) => {
  const { page } = await device('ann')
  await arrive(page, 'Ann')
  await addToCart(page, norden)
  const before = await checkOut(page)
  await expect(orderState(page)).toHaveText('Confirmed')
  await openProduct(page, tea)
  await allSaved(page)

  await evict(page)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  const answer = page.getByRole('region', { name: 'Notices' })
  await expect(answer).toContainText('Not done. The store is no longer in this browser.')
  await expect(answer).not.toContainText(`${tea.name} is in your cart.`)
  await expectGone(page)
  expect(await databasesOf(page)).not.toContain(databaseOf('ann'))

  await page.reload()
  await arrive(page, 'Ann')
  await page.goto(`/orders/${before}`)
  await expect(orderState(page)).toHaveText('Confirmed')
  await addToCart(page, tea)
  const after = await checkOut(page)
  await expect(orderState(page)).toHaveText('Confirmed')
  await openCart(page)
  await expectCart(page, {})
  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  const of = (type: string) => events.filter((event) => event.type === type)
  expect(of('order.placed').map(({ stream }) => stream)).toEqual([`order/${before}`, `order/${after}`])
  expect(of('cart.itemAdded')).toHaveLength(2)
})

test('X29 what had not been sent is counted by the page that is open, and nobody knows of it later', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const { page } = ann
  await arrive(page, 'Ann')
  await ann.goOffline()
  await addToCart(page, norden)
  await addToCart(page, tea)
  await offlineWith(page, 2)

  await evict(page)
  // Nobody presses anything: it is noticed all the same.
  await expectGone(page, 2)

  // Now it could send what it counts, which its memory still has. It has said that this is lost: it stays so.
  await ann.goOnline()
  const other = await ann.newTab()
  await arrive(other, 'Ann')
  await openCart(other)
  await expectCart(other, {})
  await expectGone(page, 2)
  await page.getByRole('link', { name: /^Cart/ }).first().click()
  await expect(page.getByText('Not sent, may be lost')).toBeVisible()
  await expectCart(page, { [tea.name]: 1, [norden.name]: 1 })

  await page.reload()
  await arrive(page, 'Ann')
  await openCart(page)
  await expectCart(page, {})
  await expect(page.getByText('What this site had saved on this device is gone.')).toHaveCount(0)
  expect(await readServerLog(shop, 'ann', 'customer/ann')).toEqual([])
})

test('X29 one of two tabs starts anew while the other one, which led, is left as it is', async ({
  device,
}) => {
  const ann = await device('ann')
  await arrive(ann.page, 'Ann')
  const other = await ann.newTab()
  await other.goto('/')
  await allSaved(other)

  await evict(ann.page)
  await expectGone(ann.page)
  await expectGone(other)
  await other.reload()
  await arrive(other, 'Ann')
  await addToCart(other, norden)
  await checkOut(other)
  await expect(orderState(other)).toHaveText('Confirmed')
  await expectGone(ann.page)
})

/** As a browser does that needs the space, or a user who clears the site's data. */
async function evict(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { origin } = new URL(page.url())
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await session.detach()
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
}

async function expectGone(page: Page, waiting = 0): Promise<void> {
  const notice = page.getByText('The store is no longer in this browser.').filter({ visible: true })
  await expect(notice.first()).toBeVisible()
  const counted = waiting === 0 ? '' : ` ${waiting} waiting`
  await expect(chip(page)).toHaveAccessibleName(`Stopped · needs you${counted} Details`)
}

function databasesOf(page: Page): Promise<readonly (string | undefined)[]> {
  return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
}
