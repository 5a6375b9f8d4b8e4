/** The whole way without a browser: real stores, real sockets, a real server on a SQLite file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, StoreStatus } from 'varve'
import type { Commit } from 'varve/core'
import { localWebSocket, type MemoryDisk, memoryDisk, openLocalStore, openMemoryLog } from 'varve/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type SqliteLog, sqliteLog } from './sqlite/index.ts'
import { fulfilment, market, Order, Stock, settlement } from './testing/market.fixture.ts'
import { startTestServer, type TestServer } from './testing/start-test-server.ts'
import { bar, cheapBar, Price, Tab, Wall } from './testing/verified.fixture.ts'

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function startServer(file: string, port = 0): Promise<TestServer> {
  const server = await startTestServer({
    log: sqliteLog(file),
    model: market,
    policies: [fulfilment, settlement],
    limits: { spreadMs: 200 },
    port,
  })
  cleanups.push(() => server.close())
  return server
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'varve-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'log.sqlite')
}

function openDevice(url: string, customer: string, disk: MemoryDisk = memoryDisk()): Store {
  const store = openLocalStore(market, {
    log: openMemoryLog(disk),
    name: customer,
    actor: `${customer} at the desk`,
    logs: { shop: 'shop', customer: `customer/${customer}` },
    auth: () => 'anyone',
    sync: localWebSocket(url),
  })
  cleanups.push(() => store.close())
  return store
}

function openBar(url: string, model: typeof bar): Store {
  const store = openLocalStore(model, { logs: { bar: 'bar' }, auth: () => 'x', sync: localWebSocket(url) })
  cleanups.push(() => store.close())
  return store
}

interface Watched<T> {
  subscribe(next: (value: T) => void): { unsubscribe(): void }
}

/** The first value that passes the test. */
function first<T>(watched: Watched<T>, test: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const subscription = watched.subscribe((value) => {
      if (!test(value)) return
      queueMicrotask(() => subscription.unsubscribe())
      resolve(value)
    })
  })
}

const until = (store: Store, test: (status: StoreStatus) => boolean) => first(store.status$, test)
const orderIs = (store: Store, id: string, ...wanted: string[]) =>
  first(store.watch(Order, id), ({ status }) => wanted.includes(status))

