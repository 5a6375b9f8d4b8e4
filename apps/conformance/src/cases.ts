/** All cases of the page, in the order in which they are run. */
import { openDexieWishJournal } from '../../../packages/varve/src/log/dexie-wish-journal.ts'
import { openTabChannel, webLocks } from '../../../packages/varve/src/sync/browser-ports.ts'
import { openBrowserDisk } from '../../../packages/varve/src/testing/contracts/browser-disk.ts'
import { idbContract } from '../../../packages/varve/src/testing/contracts/idb-contract.ts'
import { locksContract } from '../../../packages/varve/src/testing/contracts/locks-contract.ts'
import { logContract } from '../../../packages/varve/src/testing/contracts/log-contract.ts'
import type { TestApi } from '../../../packages/varve/src/testing/contracts/log-disk.ts'
import { tabChannelContract } from '../../../packages/varve/src/testing/contracts/tab-channel-contract.ts'
import { webLocksContract } from '../../../packages/varve/src/testing/contracts/web-locks-contract.ts'
import { wishJournalContract } from '../../../packages/varve/src/testing/contracts/wish-journal-contract.ts'
import { workerContract } from '../../../packages/varve/src/testing/contracts/worker-contract.fixture.ts'
import { workerDeathContract } from '../../../packages/varve/src/testing/contracts/worker-death-contract.fixture.ts'
import { sessionCases } from './session-cases.ts'

const spawnShop = () =>
  new Worker(new URL('../../../packages/varve/src/testing/shop.worker.fixture.ts', import.meta.url), {
    type: 'module',
  })

export function writeCases(api: TestApi): void {
  const { describe } = api
  describe('Web Locks', () => {
    locksContract(api, () => webLocks)
    webLocksContract(api)
  })
  describe('BroadcastChannel', () => tabChannelContract(api, openTabChannel))
  describe('IndexedDB', () => idbContract(api, openBrowserDisk))
  describe('The log', () => logContract(api, openBrowserDisk))
  describe('The wish journal', () =>
    wishJournalContract(api, async () => {
      const name = `journal-${crypto.randomUUID()}`
      return () => openDexieWishJournal({ name })
    }))
  describe('The worker', () => workerContract(api, spawnShop))
  describe('A worker that dies', () => workerDeathContract(api, spawnShop))
  describe('The session', () => sessionCases(api))
}
