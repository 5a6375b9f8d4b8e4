/** What the contracts of the worker border share: stores with real workers that can be killed, and cases that close them. */
import { filter, firstValueFrom } from 'rxjs'
import { Cart, type Line, shop } from '../../core/cart.fixture.ts'
import { VarveError } from '../../core/errors.ts'
import type { Model } from '../../core/model.ts'
import type { StoreStatus } from '../../core/query.ts'
import { openStore } from '../../store/open-store.ts'
import type { Store } from '../../store/store.ts'
import type { TestApi } from './log-disk.ts'

const logs = { customer: 'customer/1', bank: 'bank' }

export const line = (n: number): Line => ({ sku: `sku-${n}`, unitPrice: n, quantity: 1 })

export function createBench(api: TestApi, spawnShop: () => Worker) {
  const stores: Store[] = []

  /** A case; the stores that it opened are closed when it is over. */
  function it(title: string, body: () => Promise<void>): void {
    api.it(title, async () => {
      try {
        await body()
      } finally {
        for (const store of stores.splice(0)) await store.close()
      }
    })
  }

  function open(model: Model, worker: Worker | (() => Worker), name: string): Store {
    const store = openStore(model, worker, { name, logs })
    stores.push(store)
    return store
  }

  /** A store, and the workers that it has had. */
  function openShop({ name = newName(), spawn = spawnShop }: { name?: string; spawn?: () => Worker } = {}) {
    const workers: Worker[] = []
    const spawned: number[] = []
    let killed: (() => void) | null = null
    /** Heard before the store's own listener: the worker dies with its answer to a dispatch in its hand. */
    const killIfWanted = (event: MessageEvent): void => {
      if (killed === null || event.data?.value?.value?.dot === undefined) return
      event.stopImmediatePropagation()
      workers.at(-1)?.terminate()
      killed()
    }
    const spawnWatched = (): Worker => {
      spawned.push(performance.now())
      const worker = spawn()
      killed = null
      worker.addEventListener('message', killIfWanted)
      workers.push(worker)
      return worker
    }
    return {
      store: open(shop, spawnWatched, name),
      name,
      workers,
      spawned,
      kill: () => workers.at(-1)?.terminate(),
      /** Resolves when something is stored and nobody was told; nobody is, until another worker is there. */
      killInsteadOfAnswer: () =>
        new Promise<void>((resolve) => {
          killed = resolve
        }),
    }
  }

  return {
    it,
    openShop,
    /** A store whose page has another model than its worker. */
    openOther: (model: Model) => open(model, spawnShop, newName()),
    /** A store with one worker, which nothing replaces. */
    openOn: (worker: Worker) => ({ worker, store: open(shop, worker, newName()) }),
  }
}

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof VarveError ? error.code : String(error)),
  )

/** The first status of which it is so. */
export const until = (store: Store, isSo: (status: StoreStatus) => boolean): Promise<StoreStatus> =>
  firstValueFrom(store.status$.pipe(filter(isSo)))

export async function eventsOf(store: Store, id: string): Promise<string[]> {
  const events: string[] = []
  for await (const event of store.history(Cart, id)) {
    events.push(event.type === 'cart.itemAdded' ? event.data.sku : event.type)
  }
  return events
}

function newName(): string {
  return `worker-contract-${crypto.randomUUID()}`
}
