/** What a device holds can be taken along as a file. */
import { readFile } from 'node:fs/promises'
import type { ExportLine } from 'varve/export'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  nothingWaits,
  offlineWith,
  outboxOf,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'

test('X30 without network and server a copy is saved: all that was confirmed, and what waits', async ({
  shop,
  device,
}) => {
  const ann = await device('ann')
  const { page } = ann
  await arrive(page, 'Ann')
  await addToCart(page, tea)
  await allSaved(page)
  await nothingWaits(page, 'ann')
  await ann.goOffline()
  await shop.kill()
  await addToCart(page, blackTea)
  await offlineWith(page, 1)

  await page.getByRole('button', { name: /^Ann, account/ }).click()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save a copy of my data' }).click()
  const file = await saving
  expect(file.suggestedFilename()).toMatch(/^shop-ann-\d{4}-\d\d-\d\d\.jsonl$/)
  const text = await readFile(await file.path(), 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportLine)
  const pending = lines.flatMap((line) => (line.kind === 'pending' ? [line.commit] : []))
  expect(pending.map(({ dot }) => dot)).toEqual((await outboxOf(page, 'ann')).map(({ dot }) => dot))
  expect(pending.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(['cart.itemAdded'])
  const confirmed = lines.flatMap((line) => (line.kind === 'entry' ? [line.entry] : []))
  const own = confirmed.filter(({ commit }) => commit.log === 'customer/ann')
  expect(own.flatMap(({ commit }) => commit.events.map(({ type }) => type))).toEqual(['cart.itemAdded'])
  expect(confirmed.some(({ commit }) => commit.log === 'shop/main')).toBe(true)
  expect(lines.at(-1)).toEqual({ kind: 'end', lines: lines.length })
})
