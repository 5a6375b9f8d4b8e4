/** Stores in real workers over a real WebSocket against a real server: they agree, whatever ends meanwhile. */
import { filter, firstValueFrom } from 'rxjs'
import { openStore, type Store, type StoreStatus } from 'varve'
import { Cart, shop } from '../../../packages/varve/src/core/cart.fixture.ts'
import type { TestApi } from '../../../packages/varve/src/testing/contracts/log-disk.ts'
import { openRoom, type Room } from './room.ts'
import syncWorker from './sync.worker.ts?worker&url'

const { addItem, checkOut } = Cart.commands
const logs = { customer: 'customer/1', bank: 'bank' }
const line = (sku: string) => ({ sku, unitPrice: 1, quantity: 1 })

interface Device {
  readonly store: Store
  readonly name: string
  /** Its worker dies, and is replaced. */
  kill(): void
}

export function sessionCases(api: TestApi): void {
  const { expect } = api

  /** A case with a server of its own; the stores that it opened are closed when it is over. */
  function it(
    title: string,
    body: (room: Room, openDevice: (name?: string) => Device) => Promise<void>,
  ): void {
    api.it(title, async () => {
      const stores: Store[] = []
      const room = await openRoom()
      try {
        await body(room, (name) => {
          const device = openDevice(room, name)
          stores.push(device.store)
          return device
        })
      } finally {
        for (const store of stores) await store.close()
        await room.close()
      }
    })
  }

  it('Y1 what one device decides, the other shows, and both are told how it ended', async (_room, open) => {
    const [ann, ben] = [open(), open()]
    await Promise.all([until(ann, isSynced), until(ben, isSynced)])
    const decided = await ann.store.dispatch(addItem('1', line('cup')))
    const shown = await firstValueFrom(ben.store.watch(Cart, '1').pipe(filter(({ lines }) => 'cup' in lines)))
    expect(shown.lines).toEqual({ cup: line('cup') })
    expect(decided.ok && (await decided.fate).status).toEqual('confirmed')
    await until(ann, isSynced)
    expect(await historyOf(ann, '1')).toEqual(await historyOf(ben, '1'))
  })

  it('Y2 Y7 while the server is gone work goes on and the status says so; when it is back all agree', async (room, open) => {
    const [ann, ben] = [open(), open()]
    await Promise.all([until(ann, isSynced), until(ben, isSynced)])
    await room.close()
    await Promise.all([until(ann, isOffline), until(ben, isOffline)])
    const decided = await Promise.all([
      ann.store.dispatch(addItem('1', line('cup'))),
      ben.store.dispatch(addItem('1', line('pot'))),
    ])
    const { phase, pending } = await until(ann, (status) => status.pending === 1)
    expect([phase, pending]).toEqual(['offline', 1])
    await room.open()
    for (const one of decided) expect(one.ok && (await one.fate).status).toEqual('confirmed')
    await Promise.all([until(ann, isSynced), until(ben, isSynced)])
    const both = await Promise.all([ann, ben].map(({ store }) => shownBoth(store)))
    expect(both[0]).toEqual(both[1])
    expect(await historyOf(ann, '1')).toEqual(await historyOf(ben, '1'))
  })

  it('S5 two devices that contradict each other: the first to be placed wins, the other is told why', async (room, open) => {
    const [ann, ben] = [open(), open()]
    await ann.store.dispatch(addItem('1', line('cup')))
    await firstValueFrom(ben.store.watch(Cart, '1').pipe(filter(({ lines }) => 'cup' in lines)))
    await Promise.all([until(ann, isSynced), until(ben, isSynced)])
    await room.close()
    await Promise.all([until(ann, isOffline), until(ben, isOffline)])
    const decided = await Promise.all([ann, ben].map(({ store }) => store.dispatch(checkOut('1'))))
    await room.open()
    const fates = await Promise.all(decided.map((one) => (one.ok ? one.fate : null)))
    const ends = fates.map((fate) => (fate?.status === 'withdrawn' ? fate.reason : fate?.status))
    expect(ends.toSorted()).toEqual(['cart_closed', 'confirmed'])
    await Promise.all([until(ann, isSynced), until(ben, isSynced)])
    expect(await historyOf(ann, '1')).toEqual(await historyOf(ben, '1'))
  })

  it('Y3 of two tabs one syncs; when it is closed the other takes over', async (_room, open) => {
    const first = open()
    await until(first, ({ leading }) => leading)
    const [second, other] = [open(first.name), open()]
    await Promise.all([until(second, isSynced), until(other, isSynced)])
    expect((await firstValueFrom(second.store.status$)).leading).toEqual(false)
    await first.store.close()
    await until(second, ({ leading }) => leading)
    await second.store.dispatch(addItem('1', line('cup')))
    await firstValueFrom(other.store.watch(Cart, '1').pipe(filter(({ lines }) => 'cup' in lines)))
  })

  it('Y3 B9 when the worker that syncs is killed, what it had is synced by another', async (_room, open) => {
    const [ann, ben] = [open(), open()]
    await until(ann, isSynced)
    const dispatched = ['cup', 'pot', 'jug'].map((sku) => ann.store.dispatch(addItem('1', line(sku))))
    ann.kill()
    for (const decided of await Promise.all(dispatched)) expect(decided.ok).toEqual(true)
    const shown = await firstValueFrom(
      ben.store.watch(Cart, '1').pipe(filter(({ lines }) => Object.keys(lines).length === 3)),
    )
    expect(Object.keys(shown.lines).toSorted()).toEqual(['cup', 'jug', 'pot'])
    await until(ann, ({ phase, pending }) => phase === 'synced' && pending === 0)
    expect((await historyOf(ben, '1')).length).toEqual(3)
  })
}

function openDevice({ server }: Room, name = `session-${crypto.randomUUID()}`): Device {
  const workers: Worker[] = []
  const spawn = (): Worker => {
    const worker = new Worker(syncWorker, { type: 'module', name: server })
    workers.push(worker)
    return worker
  }
  const store = openStore(shop, spawn, { name, logs, auth: () => 'anyone' })
  return { store, name, kill: () => workers.at(-1)?.terminate() }
}

const isSynced = ({ phase }: StoreStatus): boolean => phase === 'synced'
const isOffline = ({ phase }: StoreStatus): boolean => phase === 'offline'

/** The first status of which it is so. */
function until({ store }: Device, isSo: (status: StoreStatus) => boolean): Promise<StoreStatus> {
  return firstValueFrom(store.status$.pipe(filter(isSo)))
}

function shownBoth(store: Store) {
  return firstValueFrom(store.watch(Cart, '1').pipe(filter(({ lines }) => 'cup' in lines && 'pot' in lines)))
}

async function historyOf({ store }: Device, id: string): Promise<readonly string[]> {
  const events: string[] = []
  for await (const { type, position } of store.history(Cart, id)) events.push(`${position} ${type}`)
  return events
}
