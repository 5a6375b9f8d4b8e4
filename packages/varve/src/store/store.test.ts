import { firstValueFrom, type Observable } from 'rxjs'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { VarveError } from '../core/errors.ts'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import type { StoreStatus } from '../core/query.ts'
import { defineStream } from '../core/stream.ts'
import { memoryDisk, openMemoryLog } from '../testing/index.ts'
import { openLocalStore } from '../testing/open-test-store.ts'
import {
  Busy,
  Claps,
  Guests,
  Note,
  openStage,
  Seat,
  Sold,
  theatre,
} from '../testing/theatre-store.fixture.ts'
import type { FateOf, Store } from './store.ts'
import { localWitness } from './witness.ts'

const { take, free, join } = Seat.commands

/** What localStorage is, of one test. */
function memoryStorage(): Storage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    key: (at) => [...items.keys()][at] ?? null,
    get length() {
      return items.size
    },
  }
}

/** All values of an observable from now on, and whether it is over. */
function record<T>(observable: Observable<T>) {
  const values: T[] = []
  const recorded = { values, isOver: false, isFailed: false, stop: () => subscription.unsubscribe() }
  const subscription = observable.subscribe({
    next: (value) => values.push(value),
    error: () => {
      recorded.isFailed = true
    },
    complete: () => {
      recorded.isOver = true
    },
  })
  return recorded
}

