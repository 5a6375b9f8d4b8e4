/**
 * What every suite stands on: a server of its own and as many devices as it wants. At the end of each test the judge
 * looks: no page had an error, no chip told a lie, the server's logs hold what must hold, and nothing is left running.
 */
import { test as base } from '@playwright/test'
import { type FaultProxy, startFaultProxy } from 'varve-server/testing'
import { audit } from './audit.ts'
import { type Device, openDevice } from './device.ts'
import { readLogFile } from './log-file.ts'
import { createShopServer, type ShopServer } from './shop-server.ts'

export interface Fixtures {
  /** Runs, on a fresh copy of the seeded shop. */
  readonly shop: ShopServer
  /** A bad network before the server, good at first, for devices that are opened at its `url`. */
  readonly network: FaultProxy
  /** Opens a new device; named for messages. Default: at the server's own url. */
  readonly device: (
    name: string,
    viewport?: { readonly width: number; readonly height: number },
    url?: string,
  ) => Promise<Device>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
  shop: async ({}, use, info) => {
    const server = await createShopServer()
    try {
      await server.start()
      await use(server)
      await server.stop()
      if (info.status !== info.expectedStatus) console.log(server.output())
      base.expect(audit(readLogFile(server.file)), 'the audit of the server logs').toEqual([])
    } finally {
      await server.remove()
    }
  },
  network: async ({ shop }, use) => {
    const network = await startFaultProxy({ target: shop.url })
    try {
      await use(network)
    } finally {
      await network.close()
    }
  },
  device: async ({ browser, shop }, use) => {
    const devices: Device[] = []
    try {
      await use(async (name, viewport, url = shop.url) => {
        const device = await openDevice(browser, { name, url, ...(viewport && { viewport }) })
        devices.push(device)
        return device
      })
      base
        .expect(
          devices.flatMap(({ faults }) => faults),
          'errors in the pages',
        )
        .toEqual([])
      base
        .expect(
          devices.flatMap(({ witness }) => witness.lies),
          'lies of the status chip',
        )
        .toEqual([])
    } finally {
      for (const device of devices) await device.close()
    }
  },
})

export const expect = test.expect
