/** The death of a real worker over real IndexedDB: noticed, replaced, nothing lost or doubled, nothing hangs. */
import { filter, firstValueFrom } from 'rxjs'
import { Cart } from '../../core/cart.fixture.ts'
import type { TestApi } from './log-disk.ts'
import { codeOf, createBench, eventsOf, line, until } from './worker-bench.fixture.ts'

const { addItem, checkOut } = Cart.commands

/** `spawnShop` starts a worker that serves the shop of cart.fixture.ts without a server. */
export function workerDeathContract(api: TestApi, spawnShop: () => Worker): void {
  const { it, openShop, openOn } = createBench(api, spawnShop)
  const { expect } = api

  it('B8 is noticed and replaced in under 2 s, and what is watched goes on', async () => {
    const { store, spawned, kill } = openShop()
    const states: number[] = []
    store.watch(Cart, '1').subscribe((cart) => states.push(Object.keys(cart.lines).length))
    await store.dispatch(addItem('1', line(1)))
    const killed = performance.now()
    kill()
    await until(store, () => spawned.length >= 2)
    expect((spawned[1] ?? 0) - killed < 2_000).toEqual(true)
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
    expect(dots.size).toEqual(60)
    expect((await eventsOf(store, '1')).toSorted()).toEqual(
      Array.from({ length: 60 }, (_, n) => `sku-${n}`).toSorted(),
    )
    // More, where one was so slow to run that it was given up.
    expect(workers.length >= 4).toEqual(true)
  })

  it('B9 while it starts: another one takes over', async () => {
    const { store, workers } = openShop()
    workers[0]?.terminate()
    expect((await store.dispatch(addItem('1', line(1)))).ok).toEqual(true)
    expect(workers.length >= 2).toEqual(true)
    expect(await eventsOf(store, '1')).toEqual(['sku-1'])
  })

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
    const { store, worker } = openOn(spawnShop())
    const decided = await store.dispatch(addItem('1', line(1)))
    const completed: string[] = []
    store
      .watch(Cart, '1')
      .subscribe({ error: () => completed.push('error'), complete: () => completed.push('over') })
    const killed = performance.now()
    worker.terminate()
    expect(await codeOf(store.dispatch(addItem('1', line(2))))).toEqual('worker_lost')
    expect(performance.now() - killed < 2_000).toEqual(true)
    // All that gives a promise, each by itself: those that ask the worker, and those that wait for it.
    const asked = [
      store.at({ time: 0 }),
      Array.fromAsync(store.history(Cart, '1')),
      store.inbox(),
      store.setToken('t'),
      ...(decided.ok ? [decided.fate, store.cancel(decided), store.dismiss(decided)] : []),
    ]
    expect(await Promise.all(asked.map(codeOf))).toEqual(asked.map(() => 'worker_lost'))
    expect(asked.length).toEqual(7)
    const { phase, problem } = await firstValueFrom(store.status$)
    expect([phase, problem?.code]).toEqual(['halted', 'worker_lost'])
    expect(completed).toEqual([])
  })

  it('B12 again and again is given up after five times, and said', async () => {
    const { store, workers } = openShop({ spawn: spawnBroken })
    expect(await codeOf(store.ready)).toEqual('worker_keeps_dying')
    expect(workers.length).toEqual(5)
    expect(await codeOf(store.dispatch(addItem('1', line(1))))).toEqual('worker_keeps_dying')
    const { phase, problem } = await firstValueFrom(store.status$)
    expect([phase, problem?.code]).toEqual(['halted', 'worker_keeps_dying'])
  })

  it('B13 can be closed over while it is being replaced, without a hang', async () => {
    const { store, kill } = openShop()
    await store.ready
    kill()
    await store.close()
    expect(await codeOf(store.dispatch(checkOut('1')))).toEqual('closed')
  })
}

function spawnBroken(): Worker {
  const script = new Blob(['throw new Error("no such script")'], { type: 'text/javascript' })
  return new Worker(URL.createObjectURL(script))
}
