/** The worker of a page dies while the page has work for it. */
import { allSaved, arrive, expectCart, openCart, openProduct, outboxOf, tea } from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { cartLink } from './harness/traffic.ts'
import { readServerLog } from './harness/wire.ts'

const pieces = 30
const diesAt = [10, 20]
const resumesMs = 5_000

test('X11 a worker that dies in the middle of work is replaced, and every wish is done once', async ({
  shop,
  device,
}) => {
  const { page } = await device('ann')
  await arrive(page, 'Ann')
  await openProduct(page, tea)

  const add = page.getByRole('button', { name: 'Add to cart' })
  let diedAt = 0
  for (let piece = 1; piece <= pieces; piece++) {
    // Nobody waits for an answer: several wishes are on their way when it dies.
    await add.click()
    if (!diesAt.includes(piece)) continue
    const dying = page.workers()
    expect(dying).toHaveLength(1)
    diedAt = performance.now()
    // Ends it as a crash does: what it was doing is not finished, and nobody is told.
    await dying[0]?.evaluate(() => self.close()).catch(() => undefined)
  }
  await expect(cartLink(page, pieces)).toBeVisible({ timeout: resumesMs })
  test
    .info()
    .annotations.push({ type: 'back after', description: `${Math.round(performance.now() - diedAt)} ms` })

  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
  await openCart(page)
  await expectCart(page, { [tea.name]: pieces })
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(Array.from({ length: pieces }, () => 'cart.itemAdded'))
})
