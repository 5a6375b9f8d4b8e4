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

    const medianMs: number[] = []
    for (const [{ page, goOffline }, server] of [[young, shop] as const, [old, grown] as const]) {
      await installed(page)
      await server.kill()
      await goOffline()
      const times: number[] = []
      for (let reload = 0; reload < reloads; reload++) times.push(await reloadMs(page))
      await offlineWith(page, 0)
      medianMs.push(times.sort((a, b) => a - b)[Math.floor(reloads / 2)] ?? 0)
    }
    const [few = 1, many = 1] = medianMs
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
