import { firstValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import { openLocalStore } from '../testing/open-test-store.ts'
import { Claps, Guests, openStage, Seat, Sold, theatre } from '../testing/theatre-store.fixture.ts'
import { Bell, Gate, gates, Last, Visits } from '../testing/uncloneable.fixture.ts'
import { codeOf, mustAccept, record, settled } from './store-tests.fixture.ts'

const { take, free } = Seat.commands

describe('watch', () => {
  it('S7 a watched stream emits at once and at each change; what is pending is named until it is placed', async () => {
    const { store, sync } = await openStage()
    const seen = record(store.watchStream(Seat, '1'))
    await settled()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await settled()
    await sync()
    await settled()
    expect(seen.values.map(({ state, confirmed, pending }) => [state.by, confirmed, pending.length])).toEqual(
      [
        [null, true, 0],
        ['Ann', false, 1],
        ['Ann', true, 0],
      ],
    )
    await store.close()
  })

  it('S7 watching the state alone tells nothing when only its confirmation changed', async () => {
    const { store, sync } = await openStage()
    const seen = record(store.watch(Seat, '1'))
    await mustAccept(store, take('1', { by: 'Ann' }))
    await settled()
    await sync()
    await settled()
    expect(seen.values.map(({ by }) => by)).toEqual([null, 'Ann'])
    await store.close()
  })

  it('S8 whoever comes later gets the latest value at once, and there is one subscription for all', async () => {
    const { store } = await openStage()
    const first = record(store.watch(Sold))
    await mustAccept(store, take('1', { by: 'Ann' }))
    await settled()
    const second = record(store.watch(Sold))
    expect(second.values).toEqual([1])
    first.stop()
    await mustAccept(store, take('2', { by: 'Ann' }))
    await settled()
    expect(second.values).toEqual([1, 2])
    second.stop()
    expect(await firstValueFrom(store.watch(Sold))).toBe(2)
    await store.close()
  })

  it('S9 what is watched completes at close, never errors, and is over at once afterwards', async () => {
    const { store } = await openStage()
    const kept = store.watch(Claps, '1')
    const all: { isOver: boolean; isFailed: boolean }[] = [
      record(store.watch(Sold)),
      record(store.watch(Guests)),
      record(store.watch(Seat, '1')),
      record(store.inbox$),
    ]
    await settled()
    await store.close()
    for (const later of [store.watch(Sold), kept]) all.push(record(later))
    all.push(record(store.status$))
    expect(all.map(({ isOver, isFailed }) => ({ isOver, isFailed }))).toEqual(
      all.map(() => ({ isOver: true, isFailed: false })),
    )
  })

  it('S9 of two that were asked for before anybody looked, both complete', async () => {
    const { store } = await openStage()
    const all = [store.watch(Sold), store.watch(Sold)].map((each) => record(each))
    await settled()
    expect(all.map(({ values }) => values)).toEqual([[0], [0]])
    await store.close()
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true])
  })

  it('S9 a closed store says so in its status', async () => {
    const { store } = await openStage()
    const seen = record(store.status$)
    await store.close()
    expect(seen.values.at(-1)).toMatchObject({ phase: 'halted', problem: { code: 'closed' } })
    expect(await codeOf(store.dispatch(take('1', { by: 'Ann' })))).toBe('closed')
  })

  it('S40 a projection that stands still is an error to whoever watches it, and is listed in the status', async () => {
    const Shy = defineProjection('shy', {
      from: [Seat],
      initial: 0,
      on: {
        'seat.taken': () => {
          throw new Error('too loud')
        },
      },
    })
    const store = openLocalStore(defineModel('loud', { logs: { hall: [Seat] }, projections: [Shy, Sold] }))
    const seen = record(store.watch(Shy))
    await settled()
    expect(seen.values).toEqual([0])
    await mustAccept(store, take('1', { by: 'Ann' }))
    await settled()
    const failed = { code: 'projection_failed', message: expect.stringContaining('too loud') }
    expect(seen).toMatchObject({ isFailed: true, values: [0] })
    await expect(firstValueFrom(store.watch(Shy))).rejects.toMatchObject(failed)
    expect(await firstValueFrom(store.watch(Sold))).toBe(1)
    expect((await firstValueFrom(store.status$)).failures).toEqual([
      { projection: 'shy', leftOut: 0, message: 'too loud', type: 'seat.taken', position: null },
    ])
    await store.close()
  })

  it('B24 without a worker too, what cannot be cloned is an error that names it, and all else goes on', async () => {
    const reported = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => reported.mockRestore())
    const store = openLocalStore(gates)
    const isTold = (what: string) => ({ code: 'uncloneable', message: expect.stringContaining(what) })
    const seen = record(store.watch(Gate, '1'))
    await mustAccept(store, Gate.commands.pass('1'))
    await settled()
    expect(seen).toMatchObject({ isFailed: true, values: [{ passed: 0 }] })
    await expect(firstValueFrom(store.watch(Gate, '1'))).rejects.toMatchObject(isTold('gate/1'))
    await expect(firstValueFrom(store.watch(Last))).rejects.toMatchObject(isTold('last'))
    await expect(firstValueFrom(store.watch(Visits))).rejects.toMatchObject(isTold('visits'))
    expect(reported).toHaveBeenCalledTimes(4)
    await mustAccept(store, [Bell.commands.ring('1'), Gate.commands.pass('1')])
    expect(await firstValueFrom(store.watch(Bell, '1'))).toBe(1)
    await store.close()
  })

  it('S10 a table is a Map whose identity changes exactly when a row changed, and other rows keep theirs', async () => {
    const { store } = await openStage()
    const seen = record(store.watch(Guests))
    await mustAccept(store, take('1', { by: 'Ann' }))
    await settled()
    await mustAccept(store, Claps.commands.clap('all'))
    await settled()
    await mustAccept(store, take('2', { by: 'Ben' }))
    await settled()
    await mustAccept(store, free('1'))
    await settled()
    expect(seen.values.map((rows) => [...rows.keys()])).toEqual([[], ['1'], ['1', '2'], ['2']])
    expect(seen.values[2]?.get('1')).toBe(seen.values[1]?.get('1'))
    await store.close()
  })

  it('S11 between two frames only the latest is shown', async () => {
    let next: () => void = () => undefined
    const { store } = await openStage({
      frame: (callback) => {
        next = callback
        return () => undefined
      },
    })
    const sold = record(store.watch(Sold))
    await settled()
    for (let n = 1; n <= 5; n++) await mustAccept(store, take(String(n), { by: 'Ann' }))
    expect(sold.values).toEqual([0])
    next()
    expect(sold.values).toEqual([0, 5])
    await store.close()
  })

  it('S12 what the model does not have is refused at the call', async () => {
    const store = openLocalStore(theatre)
    const other = { ...Sold, name: 'else' }
    expect(() => store.watch(other)).toThrow(expect.objectContaining({ code: 'unknown_projection' }))
    expect(() => store.watch({ ...Seat, type: 'balcony' } as unknown as typeof Seat, '1')).toThrow(
      expect.objectContaining({ code: 'unknown_stream' }),
    )
    expect(() => store.watch(Seat, '')).toThrow(expect.objectContaining({ code: 'bad_name' }))
    await store.close()
  })
})

