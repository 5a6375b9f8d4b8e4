/** No network and no server: the shop goes on, also after a reload, and says how it stands. */
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  cartOn,
  expectCart,
  installed,
  offlineWith,
  openCart,
  openProduct,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'

test('X3 X23 without network and server the shop reloads, sells and remembers', async ({ shop, device }) => {
  const ann = await device('ann')
  const { page, witness } = ann
  await arrive(page, 'Ann')
  await installed(page)

  await shop.kill()
  await ann.goOffline()
  const saidBefore = witness.texts.length
  await page.reload()
  await expect(page.getByText('600 products')).toBeVisible()
  await offlineWith(page, 0)

  await addToCart(page, tea)
  await offlineWith(page, 1)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: tea.name })).toBeVisible()
  await offlineWith(page, 1)
  await openCart(page)
  await expectCart(page, { [tea.name]: 1 })
  await expect(page.getByText('Saved here, not sent yet')).toBeVisible()

  await addToCart(page, blackTea)
  await offlineWith(page, 2)
  await page.reload()
  await openCart(page)
  await expectCart(page, { [blackTea.name]: 1, [tea.name]: 1 })
  expect(await outboxOf(page, 'ann')).toHaveLength(2)
  expect(witness.texts.slice(saidBefore).filter((text) => text.startsWith('All saved'))).toEqual([])

  await shop.start()
  await ann.goOnline()
  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
  expect(await cartOn(page)).toEqual({ [blackTea.name]: 1, [tea.name]: 1 })
  expect(witness.looks).toBeGreaterThan(20)
})

test('X4 X23 a connection that dies unsaid is noticed, and meanwhile nothing is called saved', async ({
  device,
}) => {
  const ann = await device('ann')
  const { page, witness } = ann
  await arrive(page, 'Ann')
  await openProduct(page, tea)
  // What it says of the connection before is told.
  await allSaved(page)
  await expect.poll(() => witness.texts.at(-1)).toBe('All saved')

  ann.hush()
  const saidBefore = witness.texts.length
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expect(page.getByText(`${tea.name} is in your cart.`)).toBeVisible()
  await offlineWith(page, 1)
  expect(witness.texts.slice(saidBefore)).not.toContain('All saved')

  await ann.goOnline()
  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
})