describe('stores and a server', () => {
  it('Y6 two customers and the last piece: one order is placed, one declined, and everybody agrees', async () => {
    const server = await startServer(temporaryFile())
    await server.server.dispatch('shop', Stock.commands.receive('cup', { quantity: 1 }), {
      principal: 'seed',
    })
    const [ann, ben] = [openDevice(server.url, 'ann'), openDevice(server.url, 'ben')]
    const asked = await Promise.all(
      [ann, ben].map((store, i) =>
        store.dispatch(Order.commands.request(`order-${i}`, { sku: 'cup', quantity: 1 })),
      ),
    )
    for (const decided of asked) expect(decided.ok && (await decided.fate).status).toBe('confirmed')
    await server.server.settled()
    const ends = await Promise.all(
      [ann, ben].map((store, i) => orderIs(store, `order-${i}`, 'placed', 'declined')),
    )
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['declined', 'placed'])
    for (const store of [ann, ben]) {
      await until(store, ({ phase }) => phase === 'synced')
      expect(await first(store.watch(Stock, 'cup'), ({ reserved }) => reserved === 1)).toEqual({
        free: 0,
        reserved: 1,
      })
    }
  })

  it('E27 the history of an order says who asked for it, and which entry of the shop answered it', async () => {
    const server = await startServer(temporaryFile())
    const ann = openDevice(server.url, 'ann')
    await ann.dispatch(Order.commands.request('o', { sku: 'cup', quantity: 1 }))
    await orderIs(ann, 'o', 'declined')
    await until(ann, ({ phase }) => phase === 'synced')
    const read: unknown[] = []
    for await (const { type, principal, actor, causation } of ann.history(Order, 'o'))
      read.push({ type, principal, actor, causation })
    const [refused] = await server.log.entries('shop', 0, 1)
    expect(read).toEqual([
      { type: 'order.requested', principal: 'anonymous', actor: 'ann at the desk', causation: null },
      {
        type: 'order.declined',
        principal: 'policy:settlement',
        actor: null,
        causation: { log: 'shop', dot: refused?.commit.dot },
      },
    ])
  })

  it('Y7 a server that ends and comes back on the same file is found again, and nothing is lost or doubled', async () => {
    const file = temporaryFile()
    const first = await startServer(file)
    const ann = openDevice(first.url, 'ann')
    await until(ann, ({ phase }) => phase === 'synced')
    await ann.dispatch(Order.commands.request('before', { sku: 'cup', quantity: 1 }))
    await orderIs(ann, 'before', 'declined')
    await first.close()
    await until(ann, ({ phase }) => phase === 'offline')
    const decided = await ann.dispatch(Order.commands.request('between', { sku: 'cup', quantity: 1 }))
    expect(decided.ok).toBe(true)
    const second = await startServer(file, first.port)
    await second.server.dispatch('shop', Stock.commands.receive('cup', { quantity: 1 }), {
      principal: 'seed',
    })
    await until(ann, ({ phase, pending }) => phase === 'synced' && pending === 0)
    const events = await Array.fromAsync(ann.history(Order, 'between'))
    expect(events.filter(({ type }) => type === 'order.requested')).toHaveLength(1)
  })

  it('Y14 a server restored from an older backup gets back what the devices hold, with the same names, once', async () => {
    const file = temporaryFile()
    const backup = `${file}.backup`
    const before = await startServer(file)
    const [ann, ben] = [openDevice(before.url, 'ann'), openDevice(before.url, 'ann')]
    const request = (store: Store, id: string) =>
      store.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 }))
    await request(ann, 'kept')
    await orderIs(ben, 'kept', 'declined')
    await (before.log as SqliteLog).backup(backup)
    const lost = await Promise.all([request(ann, 'ann-lost'), request(ben, 'ben-lost')])
    await Promise.all([orderIs(ann, 'ben-lost', 'declined'), orderIs(ben, 'ann-lost', 'declined')])
    await before.close()
    await until(ann, ({ phase }) => phase === 'offline')
    await request(ann, 'pending')

    const after = await startServer(backup, before.port)
    for (const store of [ann, ben])
      await until(store, ({ phase, pending }) => phase === 'synced' && pending === 0)
    for (const id of ['kept', 'ann-lost', 'ben-lost', 'pending']) {
      await Promise.all([orderIs(ann, id, 'declined'), orderIs(ben, id, 'declined')])
    }
    const entries = await after.log.entries('customer/ann', 0, 100)
    const requested = entries.filter(({ commit }) =>
      commit.events.some(({ type }) => type === 'order.requested'),
    )
    expect(requested).toHaveLength(4)
    const dots = new Set(requested.map(({ commit }) => JSON.stringify(commit.dot)))
    for (const decided of lost) expect(decided.ok && dots.has(JSON.stringify(decided.dot))).toBe(true)
  })

  it('Y15 a machine that was copied while it ran: both go on, and each wish is placed once', async () => {
    const server = await startServer(temporaryFile())
    const disk = memoryDisk()
    const original = openDevice(server.url, 'ann', disk)
    await until(original, ({ phase }) => phase === 'synced')
    const request = (store: Store, id: string) =>
      store.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 }))
    await request(original, 'before')
    await orderIs(original, 'before', 'declined')
    // The copy goes back to the moment of the copying, with the name that both have: the original writes first.
    const image = disk.clone()
    const first = await request(original, 'original')
    await orderIs(original, 'original', 'declined')
    const copy = openDevice(server.url, 'ann', image)
    const second = await request(copy, 'copy')
    for (const store of [original, copy]) {
      await orderIs(store, 'original', 'declined')
      await orderIs(store, 'copy', 'declined')
      await until(store, ({ phase, pending }) => phase === 'synced' && pending === 0)
    }
    for (const decided of [first, second]) expect(decided.ok && (await decided.fate).status).toBe('confirmed')
    const entries = await server.log.entries('customer/ann', 0, 100)
    const requested = entries.filter(({ commit }) =>
      commit.events.some(({ type }) => type === 'order.requested'),
    )
    expect(requested).toHaveLength(3)
  })

  it('Y9 what the server will never place is withdrawn, and what comes after it goes on', async () => {
    const server = await startTestServer({
      authorize: () => ({
        principal: 'ann',
        logs: () => ({
          read: true,
          append: ({ events }) => events.every(({ stream }) => stream !== 'order/no') || 'no is no order',
        }),
      }),
    })
    cleanups.push(() => server.close())
    const ann = openDevice(server.url, 'ann')
    const asked = await Promise.all(
      ['no', 'yes'].map((id) => ann.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 }))),
    )
    const fates = await Promise.all(asked.map((decided) => (decided.ok ? decided.fate : null)))
    expect(fates).toMatchObject([
      { status: 'withdrawn', reason: 'forbidden', details: { message: 'no is no order' } },
      { status: 'confirmed' },
    ])
    await until(ann, ({ phase, problem }) => phase === 'synced' && problem === null)
  })

  it('Y9 what could not be withdrawn, for the disk was full, is withdrawn when there is room', async () => {
    const authorize = () => ({
      principal: 'ann',
      logs: () => ({
        read: true,
        append: ({ events }: Pick<Commit, 'events'>) => events.every(({ stream }) => stream !== 'order/no'),
      }),
    })
    const server = await startTestServer({ authorize })
    cleanups.push(() => server.close())
    let isFull = false
    const log = openMemoryLog(memoryDisk(), {
      onWrite() {
        if (isFull) throw new Error('full')
      },
    })
    const logs = { shop: 'shop', customer: 'customer/ann' }
    const store = openLocalStore(market, {
      log,
      logs,
      auth: () => 'anyone',
      sync: localWebSocket(server.url),
    })
    cleanups.push(() => store.close())
    await until(store, ({ phase }) => phase === 'synced')
    const request = (id: string) => store.dispatch(Order.commands.request(id, { sku: 'cup', quantity: 1 }))
    const asked = await Promise.all(['no', 'yes'].map(request))
    isFull = true
    await until(store, ({ problem }) => problem?.code === 'storage_failed')
    isFull = false
    const fates = await Promise.all(asked.map((decided) => (decided.ok ? decided.fate : null)))
    expect(fates).toMatchObject([
      {
        status: 'withdrawn',
        reason: 'forbidden',
        details: { message: 'You may not write this to the log.' },
      },
      { status: 'confirmed' },
    ])
  })

  it('V34 T9 A7 a price changed by hand is withdrawn on the device with that reason, and what comes after it goes on', async () => {
    const server = await startTestServer({ model: bar, log: sqliteLog(temporaryFile()) })
    cleanups.push(() => server.close())
    await server.server.dispatch('bar', Price.commands.set('tea', { cents: 5 }), { principal: 'seed' })
    // A device whose program charges another price: by its own model that is right.
    const forger = openBar(server.url, cheapBar)
    const honest = openBar(server.url, bar)
    for (const store of [forger, honest]) await first(store.watch(Price, 'tea'), (cents) => cents === 5)
    const asked = [
      await forger.dispatch(Tab.commands.order('forged', { item: 'tea' })),
      await forger.dispatch(Wall.commands.sign('north')),
      await honest.dispatch(Tab.commands.order('honest', { item: 'tea' })),
      await honest.dispatch(Wall.commands.sign('north')),
    ]
    const fates = await Promise.all(asked.map((decided) => (decided.ok ? decided.fate : null)))
    expect(fates).toMatchObject([
      { status: 'withdrawn', reason: 'forbidden' },
      { status: 'confirmed' },
      { status: 'confirmed' },
      { status: 'confirmed' },
    ])
    for (const store of [forger, honest]) {
      await until(store, ({ phase, problem }) => phase === 'synced' && problem === null)
      expect(await first(store.watch(Tab, 'honest'), (total) => total === 5)).toBe(5)
      expect(await first(store.watch(Tab, 'forged'), () => true)).toBe(0)
    }
  })

  it('V13 a principal that no client could read is a failure of ours, and nothing is placed', async () => {
    const errors: unknown[] = []
    const server = await startTestServer({
      authorize: () => ({ principal: '', logs: () => ({ read: true, append: true }) }),
      onError: (error) => errors.push(error),
    })
    cleanups.push(() => server.close())
    const ann = openDevice(server.url, 'ann')
    await ann.dispatch(Order.commands.request('one', { sku: 'cup', quantity: 1 }))
    await until(ann, ({ phase }) => phase === 'offline')
    expect(errors[0]).toMatchObject({ code: 'bad_options' })
    expect(await server.log.logs()).toEqual([])
  })

  it('E1 an actor that the server could not read is refused when the store is opened', async () => {
    for (const actor of ['', 'x'.repeat(257), '\0', '\ud800']) {
      const store = openLocalStore(market, { actor })
      await expect(store.ready).rejects.toMatchObject({ code: 'bad_name' })
      await store.close()
    }
  })

  it('E1 what no server could place in any form is refused when it is dispatched', async () => {
    const store = openLocalStore(market)
    cleanups.push(() => store.close())
    const request = (sku: string) => Order.commands.request('one', { sku, quantity: 1 })
    await expect(store.dispatch(request('x'.repeat(300_000)))).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const many = Array.from({ length: 1_001 }, () => Stock.commands.receive('cup', { quantity: 1 }))
    await expect(store.dispatch(many)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('S5 a wish that waits for its store to be named does not outlive it', async () => {
    const server = await startTestServer()
    cleanups.push(() => server.close())
    const ann = openDevice(server.url, 'ann')
    await ann.ready
    const wish = ann.dispatch(Order.commands.request('one', { sku: 'cup', quantity: 1 }))
    await ann.close()
    await wish.catch((error) => expect(error).toMatchObject({ code: 'closed' }))
  })
})
