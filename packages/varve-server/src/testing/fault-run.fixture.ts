/**
 * One run of real stores against a real server over a bad network: wishes and faults as a seed draws them, then calm. At
 * the end everybody must agree, nothing be lost or doubled, and nobody have been told "synced" over something that waits.
 * The draw is the seed's, the timing the machine's. The clients' clocks run faster, so that their patience is a test's.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from 'varve'
import {
  localWebSocket,
  openLocalStore,
  type SeededRandom,
  type SyncClock,
  seededRandom,
} from 'varve/testing'
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import { judgeRun, type Observed, type ObservedWish } from './fault-judge.fixture.ts'
import {
  captivePortal,
  type FaultCounts,
  type FaultProxy,
  type FrameFaults,
  startFaultProxy,
  tooManyRequests,
  unavailable,
} from './fault-proxy.ts'
import { fulfilment, market, Order, Stock, settlement } from './market.fixture.ts'
import { startTestServer, type TestServer } from './start-test-server.ts'
import { listenTo, type Speaking, watchClaims } from './watch-claims.fixture.ts'

export interface FaultRun {
  readonly faults: readonly string[]
  readonly wishes: number
  readonly counts: Readonly<FaultCounts>
  readonly observed: Observed
}

const stepsPerRun = 40
const pauseMsMax = 25
/** After the faults everything must have come to rest by then. */
const calmMs = 40_000
const timesFaster = 10

/** Two of one customer, one of another. */
const devices = ['ann', 'ann', 'ben'] as const

export async function runWithFaults(seed: number): Promise<FaultRun> {
  const random = seededRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), 'varve-faults-'))
  const server = await startTestServer({
    log: sqliteLog(join(folder, 'log.db')),
    model: market,
    policies: [fulfilment, settlement],
  })
  // A doubled hello is no network's doing: it is refused as malformed, and the client is right to stop for minutes (T22).
  const isSpared = (frame: string) => frame.startsWith('{"type":"hello"')
  const proxy = await startFaultProxy({
    target: `http://127.0.0.1:${server.port}`,
    random: random.next,
    isSpared,
  })
  const stores = devices.map((customer) =>
    openLocalStore(market, {
      name: customer,
      logs: { shop: 'shop', customer: `customer/${customer}` },
      auth: () => 'anyone',
      sync: localWebSocket(`${proxy.url}/sync`, fastClock(timesFaster)),
    }),
  )
  const wishes: ObservedWish[] = []
  const speaking = stores.map(listenTo)
  const claims = watchClaims(speaking, wishes)
  try {
    const pieces = 2 + random.below(stepsPerRun / 3)
    await server.server.dispatch('shop', Stock.commands.receive('cup', { quantity: pieces }), {
      principal: 'seed',
    })
    for (let step = 0; step < stepsPerRun; step++) {
      if (random.chance(0.55)) wish(random, stores, wishes)
      else disturb(random, proxy)
      await sleep(random.below(pauseMsMax))
    }
    proxy.heal()
    const patience = Promise.withResolvers<string>()
    const timer = setTimeout(
      () => patience.resolve(`no rest ${calmMs} ms after the faults: ${describe(speaking, wishes)}`),
      calmMs,
    )
    const unrest = await Promise.race([calm(server, speaking, wishes).then(() => null), patience.promise])
    clearTimeout(timer)
    const observed = { ...(await observe(server, stores, wishes)), pieces, lies: claims.lies }
    const faults = unrest === null ? judgeRun(observed) : [unrest, ...judgeRun(observed)]
    return { faults, wishes: wishes.length, counts: proxy.counts, observed }
  } finally {
    claims.stop()
    for (const store of stores) await store.close()
    await proxy.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Some ids are asked for on both devices of a customer: one of them is withdrawn then, or refused at once. */
function wish(random: SeededRandom, stores: readonly Store[], wishes: ObservedWish[]): void {
  const device = random.below(stores.length)
  const customer = devices[device] ?? 'ann'
  const id = `${customer}-${random.below(stepsPerRun)}`
  const asked: ObservedWish = {
    device,
    log: `customer/${customer}`,
    id,
    dot: null,
    fate: null,
  }
  wishes.push(asked)
  stores[device]?.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 })).then(
    async (decided) => {
      if (!decided.ok) {
        asked.fate = { status: 'refused' }
        return
      }
      asked.dot = decided.dot
      asked.fate = await decided.fate
    },
    (error) => {
      asked.fate = { status: `failed: ${error}` }
    },
  )
}

function disturb(random: SeededRandom, proxy: FaultProxy): void {
  const frames = (): Partial<FrameFaults> => ({
    ...(random.chance(0.5) && { latencyMsMax: 30 }),
    ...(random.chance(0.5) && { drop: 0.25 }),
    ...(random.chance(0.5) && { duplicate: 0.3 }),
    ...(random.chance(0.5) && { reorder: 0.3 }),
    ...(random.chance(0.2) && { reset: 0.1 }),
  })
  const acts: readonly (() => void)[] = [
    () => proxy.set({ up: frames() }),
    // What a client says is never cut short: the server would call it malformed, as above.
    () => proxy.set({ down: { ...frames(), ...(random.chance(0.3) && { truncate: 0.1 }) } }),
    () => proxy.reset(),
    () => proxy.set({ blackHole: true }),
    () => proxy.set({ blackHole: false, answer: null }),
    () => proxy.set({ answer: random.pick([captivePortal, unavailable, tooManyRequests]) }),
    () => proxy.set({ dripBytesPerSecond: random.pick([null, 3_000, 20_000]) }),
    () => proxy.heal(),
  ]
  random.pick(acts)()
}

async function calm(
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

async function observe(server: TestServer, stores: readonly Store[], wishes: readonly ObservedWish[]) {
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
      const own = ids.filter(([log]) => log === `customer/${devices[device]}`)
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
