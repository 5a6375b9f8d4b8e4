import { firstValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openMemoryLog } from '../testing/index.ts'
import { localHost, openLocalStore } from '../testing/open-test-store.ts'
import { Note, openStage, Seat, theatre } from '../testing/theatre-store.fixture.ts'
import type { WorkerLife } from '../worker/connect.ts'
import type { FateOf } from './store.ts'
import { storeOn } from './store-on.ts'
import { codeOf, mustAccept, record, settled } from './store-tests.fixture.ts'

const { take, free } = Seat.commands

describe('what was withdrawn', () => {
  async function withWithdrawn() {
    const here = await openStage()
    const there = await openStage({ server: here.server })
    await mustAccept(there.store, take('1', { by: 'Ann' }))
    await there.sync()
    await mustAccept(here.store, take('1', { by: 'Ben' }))
    await here.sync()
    await here.sync()
    return { here, there }
  }

  it('S16 a withdrawn commit stands in the inbox with both sides until it is dismissed', async () => {
    const { here, there } = await withWithdrawn()
    const inbox = record(here.store.inbox$)
    await settled()
    expect(inbox.values.at(-1)).toMatchObject([
      {
        reason: 'taken',
        mine: [{ type: 'seat.taken', data: { by: 'Ben' } }],
        theirs: [{ type: 'seat.taken', data: { by: 'Ann' } }],
      },
    ])
    await here.store.dismiss(inbox.values.at(-1)?.[0] as never)
    await settled()
    expect(inbox.values.at(-1)).toEqual([])
    await here.store.close()
    await there.store.close()
  })

  it('S17 a retry dispatches the same commands, and dismisses the item only when they were accepted', async () => {
    const { here, there } = await withWithdrawn()
    const inbox = record(here.store.inbox$)
    await settled()
    const item = inbox.values.at(-1)?.[0]
    if (item === undefined) throw new Error('nothing in the inbox')
    expect(await here.store.retry(item)).toMatchObject({ ok: false, reason: 'taken' })
    await settled()
    expect(inbox.values.at(-1)).toHaveLength(1)
    await mustAccept(there.store, free('1'))
    await there.sync()
    await here.sync()
    const retried = await here.store.retry(item)
    await settled()
    expect(retried.ok).toBe(true)
    expect(inbox.values.at(-1)).toEqual([])
    expect(await firstValueFrom(here.store.watch(Seat, '1'))).toEqual({ by: 'Ben' })
    await here.store.close()
    await there.store.close()
  })

  it('S43 the inbox can be read once, as soon as the store is open', async () => {
    const { here, there } = await withWithdrawn()
    const reloaded = openLocalStore(theatre, {
      logs: { hall: 'hall', desk: 'desk/1' },
      log: openMemoryLog(here.disk),
    })
    expect(await reloaded.inbox()).toMatchObject([{ reason: 'taken', reverted: false }])
    const closed = openLocalStore(theatre)
    const asked = closed.inbox()
    await closed.close()
    expect(await codeOf(asked)).toBe('closed')
    for (const store of [reloaded, here.store, there.store]) await store.close()
  })

  it('S43 asked of a worker that stands still, it fails at its deadline', async () => {
    const host = localHost(theatre, {})
    const silent = { ...host, subscribe: () => () => undefined }
    const store = storeOn(silent, theatre, { name: 'still', logs: { hall: 'hall', desk: 'desk/1' } })
    await store.ready
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const asked = codeOf(store.inbox())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await asked).toBe('worker_timeout')
    await store.close()
  })

  it('S43 S6 asked of a worker that is then lost, or was, it fails with the code of the loss', async () => {
    const host = localHost(theatre, {})
    const silent = { ...host, subscribe: () => () => undefined }
    let tell: (life: WorkerLife) => void = () => undefined
    const onLife = (listener: typeof tell) => {
      tell = listener
      return () => undefined
    }
    const store = storeOn(silent, theatre, { name: 'lost', logs: { hall: 'hall', desk: 'desk/1' }, onLife })
    await store.ready
    const asked = codeOf(store.inbox())
    await settled()
    tell({ phase: 'over', failure: { code: 'worker_lost', message: 'gone', hint: '' } })
    expect(await asked).toBe('worker_lost')
    expect(await codeOf(store.inbox())).toBe('worker_lost')
    await store.close()
  })

  it('S17 C11 a retry may be another command, and is refused once the first one was applied after all', async () => {
    const { here, there } = await withWithdrawn()
    const [item] = await here.store.inbox()
    if (item === undefined) throw new Error('nothing in the inbox')
    expect(await codeOf(here.store.retry(item, Note.commands.write('1', { text: 'x' })))).toBe('mixed_logs')
    const decided = await here.store.retry(item, take('2', { by: 'Ben' }))
    expect(decided).toMatchObject({ ok: true })
    expect(await here.store.inbox()).toEqual([])
    // Whoever tries the same wish once more, from another tab, say, is told that it is done.
    expect(await here.store.retry(item, take('3', { by: 'Ben' }))).toMatchObject({
      ok: false,
      reason: 'already_applied',
    })
    await here.store.close()
    await there.store.close()
  })

  it('S18 cancelling empties a pending commit, and says whether it still could', async () => {
    const { store, sync } = await openStage()
    const decided = await mustAccept(store, take('1', { by: 'Ann' }))
    expect(await store.cancel(decided)).toBe(true)
    expect(await firstValueFrom(store.watch(Seat, '1'))).toEqual({ by: null })
    const placed = await mustAccept(store, take('2', { by: 'Ann' }))
    await sync()
    expect(await store.cancel(placed)).toBe(false)
    expect(((await decided.fate) as FateOf & { status: 'withdrawn' }).reason).toBe('cancelled')
    await store.close()
  })
})
