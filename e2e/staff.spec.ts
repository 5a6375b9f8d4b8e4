/** Prices and stock are changed offline, on two devices of the staff, while a customer buys. */
import type { Locator, Page } from '@playwright/test'
import { readBrowserStore } from './harness/browser-store.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  checkOut,
  expectCart,
  norden,
  offlineWith,
  openCart,
  orderState,
  type Product,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'

test('X12 two staff devices change one stock offline: what both can have is kept, what cannot is told', async ({
  device,
}) => {
  const till = await device('till')
  const storeroom = await device('storeroom')
  for (const { page } of [till, storeroom]) {
    await arrive(page, 'Sam')
    await page.goto('/staff')
  }
  await till.goOffline()
  await storeroom.goOffline()
  // Both can be right about the black tea; of the Norden there are 34, and not both can have taken theirs away.
  await adjust(till.page, blackTea, -5)
  await adjust(till.page, norden, -30)
  await setPrice(till.page, tea, '19.90')
  await adjust(storeroom.page, blackTea, 3)
  await adjust(storeroom.page, norden, -10)
  await setPrice(storeroom.page, tea, '25.00')
  await offlineWith(till.page, 3)
  await offlineWith(storeroom.page, 3)

  await till.goOnline()
  await allSaved(till.page)
  await storeroom.goOnline()
  await allSaved(storeroom.page)

  for (const { page } of [till, storeroom]) {
    await expect(await row(page, blackTea)).toContainText('87 free')
    await expect(await row(page, norden)).toContainText('4 free')
    await expect(await row(page, tea)).toContainText('19.90')
  }
  await expect(till.page.getByRole('link', { name: /^Inbox/ })).toHaveCount(0)
  await storeroom.page.getByRole('link', { name: 'Inbox, 2 to look at' }).click()
  const main = storeroom.page.getByRole('main')
  await expect(main.getByRole('article')).toHaveCount(2)
  await expect(main.getByRole('article').filter({ hasText: norden.name })).toContainText(
    'There are not that many pieces.',
  )
  await expect(main.getByRole('article').filter({ hasText: tea.name })).toContainText(
    'Somebody else changed this price meanwhile.',
  )
  await expect(async () => {
    const stores = await Promise.all([till, storeroom].map(({ page }) => readBrowserStore(page, 'sam')))
    expect(stores[0]?.headsByLog['shop/main']).toEqual(stores[1]?.headsByLog['shop/main'])
    expect(stores.map((store) => store?.outbox)).toEqual([[], []])
  }).toPass()
})

test('X13 a customer who ordered offline at an old price is asked again, not charged another', async ({
  device,
}) => {
  const ann = await device('ann')
  const sam = await device('sam')
  await arrive(ann.page, 'Ann')
  await arrive(sam.page, 'Sam')
  await ann.goOffline()
  await addToCart(ann.page, tea)
  await checkOut(ann.page)
  await offlineWith(ann.page, 2)

  await sam.page.goto('/staff')
  await setPrice(sam.page, tea, '24.50')
  await allSaved(sam.page)
  await ann.goOnline()
  await expect(orderState(ann.page)).toHaveText('Price changed meanwhile: back in your cart')
  await allSaved(ann.page)
  await openCart(ann.page)
  await expectCart(ann.page, { [tea.name]: 1 })
  await expect(ann.page.getByRole('main')).toContainText('24.50')

  // At the new price, which she has seen now, it is hers.
  await checkOut(ann.page)
  await expect(orderState(ann.page)).toHaveText('Confirmed')
})

async function row(page: Page, { sku, name }: Product): Promise<Locator> {
  await page.getByRole('textbox', { name: 'Find a product' }).fill(sku)
  const found = page.getByRole('article', { name, exact: true })
  await expect(found).toBeVisible()
  return found
}

async function adjust(page: Page, product: Product & { readonly free: number }, by: number): Promise<void> {
  const article = await row(page, product)
  await article.getByRole('textbox', { name: `Change the stock of ${product.name} by` }).fill(String(by))
  await article.getByRole('button', { name: 'Adjust' }).click()
  await expect(article).toContainText(`${product.free + by} free`)
}

async function setPrice(page: Page, product: Product, euros: string): Promise<void> {
  const article = await row(page, product)
  await article.getByRole('textbox', { name: `New price of ${product.name}, in euros` }).fill(euros)
  await article.getByRole('button', { name: 'Set price' }).click()
  await expect(article).toContainText(euros)
}
