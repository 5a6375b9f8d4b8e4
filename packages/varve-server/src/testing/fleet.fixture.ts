/**
 * Devices of some customers, each a real store, that order cups from one server: what was wished for, what became of it, and
 * whether all have come to rest and agree. Their clocks run faster, so that their patience is a test's.
 */
import type { Store } from 'varve'
import { localWebSocket, openLocalStore, type SyncClock } from 'varve/testing'
import type { Observed, ObservedWish } from './fault-judge.fixture.ts'
import { market, Order, Stock } from './market.fixture.ts'
import type { TestServer } from './start-test-server.ts'
import { listenTo, type Speaking, watchClaims } from './watch-claims.fixture.ts'

export interface Fleet {
  readonly wishes: readonly ObservedWish[]
  /** Orders one cup under this id on this device. Resolves when that is stored there, or refused. */
  wish(device: number, id: string): Promise<void>
  /** Resolves when each of these wishes has its fate. */
  settled(which: (wish: ObservedWish) => boolean): Promise<void>
  /** Waits until nothing waits any more; sentences about what does not come to rest. */
  calm(server: TestServer): Promise<readonly string[]>
  observe(server: TestServer): Promise<Omit<Observed, 'pieces'>>
  close(): Promise<void>
}

/** After the faults everything must have come to rest by then. */
const calmMs = 40_000
const timesFaster = 10

/** @param customers whose each device is  @param urlOf where a device finds the server */
export function openFleet(customers: readonly string[], urlOf: (device: number) => string): Fleet {
  const stores = customers.map((customer, device) =>
    openLocalStore(market, {
      name: customer,
      logs: { shop: 'shop', customer: `customer/${customer}` },
      auth: () => 'anyone',
      sync: localWebSocket(urlOf(device), fastClock(timesFaster)),
    }),
  )
  const wishes: ObservedWish[] = []
  const speaking = stores.map(listenTo)
  const claims = watchClaims(speaking, wishes)

  async function wish(device: number, id: string): Promise<void> {
    const log = `customer/${customers[device]}`
    const asked: ObservedWish = { device, log, id, dot: null, fate: null }
    wishes.push(asked)
    try {
      const decided = await stores[device]?.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 }))
      if (!decided?.ok) {
        asked.fate = { status: 'refused' }
        return
      }
      asked.dot = decided.dot
      decided.fate.then(
        (fate) => {
          asked.fate = fate
        },
        () => {},
      )
    } catch (error) {
      asked.fate = { status: `failed: ${error}` }
    }
  }

  async function calm(server: TestServer): Promise<readonly string[]> {
    const patience = Promise.withResolvers<readonly string[]>()
    const timer = setTimeout(
      () => patience.resolve([`no rest after ${calmMs} ms: ${describe(speaking, wishes)}`]),
      calmMs,
    )
    const unrest = await Promise.race([rest(server, speaking, wishes).then(() => []), patience.promise])
    clearTimeout(timer)
    return unrest
  }

  return Object.freeze({
    wishes,
    wish,
    async settled(which: (wish: ObservedWish) => boolean) {
      while (wishes.some((each) => each.fate === null && which(each))) await sleep(5)
    },
    calm,
    observe: async (server: TestServer) => ({
      ...(await look(server, customers, { stores, wishes })),
      lies: claims.lies,
    }),
    async close() {
      claims.stop()
      for (const store of stores) await store.close()
    },
  })
}

async function rest(
  server: TestServer,
  stores: readonly Speaking[],
  wishes: readonly ObservedWish[],
): Promise<void> {
  for (let before = -1, head = 0; before !== head; ) {
    before = head
    while (wishes.some(({ fate }) => fate === null)) await sleep(5)
    await server.server.settled()
    const logs = await server.log.logs()
    head = logs.reduce((sum, { head: each }) => sum + each, 0)
    const heads = new Map(logs.map((each) => [each.log, each.head]))
    const isThere = ({ status }: Speaking): boolean => {
      if (status === null) return false
      const { phase, pending, problem, logs: known } = status
      return (
        phase === 'synced' &&
        pending === 0 &&
        problem === null &&
        known.every(({ log, position }) => position === (heads.get(log) ?? 0))
      )
    }
    while (!stores.every(isThere)) await sleep(5)
  }
}

async function look(
  server: TestServer,
  customers: readonly string[],
  { stores, wishes }: { readonly stores: readonly Store[]; readonly wishes: readonly ObservedWish[] },
) {
  const logs = new Map(
    await Promise.all(
      (await server.log.logs()).map(
        async ({ log }) => [log, await server.log.entries(log, 0, 100_000)] as const,
      ),
    ),
  )
  const ids = [...new Set(wishes.map(({ id, log }) => `${log} ${id}`))].map(
    (key) => key.split(' ') as [string, string],
  )
  const screens = await Promise.all(
    stores.map(async (store, device) => {
      const own = ids.filter(([log]) => log === `customer/${customers[device]}`)
      const orders = await Promise.all(
        own.map(async ([log, id]) => ({
          what: `order ${id}`,
          shown: await shownIn(store, id),
          held: await server.server.read(log, Order, id),
        })),
      )
      const stock = {
        what: 'stock',
        shown: await firstOf(store.watch(Stock, 'cup')),
        held: await server.server.read('shop', Stock, 'cup'),
      }
      return [...orders, stock]
    }),
  )
  return { logs, wishes, screens }
}

const shownIn = (store: Store, id: string) => firstOf(store.watch(Order, id))

function firstOf<T>(watched: { subscribe(next: (value: T) => void): { unsubscribe(): void } }): Promise<T> {
  return new Promise((resolve) => {
    const subscription = watched.subscribe((value) => {
      queueMicrotask(() => subscription.unsubscribe())
      resolve(value)
    })
  })
}

function describe(stores: readonly Speaking[], wishes: readonly ObservedWish[]): string {
  const open = wishes.filter(({ fate }) => fate === null).map(({ device, id }) => `${device}: ${id}`)
  const statuses = stores.map(
    ({ status }) => `${status?.phase} ${status?.pending} ${status?.problem?.code ?? ''}`,
  )
  return `${JSON.stringify(statuses)}, open: ${open.join(', ')}`
}

/** As the system's, with less patience. */
function fastClock(times: number): SyncClock {
  const startMs = Date.now()
  const now = () => startMs + (Date.now() - startMs) * times
  return Object.freeze({
    now,
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    at(atMs: number, callback: () => void) {
      const timer = setTimeout(callback, Math.min(Math.max(0, (atMs - now()) / times), 2 ** 31 - 1))
      return () => clearTimeout(timer)
    },
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
