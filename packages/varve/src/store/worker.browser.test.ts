import { filter, firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { Cart, Likes, type Line, Orders, shop } from '../core/cart.fixture.ts'
import { VarveError } from '../core/errors.ts'
import { defineModel } from '../core/model.ts'
import type { StoreStatus } from '../core/query.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'

const { addItem, checkOut } = Cart.commands
const logs = { customer: 'customer/1', bank: 'bank' }
const line = (n: number): Line => ({ sku: `sku-${n}`, unitPrice: n, quantity: 1 })

const spawnShop = () =>
  new Worker(new URL('../testing/shop.worker.fixture.ts', import.meta.url), { type: 'module' })
const spawnText = (text: string) =>
  new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))

const stores: Store[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

let names = 0
function newName(): string {
  names += 1
  return `worker-test-${names}-${crypto.randomUUID()}`
}

/** A store with a real worker over real IndexedDB, and the workers that it has had. */
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
  const store = openStore(
    shop,
    () => {
      spawned.push(performance.now())
      const worker = spawn()
      killed = null
      worker.addEventListener('message', killIfWanted)
      workers.push(worker)
      return worker
    },
    { name, logs },
  )
  stores.push(store)
  return {
    store,
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

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof VarveError ? error.code : String(error)),
  )

const until = <T>(
  store: Store,
  isSo: (status: StoreStatus) => boolean,
  then: (status: StoreStatus) => T,
): Promise<T> => firstValueFrom(store.status$.pipe(filter(isSo))).then(then)

async function eventsOf(store: Store, id: string): Promise<string[]> {
  const events: string[] = []
  for await (const event of store.history(Cart, id)) {
    events.push(event.type === 'cart.itemAdded' ? event.data.sku : event.type)
  }
  return events
}

describe('a store with a real worker', () => {
  it('B5 what was dispatched is there after a reload', async () => {
    const first = openShop()
    expect((await first.store.dispatch(addItem('1', line(1)))).ok).toBe(true)
    await first.store.close()
    const second = openShop({ name: first.name })
    expect(await firstValueFrom(second.store.watch(Cart, '1'))).toMatchObject({ lines: { 'sku-1': line(1) } })
    expect((await firstValueFrom(second.store.status$)).phase).not.toBe('synced')
    expect(await firstValueFrom(second.store.lost$)).toBe(false)
  })

  it('B5 changes reach whoever watches, and only changed rows cross', async () => {
    const { store } = openShop()
    const rows = store.watch(Orders)
    const seen: ReadonlyMap<string, unknown>[] = []
    const subscription = rows.subscribe((value) => seen.push(value))
    for (const id of ['1', '2']) {
      await store.dispatch([addItem(id, line(1)), checkOut(id)])
      await firstValueFrom(rows.pipe(filter((value) => value.has(id))))
    }
    subscription.unsubscribe()
    expect([...(seen.at(-1)?.keys() ?? [])]).toEqual(['1', '2'])
    expect(seen.at(-1)?.get('1')).toBe(seen.at(-2)?.get('1'))
  })

  it('B5 another tab of the same store sees what this one dispatched', async () => {
    const here = openShop()
    const there = openShop({ name: here.name })
    const seen = firstValueFrom(there.store.watch(Cart, '1').pipe(filter((cart) => 'sku-1' in cart.lines)))
    await there.store.ready
    await here.store.dispatch(addItem('1', line(1)))
    expect((await seen).lines).toEqual({ 'sku-1': line(1) })
    expect((await there.store.dispatch(addItem('1', line(2)))).ok).toBe(true)
    await firstValueFrom(here.store.watch(Cart, '1').pipe(filter((cart) => 'sku-2' in cart.lines)))
  })

  it('B5 refusals and failures keep reason, details and code across the border', async () => {
    const { store } = openShop()
    expect(await store.dispatch(checkOut('1'))).toEqual({ ok: false, reason: 'cart_empty', command: 0 })
    expect(await codeOf(store.at({ log: 'customer/1', position: 7 }))).toBe('beyond_head')
    expect(await codeOf(store.dispatch(addItem('1', { sku: 1 } as never)))).toBe('invalid_input')
  })

  it("B6 a page whose model is not its worker's cannot open it", async () => {
    const other = defineModel('shop', { logs: { customer: [Cart], bank: [Likes] } })
    const store = openStore(other, spawnShop, { name: newName(), logs })
    stores.push(store)
    expect(await codeOf(store.ready)).toBe('model_mismatch')
    expect(await codeOf(store.dispatch(checkOut('1')))).toBe('model_mismatch')
    expect((await firstValueFrom(store.status$)).problem?.code).toBe('model_mismatch')
  })

  it('B7 hostile messages to the worker are answered with a refusal and change nothing', async () => {
    const { store, workers } = openShop()
    await store.ready
    const worker = workers[0] as Worker
    const answers: unknown[] = []
    worker.addEventListener('message', ({ data }) => {
      if (String(data?.id).startsWith('hostile')) answers.push(data.value.failure.code)
    })
    const raw = (value: unknown) => ({ type: 'RAW', value })
    for (const message of [
      { type: 'SET', path: ['__proto__', 'then'], value: raw(1) },
      { type: 'SET', path: ['dispatch'], value: raw(1) },
      { type: 'GET', path: [] },
      { type: 'CONSTRUCT', path: ['open', 'constructor'], argumentList: [raw('self.close()')] },
      { type: 'RELEASE', path: [] },
      { type: 'APPLY', path: ['dispatch'], argumentList: [raw(null), raw(null)] },
    ]) {
      worker.postMessage({ id: `hostile-${answers.length}`, ...message })
    }
    worker.postMessage('rubbish')
    expect((await store.dispatch(addItem('1', line(1)))).ok).toBe(true)
    expect(answers).toEqual(Array(6).fill('message_refused'))
  })
})

