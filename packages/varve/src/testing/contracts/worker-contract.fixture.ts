/** The border on a real worker over real IndexedDB: what crosses it arrives, what is hostile does not. */
import { filter, firstValueFrom } from 'rxjs'
import { Cart, Likes, Orders } from '../../core/cart.fixture.ts'
import { defineModel } from '../../core/model.ts'
import { deleteStore } from './browser-disk.ts'
import type { TestApi } from './log-disk.ts'
import { codeOf, createBench, line } from './worker-bench.fixture.ts'

const { addItem, checkOut } = Cart.commands

/** `spawnShop` starts a worker that serves the shop of cart.fixture.ts without a server. */
export function workerContract(api: TestApi, spawnShop: () => Worker): void {
  const { it, openShop, openOther } = createBench(api, spawnShop)
  const { expect } = api

  it('B5 what was dispatched is there after a reload', async () => {
    const first = openShop()
    expect((await first.store.dispatch(addItem('1', line(1)))).ok).toEqual(true)
    await first.store.close()
    const second = openShop({ name: first.name })
    expect(await firstValueFrom(second.store.watch(Cart, '1'))).toEqual({
      lines: { 'sku-1': line(1) },
      status: 'open',
    })
    expect((await firstValueFrom(second.store.status$)).phase !== 'synced').toEqual(true)
    expect(await firstValueFrom(second.store.lost$)).toEqual(false)
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
    expect(seen.at(-1)?.get('1') === seen.at(-2)?.get('1')).toEqual(true)
  })

  it('B5 another tab of the same store sees what this one dispatched', async () => {
    const here = openShop()
    const there = openShop({ name: here.name })
    const seen = firstValueFrom(there.store.watch(Cart, '1').pipe(filter((cart) => 'sku-1' in cart.lines)))
    await there.store.ready
    await here.store.dispatch(addItem('1', line(1)))
    expect((await seen).lines).toEqual({ 'sku-1': line(1) })
    expect((await there.store.dispatch(addItem('1', line(2)))).ok).toEqual(true)
    await firstValueFrom(here.store.watch(Cart, '1').pipe(filter((cart) => 'sku-2' in cart.lines)))
  })

  it('B5 refusals and failures keep reason, details and code across the border', async () => {
    const { store } = openShop()
    expect(await store.dispatch(checkOut('1'))).toEqual({ ok: false, reason: 'cart_empty', command: 0 })
    expect(await codeOf(store.at({ log: 'customer/1', position: 7 }))).toEqual('beyond_head')
    expect(await codeOf(store.dispatch(addItem('1', { sku: 1 } as never)))).toEqual('invalid_input')
  })

  it("B6 a page whose model is not its worker's cannot open it", async () => {
    const other = defineModel('shop', { logs: { customer: [Cart], bank: [Likes] } })
    const store = openOther(other)
    expect(await codeOf(store.ready)).toEqual('model_mismatch')
    expect(await codeOf(store.dispatch(checkOut('1')))).toEqual('model_mismatch')
    expect((await firstValueFrom(store.status$)).problem?.code).toEqual('model_mismatch')
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
    expect((await store.dispatch(addItem('1', line(1)))).ok).toEqual(true)
    expect(answers).toEqual(Array(6).fill('message_refused'))
  })

  it('B14 a deleted database is told as lost, also after another reload, until it is acknowledged', async () => {
    const first = openShop()
    await first.store.dispatch(addItem('1', line(1)))
    await first.store.close()
    await deleteStore(first.name)
    const second = openShop({ name: first.name })
    await second.store.ready
    expect((await firstValueFrom(second.store.status$)).problem?.code).toEqual('store_lost')
    await second.store.close()
    const third = openShop({ name: first.name })
    await third.store.ready
    expect(await firstValueFrom(third.store.lost$)).toEqual(true)
    third.store.acknowledgeLoss()
    await third.store.close()
    const fourth = openShop({ name: first.name })
    await fourth.store.ready
    expect(await firstValueFrom(fourth.store.lost$)).toEqual(false)
  })
}
