/** There is one piece left, and two customers want it. */
import {
  addToCart,
  allSaved,
  arrive,
  checkOut,
  expectCart,
  lastBeans,
  offlineWith,
  openCart,
  orderState,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'

test('X7 the last piece bought twice offline is sold once, and the other customer gets the cart back', async ({
  device,
}) => {
  const ann = await device('ann')
  const ben = await device('ben')
  await arrive(ann.page, 'Ann')
  await arrive(ben.page, 'Ben')
  for (const buyer of [ann, ben]) {
    await buyer.goOffline()
    await addToCart(buyer.page, lastBeans)
    await checkOut(buyer.page)
    await expect(orderState(buyer.page)).toHaveText('Waiting to be sent')
    await offlineWith(buyer.page, 2)
  }

  await Promise.all([ann.goOnline(), ben.goOnline()])
  for (const { page } of [ann, ben]) {
    await expect(orderState(page)).toHaveText(/^(Confirmed|Sold out meanwhile: back in your cart)$/)
    await allSaved(page)
  }

  const annWon = (await orderState(ann.page).textContent()) === 'Confirmed'
  const [winner, loser] = annWon ? [ann, ben] : [ben, ann]
  await expect(orderState(winner.page)).toHaveText('Confirmed')
  await expect(orderState(loser.page)).toHaveText('Sold out meanwhile: back in your cart')
  const main = loser.page.getByRole('main')
  await expect(main).toContainText(`Sold out meanwhile: ${lastBeans.name}. Your order is back in your cart.`)
  const line = main.getByRole('listitem').filter({ hasText: lastBeans.name })
  await expect(line).toContainText('Sold out meanwhile')

  await openCart(loser.page)
  await expectCart(loser.page, { [lastBeans.name]: 1 })
  await expect(loser.page.getByRole('main')).toContainText('Sold out')
  await openCart(winner.page)
  await expect(winner.page.getByText('Nothing in it yet')).toBeVisible()
})
