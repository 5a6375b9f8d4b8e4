/** What a browser meets on real networks besides none: one that swallows, one that drips, somebody else who answers. */
import { captivePortal, tooManyRequests, unavailable } from 'varve-server/testing'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  chip,
  expectCart,
  installed,
  norden,
  offlineWith,
  openCart,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { readServerLog } from './harness/wire.ts'

/** A heartbeat of silence, the ping's 5 s, and a busy machine. */
const noticedMs = 25_000

test('X24 X23 a network that swallows everything and closes nothing is called offline within a heartbeat and a ping', async ({
  shop,
  network,
  device,
}) => {
  const { page, witness } = await device('ann', undefined, network.url)
  await arrive(page, 'Ann')
  await installed(page)

  network.set({ blackHole: true })
  const saidBefore = witness.texts.length
  await addToCart(page, tea)
  await expect(chip(page)).toHaveAccessibleName(/^Offline · saved on this device/, { timeout: noticedMs })
  expect(network.connections).toBeGreaterThan(0)
  await addToCart(page, blackTea)
  await offlineWith(page, 2)
  expect(witness.texts.slice(saidBefore)).not.toContain('All saved')

  // Then it is there again, but next to nothing.
  network.set({ blackHole: false, dripBytesPerSecond: 4_000 })
  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
  network.heal()
  await openCart(page)
  await expectCart(page, { [tea.name]: 1, [blackTea.name]: 1 })
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(['cart.itemAdded', 'cart.itemAdded'])
})

test('X25 X23 somebody else who answers, with a page to sign in on, a 503 or a 429, is no server: work goes on offline', async ({
  shop,
  network,
  device,
}) => {
  const { page, witness } = await device('ann', undefined, network.url)
  await arrive(page, 'Ann')
  await installed(page)
  const saidBefore = witness.texts.length

  for (const [index, answer] of [captivePortal, unavailable, tooManyRequests].entries()) {
    network.set({ answer })
    network.reset()
    const answered = network.counts.answered
    await expect.poll(() => network.counts.answered, { timeout: 30_000 }).toBeGreaterThan(answered)
    // A reload shows the shop, not what the stranger says.
    await addToCart(page, [tea, blackTea, norden][index] ?? tea)
    await offlineWith(page, index + 1)
    await page.reload()
    await expect(chip(page)).toHaveAccessibleName(/^Offline · saved on this device/)
  }
  expect(witness.texts.slice(saidBefore).filter((text) => text.startsWith('All saved'))).toEqual([])

  network.heal()
  await allSaved(page)
  expect(await outboxOf(page, 'ann')).toEqual([])
  await openCart(page)
  await expectCart(page, { [tea.name]: 1, [blackTea.name]: 1, [norden.name]: 1 })
  const events = (await readServerLog(shop, 'ann', 'customer/ann')).flatMap(({ commit }) => commit.events)
  expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'cart.itemAdded'))
})