describe('history and past', () => {
  it('S13 a history is read event by event, pending ones last and without a position', async () => {
    const { store, sync } = await openStage({ actor: 'ann@box-office' })
    await mustAccept(store, take('1', { by: 'Ann' }))
    await mustAccept(store, free('1'))
    await sync()
    await mustAccept(store, take('1', { by: 'Ben' }))
    const read: unknown[] = []
    for await (const { type, revision, position, principal, actor, causation } of store.history(Seat, '1'))
      read.push([type, revision, position, principal, actor, causation])
    expect(read).toEqual([
      ['seat.taken', 0, 1, 'p', 'ann@box-office', null],
      ['seat.freed', 1, 2, 'p', 'ann@box-office', null],
      ['seat.taken', 2, null, null, 'ann@box-office', null],
    ])
    await store.close()
  })

  it('S14 the past is a store that can be watched in the same way, and does not move', async () => {
    const { store, sync } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await mustAccept(store, take('2', { by: 'Ben' }))
    await sync()
    const past = await store.at({ log: 'hall', position: 1 })
    await mustAccept(store, free('1'))
    await sync()
    expect(past.past).toEqual({ log: 'hall', position: 1 })
    expect(await firstValueFrom(past.watch(Seat, '1'))).toEqual({ by: 'Ann' })
    expect(await firstValueFrom(past.watch(Sold))).toBe(1)
    expect([...(await firstValueFrom(past.watch(Guests))).keys()]).toEqual(['1'])
    const events: string[] = []
    for await (const { type } of past.history(Seat, '2')) events.push(type)
    expect(events).toEqual([])
    await store.close()
  })

  it('S15 the past refuses every change with read_only, and closing it leaves the present open', async () => {
    const { store, sync } = await openStage()
    const { log, dot } = await mustAccept(store, take('1', { by: 'Ann' }))
    await sync()
    const past = await store.at({ log: 'hall', position: 1 })
    const seen = record(past.watch(Sold))
    await settled()
    expect(await codeOf(past.dispatch(free('1')))).toBe('read_only')
    expect(await codeOf(past.cancel({ log, dot }))).toBe('read_only')
    expect(await codeOf(past.dismiss({ log, dot }))).toBe('read_only')
    expect(await codeOf(past.setToken('t'))).toBe('read_only')
    await past.close()
    await past.close()
    expect(seen.isOver).toBe(true)
    await mustAccept(store, free('1'))
    await store.close()
  })

  it('S15 a past beyond the head is a failure, not a hang', async () => {
    const { store } = await openStage()
    expect(await codeOf(store.at({ log: 'hall', position: 99 }))).toBe('beyond_head')
    expect(await codeOf(store.at({ log: 'cellar', position: 0 }))).toBe('unknown_log')
    await store.close()
  })
})
