/** Two tabs of one browser: one store, one of them sends for all tabs. */
import type { Page } from '@playwright/test'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  chip,
  expectCart,
  installed,
  nothingWaits,
  offlineWith,
  openCart,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

test('X8 what one tab does the other shows, and when the leading tab closes the other leads', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const first = ann.page
  await arrive(first, 'Ann')
  const second = await ann.newTab()
  await openCart(second)
  await expect(role(first)).toContainText('sends for all tabs')
  await expect(role(second)).toContainText('lets another tab send')

  await addToCart(first, tea)
  await expectCart(second, { [tea.name]: 1 })
  await second.getByRole('button', { name: 'One more' }).click()
  await openCart(first)
  await expectCart(first, { [tea.name]: 2 })
  await allSaved(first)
  await allSaved(second)

  await first.close()
  await expect(role(second)).toContainText('sends for all tabs')
  await addToCart(second, blackTea)
  await allSaved(second)
  await nothingWaits(second, 'ann')
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(['cart.itemAdded', 'cart.quantityChanged', 'cart.itemAdded'])
})

test('X9 two tabs work and reload offline, and both send what both did', async ({ device }) => {
  const ann = await device('ann')
  const first = ann.page
  await arrive(first, 'Ann')
  await installed(first)
  const second = await ann.newTab()
  await openCart(second)
  await allSaved(second)

  await ann.goOffline()
  await addToCart(first, tea)
  await expectCart(second, { [tea.name]: 1 })
  await second.getByRole('button', { name: 'One more' }).click()
  await expectCart(second, { [tea.name]: 2 })
  for (const page of [first, second]) {
    await page.reload()
    await offlineWith(page, 2)
  }
  await openCart(first)
  await expectCart(first, { [tea.name]: 2 })
  await expectCart(second, { [tea.name]: 2 })

  await ann.goOnline()
  for (const page of [first, second]) await allSaved(page)
  await expect(chip(first)).toBeVisible()
  expect(await outboxOf(first, 'ann')).toEqual([])
  await expectCart(second, { [tea.name]: 2 })
})

/** The sync details; they are in the page while the chip is not pressed, too. */
function role(page: Page) {
  return page.locator('#status-details')
}