/** Waits until what was published in this turn has been shown. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (error instanceof VarveError ? error.code : String(error)),
  )

async function mustAccept(store: Store, call: Parameters<Store['dispatch']>[0]) {
  const decided = await store.dispatch(call)
  if (!decided.ok) throw new Error(`refused: ${decided.reason}`)
  return decided
}

describe('dispatch', () => {
  it('S1 an accepted command is answered with its log and dot, and its state can be watched', async () => {
    const { store } = await openStage()
    const decided = await mustAccept(store, take('1', { by: 'Ann' }))
    expect(decided).toMatchObject({ ok: true, log: 'hall', dot: { counter: 1 } })
    expect(await firstValueFrom(store.watch(Seat, '1'))).toEqual({ by: 'Ann' })
    await store.close()
  })

  it('S1 a command may be dispatched before the store is open', async () => {
    const store = openLocalStore(theatre)
    await mustAccept(store, take('1', { by: 'Ann' }))
    expect(await firstValueFrom(store.watch(Sold))).toBe(1)
    await store.close()
  })

  it('S2 what the domain refuses is a value with its literal reason, details and place', async () => {
    const { store } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    expect(await store.dispatch([take('2', { by: 'Ben' }), take('1', { by: 'Ben' })])).toEqual({
      ok: false,
      reason: 'taken',
      details: { seen: 0 },
      command: 1,
    })
    expect(await firstValueFrom(store.watch(Sold))).toBe(1)
    await store.close()
  })

  it.each([
    ['invalid_input', take('1', { by: 7 } as never)],
    ['unknown_stream', { stream: 'balcony/1', name: 'take' }],
    ['unknown_command', { stream: 'seat/1', name: 'constructor' }],
    ['mixed_logs', [take('1', { by: 'Ann' }), Note.commands.write('1', { text: 'hi' })]],
    ['no_commands', []],
    ['bad_name', { stream: 'seat/', name: 'take' }],
    ['invalid_input', undefined],
    ['invalid_input', null],
    ['invalid_input', 'x'],
    ['invalid_input', {}],
    ['invalid_input', [null]],
    ['invalid_input', { stream: 7 }],
  ] as const)('S3 a wrong call rejects with %s and stores nothing', async (code, call) => {
    const { store } = await openStage()
    expect(await codeOf(store.dispatch(call as never))).toBe(code)
    expect((await firstValueFrom(store.status$)).pending).toBe(0)
    await store.close()
  })

  it('S3 a call that names no commit and no cut rejects, and one that names no stream throws', async () => {
    const { store } = await openStage()
    const refs = [undefined, null, {}, { log: 'hall', dot: null }, { log: 'hall', dot: { replica: 'a' } }]
    for (const ref of refs as never[]) {
      expect(await codeOf(store.cancel(ref))).toBe('invalid_input')
      expect(await codeOf(store.dismiss(ref))).toBe('invalid_input')
      expect(await codeOf(store.retry(ref))).toBe('invalid_input')
      expect(() => store.fate(ref)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    }
    expect(await codeOf(store.retry({ log: 'hall', dot: { replica: 'a', counter: 1 } } as never))).toBe(
      'invalid_input',
    )
    const cuts = [undefined, {}, { time: Number.NaN }, { time: 'x' }, { log: 'hall', position: -1 }]
    for (const cut of cuts as never[]) expect(await codeOf(store.at(cut))).toBe('invalid_input')
    expect(await codeOf(store.at({ log: 'nope', position: 0 }))).toBe('unknown_log')
    for (const what of [undefined, null, 'x', {}] as never[]) {
      const unknown = expect.objectContaining({ code: 'unknown_stream' })
      expect(() => store.watch(what)).toThrow(unknown)
      expect(() => store.watchStream(what, '1')).toThrow(unknown)
      expect(() => store.history(what, '1')).toThrow(unknown)
    }
    expect(() => store.history(Seat, undefined as never)).toThrow(
      expect.objectContaining({ code: 'bad_name' }),
    )
    await store.close()
  })

  it('S39 what was dispatched stays the caller’s own to change, and the wish is as it was', async () => {
    interface Kept {
      by: { name: string }
    }
    // Its schema gives the very object that it was given.
    const Box = defineStream('box', {
      initial: null as Kept | null,
      events: { filled: event(v.custom<Kept>(() => true)) },
      evolve: { filled: (_old, kept) => kept },
      commands: ({ command, emit }) => ({
        fill: command(
          v.custom<Kept>(() => true),
          (_old, kept) => emit.filled(kept),
        ),
      }),
    })
    const store = openLocalStore(defineModel('boxes', { logs: { hall: [Box] } }))
    const input = { by: { name: 'Ann' } }
    const asked = mustAccept(store, Box.commands.fill('1', input))
    input.by.name = 'Ben'
    await asked
    input.by.name = 'Cy'
    expect(await firstValueFrom(store.watch(Box, '1'))).toEqual({ by: { name: 'Ann' } })
    await store.close()
  })

  it('S4 several commands of one log are one commit', async () => {
    const { store } = await openStage()
    const { dot } = await mustAccept(store, [take('1', { by: 'Ann' }), join('2', { by: 'Ben', next: '1' })])
    const { pending, revision } = await firstValueFrom(store.watchStream(Seat, '2'))
    expect({ pending, revision }).toEqual({ pending: [{ dot, commands: ['join'] }], revision: 1 })
    await store.close()
  })
})

describe('fates', () => {
  it('S5 a fate settles as confirmed, with the position, when the log has placed the commit', async () => {
    const { store, sync } = await openStage()
    const { fate } = await mustAccept(store, take('1', { by: 'Ann' }))
    await sync()
    expect(await fate).toEqual({ status: 'confirmed', position: 1 })
    await store.close()
  })

  it('S5 a fate settles as withdrawn, with the reason and what it met, only when the log says so', async () => {
    const here = await openStage()
    const there = await openStage({ server: here.server })
    await mustAccept(there.store, take('1', { by: 'Ann' }))
    const { fate } = await mustAccept(here.store, take('1', { by: 'Ben' }))
    await there.sync()
    await here.sync()
    await here.sync()
    expect(await fate).toMatchObject({ status: 'withdrawn', reason: 'taken', because: [{ counter: 1 }] })
    await here.store.close()
    await there.store.close()
  })

  it('S5 a withdrawn fate holds the events of others as long as the inbox has them', async () => {
    const here = await openStage()
    const there = await openStage({ server: here.server })
    await mustAccept(there.store, take('1', { by: 'Ann' }))
    const { fate } = await mustAccept(here.store, take('1', { by: 'Ben' }))
    await there.sync()
    await here.sync()
    await here.sync()
    expect(await fate).toMatchObject({ theirs: [{ type: 'seat.taken', data: { by: 'Ann' } }] })
    await here.store.close()
    await there.store.close()
  })

  it('S42 how it stands with a commit is watched, also by a copy of its ref after a reload', async () => {
    const { store, sync, disk, server } = await openStage()
    const decided = await mustAccept(store, take('1', { by: 'Ann' }))
    const { log, dot, seed } = decided
    const fates = record(store.fate(decided))
    await settled()
    await sync()
    await settled()
    expect(fates.values).toEqual([
      { status: 'pending', reverted: false },
      { status: 'confirmed', position: 1 },
    ])
    await store.close()
    expect(fates.isOver).toBe(true)
    const again = await openStage({ disk, server })
    const kept = JSON.parse(JSON.stringify({ log, dot, seed }))
    expect(await firstValueFrom(again.store.fate(kept))).toEqual({ status: 'confirmed', position: 1 })
    expect(await firstValueFrom(again.store.fate({ log, dot: { ...dot, counter: 7 } }))).toEqual({
      status: 'unknown',
    })
    await again.store.close()
  })

  it('S42 goes on after an end: what a server takes back is pending again, and said to be reverted', async () => {
    const { store, sync, engine } = await openStage()
    const fates = record(store.fate(await mustAccept(store, take('1', { by: 'Ann' }))))
    await settled()
    await sync()
    await engine.heal('hall', 'e2', 0)
    await settled()
    await settled()
    expect(fates.values.at(-1)).toEqual({ status: 'pending', reverted: true })
    await store.close()
  })

  it('S6 closing rejects the fates that are open with closed', async () => {
    const { store } = await openStage()
    const { fate } = await mustAccept(store, take('1', { by: 'Ann' }))
    await store.close()
    expect(await codeOf(fate)).toBe('closed')
  })

  it('S6 a fate that nobody looks at disturbs nobody', async () => {
    const { store } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await store.close()
    await settled()
  })
})

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
    const { store, sync } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await mustAccept(store, free('1'))
    await sync()
    await mustAccept(store, take('1', { by: 'Ben' }))
    const read: unknown[] = []
    for await (const { type, revision, position } of store.history(Seat, '1'))
      read.push([type, revision, position])
    expect(read).toEqual([
      ['seat.taken', 0, 1],
      ['seat.freed', 1, 2],
      ['seat.taken', 2, null],
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

describe('opening', () => {
  it('S19 a store that cannot be opened says why: ready and every call reject, nothing is shown as saved', async () => {
    const store = openLocalStore(theatre, { logs: { hall: 'hall' } as never })
    const statuses: StoreStatus[] = []
    store.status$.subscribe((status) => statuses.push(status))
    const code = await codeOf(store.ready)
    expect(code).not.toBe('nothing thrown')
    expect(await codeOf(store.dispatch(take('1', { by: 'Ann' })))).toBe(code)
    expect(await codeOf(store.at({ time: 0 }))).toBe(code)
    expect(statuses[0]?.phase).toBe('connecting')
    expect(statuses.at(-1)).toMatchObject({ phase: 'halted', problem: { code } })
    await store.close()
  })

  it('S19 an unopened store can be closed', async () => {
    const store = openLocalStore(theatre)
    await store.close()
    expect(await codeOf(store.dispatch(take('1', { by: 'Ann' })))).toBe('closed')
  })

  it('S20 a store that was here before and is gone is told as lost until that is acknowledged', async () => {
    const storage = memoryStorage()
    storage.setItem('varve:local:store', 'another 3')
    const visit = () => openLocalStore(theatre, { witness: localWitness('local', storage) })
    const store = visit()
    await store.ready
    const lost = record(store.lost$)
    expect((await firstValueFrom(store.status$)).problem?.code).toBe('store_lost')
    await store.close()
    const later = visit()
    await later.ready
    expect(lost.values).toEqual([true])
    expect((await firstValueFrom(later.status$)).problem?.code).toBe('store_lost')
    later.acknowledgeLoss()
    expect((await firstValueFrom(later.status$)).problem).toBeNull()
    expect(storage.getItem('varve:local:store')).not.toContain('another')
    await later.close()
  })

  it('S20 a store that the browser has set back since the last visit is told, and works', async () => {
    const storage = memoryStorage()
    const disk = memoryDisk()
    const visit = () =>
      openLocalStore(theatre, { witness: localWitness('local', storage), log: openMemoryLog(disk) })
    const first = visit()
    await first.dispatch(take('1', { by: 'Ann' }))
    const yesterday = disk.clone()
    await first.dispatch(take('2', { by: 'Ann' }))
    await first.close()
    const untouched = visit()
    await untouched.ready
    expect((await firstValueFrom(untouched.status$)).problem).toBeNull()
    await untouched.close()

    disk.setBack(yesterday)
    const second = visit()
    await second.ready
    expect((await firstValueFrom(second.status$)).problem?.code).toBe('store_rolled_back')
    expect(await firstValueFrom(second.lost$)).toBe(true)
    expect(await second.dispatch(take('2', { by: 'Ben' }))).toMatchObject({ ok: true })
    second.acknowledgeLoss()
    await second.close()
    const third = visit()
    await third.ready
    expect(await firstValueFrom(third.lost$)).toBe(false)
    await third.close()
  })

  it('S41 the status tells when the store was last told to be synced', async () => {
    let time = 100
    const { store, engine } = await openStage({ now: () => time })
    const seen = record(store.status$)
    const report = (phase: 'synced' | 'offline') => engine.report({ phase, problem: null, heads: [] })
    await settled()
    report('synced')
    time = 5_000
    report('offline')
    await settled()
    expect(seen.values.map(({ phase, syncedAt }) => [phase, syncedAt]).slice(-3)).toEqual([
      ['local', null],
      ['synced', 100],
      ['offline', 100],
    ])
    await store.close()
  })

  it('S21 a value over two logs is one value', async () => {
    const { store } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await mustAccept(store, Note.commands.write('1', { text: 'hi' }))
    expect(await firstValueFrom(store.watch(Busy))).toEqual({ seats: 1, claps: 0, notes: 1 })
    await store.close()
  })
})
