/** `kill -9` of the server in the middle of traffic, twice, on the same file. */
import { auditDots } from './harness/audit.ts'
import { readLogFile } from './harness/log-file.ts'
import {
  allSaved,
  arrive,
  blackTea,
  chip,
  expectCart,
  nothingWaits,
  openCart,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { acknowledgedDots, startTraffic } from './harness/traffic.ts'

const pieces = 24

test('X10 X23 a server that is killed in the middle of traffic loses and doubles nothing', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const ben = await device('ben')
  await arrive(ann.page, 'Ann')
  await arrive(ben.page, 'Ben')
  const traffics = [await startTraffic(ann.page, tea, pieces), await startTraffic(ben.page, blackTea, pieces)]

  const seen = new Set<string>()
  for (const killAt of [5, 14]) {
    await Promise.all(traffics.map((traffic) => traffic.reached(killAt)))
    await shop.kill()
    for (const { page } of [ann, ben]) {
      await expect(chip(page)).toHaveAccessibleName(/^Offline · saved on this device/)
    }
    for (const dot of await acknowledgedDots(ann.page, 'ann')) seen.add(dot)
    for (const dot of await acknowledgedDots(ben.page, 'ben')) seen.add(dot)
    await shop.start()
  }
  await Promise.all(traffics.map(({ done }) => done))

  for (const { page } of [ann, ben]) await allSaved(page)
  await nothingWaits(ann.page, 'ann')
  await nothingWaits(ben.page, 'ben')
  await openCart(ann.page)
  await expectCart(ann.page, { [tea.name]: pieces })
  await openCart(ben.page)
  await expectCart(ben.page, { [blackTea.name]: pieces })
  for (const dot of await acknowledgedDots(ann.page, 'ann')) seen.add(dot)
  for (const dot of await acknowledgedDots(ben.page, 'ben')) seen.add(dot)

  await shop.stop()
  const logs = readLogFile(shop.file)
  expect(auditDots(logs, seen)).toEqual([])
  for (const log of ['customer/ann', 'customer/ben']) {
    const events = (logs.get(log) ?? []).flatMap(({ commit }) => commit.events)
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: pieces }, () => 'cart.itemAdded'))
  }
})