describe('a worker that dies', () => {
  it('B8 is noticed and replaced in under 2 s, and what is watched goes on', async () => {
    const { store, spawned, kill } = openShop()
    const states: number[] = []
    store.watch(Cart, '1').subscribe((cart) => states.push(Object.keys(cart.lines).length))
    await store.dispatch(addItem('1', line(1)))
    const killed = performance.now()
    kill()
    await until(
      store,
      () => spawned.length === 2,
      () => undefined,
    )
    expect((spawned[1] ?? 0) - killed).toBeLessThan(2_000)
    await store.dispatch(addItem('1', line(2)))
    await firstValueFrom(store.watch(Cart, '1').pipe(filter((cart) => 'sku-2' in cart.lines)))
    expect(states).toEqual([0, 1, 2])
  })

  it('B9 in the middle of dispatches: each is done exactly once, and each is answered', async () => {
    const { store, workers, kill, killInsteadOfAnswer } = openShop()
    await store.ready
    const dots = new Set<number>()
    // At a different point of the work each time: before it, when something is stored and nobody was told, after it.
    const deaths: readonly ((answers: readonly Promise<unknown>[]) => Promise<unknown>)[] = [
      async () => kill(),
      killInsteadOfAnswer,
      (answers) => Promise.all(answers).then(kill),
    ]
    for (const [round, death] of deaths.entries()) {
      const answers = Array.from({ length: 20 }, (_, n) => store.dispatch(addItem('1', line(round * 20 + n))))
      await death(answers)
      for (const decided of await Promise.all(answers)) if (decided.ok) dots.add(decided.dot.counter)
    }
    expect(dots.size).toBe(60)
    expect((await eventsOf(store, '1')).toSorted()).toEqual(
      Array.from({ length: 60 }, (_, n) => `sku-${n}`).toSorted(),
    )
    expect(workers.length).toBe(4)
  }, 30_000)

  it('B9 while it starts: another one takes over', async () => {
    const { store, workers } = openShop()
    workers[0]?.terminate()
    expect((await store.dispatch(addItem('1', line(1)))).ok).toBe(true)
    expect(workers.length).toBe(2)
    expect(await eventsOf(store, '1')).toEqual(['sku-1'])
  }, 20_000)

  it('B10 a past that was open is open again, and reads are answered', async () => {
    const { store, kill } = openShop()
    await store.dispatch(addItem('1', line(1)))
    const past = await store.at({ log: 'customer/1', position: 0 })
    kill()
    expect(await firstValueFrom(past.watch(Cart, '1'))).toEqual({ lines: {}, status: 'open' })
    expect(await eventsOf(past, '1')).toEqual([])
    expect(await eventsOf(store, '1')).toEqual(['sku-1'])
  })

  it('B11 without a way to replace it everything fails with worker_lost in under 2 s, and nothing hangs', async () => {
    const worker = spawnShop()
    const store = openStore(shop, worker, { name: newName(), logs })
    stores.push(store)
    await store.dispatch(addItem('1', line(1)))
    const completed: string[] = []
    store
      .watch(Cart, '1')
      .subscribe({ error: () => completed.push('error'), complete: () => completed.push('over') })
    const killed = performance.now()
    worker.terminate()
    expect(await codeOf(store.dispatch(addItem('1', line(2))))).toBe('worker_lost')
    expect(performance.now() - killed).toBeLessThan(2_000)
    expect(await codeOf(store.at({ time: 0 }))).toBe('worker_lost')
    expect(await firstValueFrom(store.status$)).toMatchObject({
      phase: 'halted',
      problem: { code: 'worker_lost' },
    })
    expect(completed).toEqual([])
  })

  it('B12 again and again is given up after five times, and said', async () => {
    const { store, workers } = openShop({ spawn: () => spawnText('throw new Error("no such script")') })
    expect(await codeOf(store.ready)).toBe('worker_keeps_dying')
    expect(workers.length).toBe(5)
    expect(await codeOf(store.dispatch(addItem('1', line(1))))).toBe('worker_keeps_dying')
    expect(await firstValueFrom(store.status$)).toMatchObject({
      phase: 'halted',
      problem: { code: 'worker_keeps_dying' },
    })
  })

  it('B13 can be closed over while it is being replaced, without a hang', async () => {
    const { store, kill } = openShop()
    await store.ready
    kill()
    await store.close()
    expect(await codeOf(store.dispatch(checkOut('1')))).toBe('closed')
  })
})

describe('the witness of a store', () => {
  it('B14 a deleted database is told as lost, also after another reload, until it is acknowledged', async () => {
    const first = openShop()
    await first.store.dispatch(addItem('1', line(1)))
    await first.store.close()
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(`varve:${first.name}`).onsuccess = resolve
    })
    const second = openShop({ name: first.name })
    await second.store.ready
    expect((await firstValueFrom(second.store.status$)).problem?.code).toBe('store_lost')
    await second.store.close()
    const third = openShop({ name: first.name })
    await third.store.ready
    expect(await firstValueFrom(third.store.lost$)).toBe(true)
    third.store.acknowledgeLoss()
    await third.store.close()
    const fourth = openShop({ name: first.name })
    await fourth.store.ready
    expect(await firstValueFrom(fourth.store.lost$)).toBe(false)
  })
})
