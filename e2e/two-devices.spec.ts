/** One customer, two devices, a day without network on both. */
import type { Page } from '@playwright/test'
import { readBrowserStore } from './harness/browser-store.ts'
import type { Device } from './harness/device.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  cartOn,
  checkOut,
  expectCart,
  norden,
  offlineWith,
  openCart,
  orderState,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

test('X5 X23 a day offline on two devices ends in one state on both', async ({ device }) => {
  const phone = await device('phone')
  const laptop = await device('laptop')
  await arrive(phone.page, 'Ann')
  await addToCart(phone.page, norden)
  const orderId = await checkOut(phone.page)
  await expect(orderState(phone.page)).toHaveText('Confirmed')
  await addToCart(phone.page, norden)
  await addToCart(phone.page, norden)
  await allSaved(phone.page)
  await arrive(laptop.page, 'Ann')
  await openCart(laptop.page)
  await expectCart(laptop.page, { [norden.name]: 2 })

  await phone.goOffline()
  await laptop.goOffline()
  // The phone: more of what is there, and a pot of tea. Its log is placed first.
  await openCart(phone.page)
  await phone.page.getByRole('button', { name: 'One more' }).click()
  await expectCart(phone.page, { [norden.name]: 3 })
  await addToCart(phone.page, tea)
  // The laptop: the same tea, another one, none of what is there, and the old order is taken back.
  await addToCart(laptop.page, tea)
  await addToCart(laptop.page, blackTea)
  await openCart(laptop.page)
  await laptop.page.getByRole('button', { name: `Remove ${norden.name}` }).click()
  await expectCart(laptop.page, { [blackTea.name]: 1, [tea.name]: 1 })
  await laptop.page.goto(`/orders/${orderId}`)
  await laptop.page.getByRole('button', { name: 'Cancel order' }).click()
  await expect(orderState(laptop.page)).toHaveText('Cancelled, waiting to be sent')
  await offlineWith(phone.page, 2)
  await offlineWith(laptop.page, 4)

  await phone.goOnline()
  await allSaved(phone.page)
  await laptop.goOnline()
  await allSaved(laptop.page)

  const merged = { [blackTea.name]: 1, [tea.name]: 2 }
  for (const { page } of [phone, laptop]) {
    await openCart(page)
    await expectCart(page, merged)
    await page.goto(`/orders/${orderId}`)
    await expect(orderState(page)).toHaveText('Cancelled')
    await expect(page.getByRole('link', { name: /^Inbox/ })).toHaveCount(0)
  }
  await expectSameStores(phone, laptop)
  for (const { page } of [phone, laptop]) {
    await openCart(page)
    expect(await reloadedCart(page)).toEqual(merged)
  }
})

test('X6 one cart checked out twice offline is one order, and the other device is told', async ({
  shop,
  device,
}) => {
  const phone = await device('phone')
  const laptop = await device('laptop')
  await arrive(phone.page, 'Ann')
  await addToCart(phone.page, tea)
  await allSaved(phone.page)
  await arrive(laptop.page, 'Ann')
  await openCart(laptop.page)
  await expectCart(laptop.page, { [tea.name]: 1 })

  await phone.goOffline()
  await laptop.goOffline()
  for (const { page } of [phone, laptop]) {
    await checkOut(page)
    await expect(orderState(page)).toHaveText('Waiting to be sent')
    await offlineWith(page, 1)
  }
  await phone.goOnline()
  await expect(orderState(phone.page)).toHaveText('Confirmed')
  await allSaved(phone.page)
  await laptop.goOnline()
  await allSaved(laptop.page)

  const { page } = laptop
  await expect(page.getByText('This order could not be kept')).toBeVisible()
  await page.getByRole('main').getByRole('link', { name: 'See what happened' }).click()
  const item = page.getByRole('article')
  await expect(item).toHaveCount(1)
  await expect(item).toContainText('This cart was ordered on another device.')
  await page.reload()
  await item.getByRole('button', { name: 'Dismiss' }).click()
  await expect(page.getByText('Nothing to look at')).toBeVisible()
  await page.reload()
  await expect(page.getByText('Nothing to look at')).toBeVisible()

  for (const { page } of [phone, laptop]) {
    await page.goto('/orders')
    await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(1)
    await expect(page.getByRole('main').getByText('Confirmed')).toBeVisible()
  }
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.filter(({ type }) => type === 'order.requested')).toHaveLength(1)
  await expectSameStores(phone, laptop)
})

/** Both have the same log up to the same place (by its chain), and nothing waits on either. */
async function expectSameStores(one: Device, other: Device): Promise<void> {
  await expect(async () => {
    const stores = await Promise.all([one, other].map(({ page }) => readBrowserStore(page, 'ann')))
    expect(stores[0]?.headsByLog).toEqual(stores[1]?.headsByLog)
    expect(stores[0]?.headsByLog['customer/ann']?.position).toBeGreaterThan(0)
    expect(stores[0]?.confirmed).toEqual(stores[1]?.confirmed)
  }).toPass()
  for (const { page } of [one, other]) expect(await outboxOf(page, 'ann')).toEqual([])
}

async function reloadedCart(page: Page) {
  await page.reload()
  await allSaved(page)
  await expect(page.getByRole('heading', { level: 1, name: 'Your cart' })).toBeVisible()
  return cartOn(page)
}
