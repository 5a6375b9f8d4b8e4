/** A store that has seen thousands of events opens, offline, as one that has seen few does. */
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { readBrowserStore } from './harness/browser-store.ts'
import { openDevice } from './harness/device.ts'
import { startNode } from './harness/processes.ts'
import { arrive, installed, offlineWith } from './harness/shop-page.ts'
import { createShopServer } from './harness/shop-server.ts'
import { expect, test } from './harness/test.ts'

const events = 5_000
const reloads = 3
/** Generous: what it guards against is opening by folding the whole log, which takes many times as long. */
const ratioMax = 4

const maker = fileURLToPath(new URL('./harness/make-events.ts', import.meta.url))

test('X14 a cold start offline after 5 000 more events takes no multiple of one before', async ({
  shop,
  device,
  browser,
}) => {
  const young = await device('young')
  await arrive(young.page, 'Ann')

  const grown = await createShopServer()
  await startNode([maker, grown.data, String(events)]).ended
  await grown.start()
  const old = await openDevice(browser, { name: 'old', url: grown.url })
  try {
    await arrive(old.page, 'Ann')
    const store = await readBrowserStore(old.page, 'ann')
    expect(store?.headsByLog['shop/main']?.position).toBeGreaterThanOrEqual(events)

    const stores = [
      { device: young, server: shop, times: [] as number[] },
      { device: old, server: grown, times: [] as number[] },
    ]
    for (const { device: each, server } of stores) {
      await installed(each.page)
      await server.kill()
      await each.goOffline()
    }
    // In turn: whatever else this machine does slows down both.
    for (let reload = 0; reload < reloads; reload++)
      for (const { device: each, times } of stores) times.push(await reloadMs(each.page))
    for (const { device: each } of stores) await offlineWith(each.page, 0)
    const [few = 1, many = 1] = stores.map(
      ({ times }) => times.sort((a, b) => a - b)[Math.floor(reloads / 2)],
    )
    const description = `${Math.round(few)} ms with few events, ${Math.round(many)} ms with ${events} more`
    test.info().annotations.push({ type: 'cold start', description })
    console.log(`X14 cold start offline: ${description}`)
    expect(many / few).toBeLessThan(ratioMax)
    expect(old.faults).toEqual([])
    expect(old.witness.lies).toEqual([])
  } finally {
    await old.close()
    await grown.remove()
  }
})

/** From the start of the navigation to the list on the screen, by the page's own clock. */
async function reloadMs(page: Page): Promise<number> {
  await page.reload({ waitUntil: 'commit' })
  const shown = await page.waitForFunction(() =>
    document.body?.textContent.includes('600 products') ? performance.now() : 0,
  )
  return Number(await shown.jsonValue())
}
