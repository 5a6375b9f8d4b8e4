/** The worker of a page dies while the page has work for it. */
import type { Page, Worker } from '@playwright/test'
import {
  allSaved,
  arrive,
  expectCart,
  nothingWaits,
  offlineWith,
  openCart,
  openProduct,
  tea,
} from './harness/shop-page.ts'
import type { ShopServer } from './harness/shop-server.ts'
import { expect, test } from './harness/test.ts'
import { cartLink } from './harness/traffic.ts'
import { readServerLog } from './harness/wire.ts'

/** A worker that does not come to run is given up after 4 s, the next one after 8 s. */
const resumesMs = 15_000

test('X11 a worker that dies in the middle of work is replaced, and every wish is done once', async ({
  shop,
  device,
}) => {
  const pieces = 30
  const { page } = await device('ann')
  await arrive(page, 'Ann')
  await openProduct(page, tea)

  let diedAt = 0
  for (let piece = 1; piece <= pieces; piece++) {
    // Nobody waits for an answer: several wishes are on their way when it dies.
    await page.getByRole('button', { name: 'Add to cart' }).click()
    if (piece % 10 !== 0 || piece === pieces) continue
    diedAt = performance.now()
    // Ends it as a crash does: what it was doing is not finished, and nobody is told.
    const dying = await onlyWorker(page)
    await dying.evaluate(() => self.close()).catch(() => undefined)
  }
  await expect(cartLink(page, pieces)).toBeVisible({ timeout: resumesMs })
  test
    .info()
    .annotations.push({ type: 'back after', description: `${Math.round(performance.now() - diedAt)} ms` })
  await expectOnce(page, shop, pieces)
})

test('X11 a worker that dies between the disk and the answer is not asked to do it twice', async ({
  shop,
  device,
}) => {
  const pieces = 3
  const ann = await device('ann')
  const { page } = ann
  await arrive(page, 'Ann')
  await openProduct(page, tea)
  // Offline, the only writes to the outbox are the wishes.
  await ann.goOffline()
  await offlineWith(page, 0)

  for (let piece = 1; piece <= pieces; piece++) {
    const dying = await onlyWorker(page)
    const dead = dying.waitForEvent('close')
    await dying.evaluate(dieOnceStored)
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await dead
    await expect(cartLink(page, piece)).toBeVisible({ timeout: resumesMs })
    const notices = page.getByText(`${tea.name} is in your cart.`)
    await expect(notices).toHaveCount(1)
    await page.getByRole('button', { name: 'Close this notice' }).click()
    await expect(notices).toHaveCount(0)
    await offlineWith(page, piece)
  }
  await ann.goOnline()
  await expectOnce(page, shop, pieces)
})

/** The worker that is there now or, after a death, soon. */
async function onlyWorker(page: Page) {
  await expect.poll(() => page.workers().length, { timeout: resumesMs }).toBe(1)
  return page.workers()[0] as Worker
}

/** In the worker: from the next write to the outbox on nothing leaves it, and when that is on disk it dies. */
function dieOnceStored(): void {
  const { add } = IDBObjectStore.prototype
  IDBObjectStore.prototype.add = function (value, key) {
    if (this.name === 'outbox') {
      self.postMessage = MessagePort.prototype.postMessage = () => undefined
      this.transaction.addEventListener('complete', () => self.close())
    }
    return key === undefined ? add.call(this, value) : add.call(this, value, key)
  }
}

async function expectOnce(page: Page, shop: ShopServer, pieces: number): Promise<void> {
  await allSaved(page)
  await nothingWaits(page, 'ann')
  await openCart(page)
  await expectCart(page, { [tea.name]: pieces })
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(Array.from({ length: pieces }, () => 'cart.itemAdded'))
}
