import { firstValueFrom } from 'rxjs'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import type { StoreStatus } from '../core/query.ts'
import { defineStream } from '../core/stream.ts'
import { memoryDisk, openMemoryLog } from '../testing/index.ts'
import { type LocalStoreOptions, localHost, openLocalStore } from '../testing/open-test-store.ts'
import { Busy, Note, openStage, Seat, Sold, theatre } from '../testing/theatre-store.fixture.ts'
import type { Host } from '../worker/contract.ts'
import { openStore } from './open-store.ts'
import { storeOn } from './store-on.ts'
import { codeOf, memoryStorage, mustAccept, record, settled } from './store-tests.fixture.ts'
import { localWitness } from './witness.ts'

const { take, join } = Seat.commands

type SyncFactory = NonNullable<LocalStoreOptions['sync']>
type Sync = ReturnType<SyncFactory>

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

  it('S3 a schema that throws is told as undecidable, with what it threw, and stores nothing', async () => {
    const fussy = v.pipe(
      v.number(),
      v.check((n) => {
        if (n === 1) throw new Error('no ones')
        return true
      }),
    )
    const Tally = defineStream('tally', {
      initial: 0,
      events: { counted: event(v.number()) },
      evolve: { counted: (sum, n) => sum + n },
      commands: ({ command, emit }) => ({ count: command(fussy, (_sum, n) => emit.counted(n)) }),
    })
    const store = openLocalStore(defineModel('tallies', { logs: { hall: [Tally] } }))
    await expect(store.dispatch(Tally.commands.count('1', 1))).rejects.toMatchObject({
      code: 'undecidable',
      message: 'tally.count: its schema threw: no ones',
    })
    await mustAccept(store, Tally.commands.count('1', 5))
    expect(await firstValueFrom(store.watch(Tally, '1'))).toBe(5)
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

  it('S39 a handler cannot change the wish either: its input is frozen, also where the schema gives it as it was', async () => {
    const Box = defineStream('box', {
      initial: 0,
      events: { filled: event(v.number()) },
      evolve: { filled: (_old, n) => n },
      commands: ({ command, emit }) => ({
        fill: command(
          v.custom<{ n: number }>(() => true),
          (_old, input) => {
            if (input.n > 1) input.n += 1_000
            return emit.filled(input.n)
          },
        ),
      }),
    })
    const disk = memoryDisk()
    const store = openLocalStore(defineModel('boxes', { logs: { hall: [Box] } }), {
      log: openMemoryLog(disk),
    })
    await expect(store.dispatch(Box.commands.fill('1', { n: 2 }))).rejects.toMatchObject({
      code: 'undecidable',
      message: expect.stringContaining('read only'),
    })
    await mustAccept(store, Box.commands.fill('1', { n: 1 }))
    expect(disk.tables.outboxes.get('hall')?.[0]?.commands).toEqual([
      { stream: 'box/1', name: 'fill', input: { n: 1 } },
    ])
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

  it('S6 a dispatch that closing came before is told that what was acknowledged is saved, and no more', async () => {
    const { store } = await openStage()
    const first = await mustAccept(store, take('1', { by: 'Ann' }))
    const refused = store.dispatch(take('2', { by: 'Ben' })).catch((error: unknown) => error)
    await store.close()
    for (const told of [await refused, await first.fate.catch((error: unknown) => error)])
      expect(told).toMatchObject({ code: 'closed', hint: expect.stringMatching(/^What was acknowledged/) })
  })

  it('S6 a fate that nobody looks at disturbs nobody', async () => {
    const { store } = await openStage()
    await mustAccept(store, take('1', { by: 'Ann' }))
    await store.close()
    await settled()
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

  it.each([
    ['no logs', { logs: null }],
    ['a list of logs', { logs: ['hall'] }],
    ['a log that is no text', { logs: { hall: 7, desk: 'desk/1' } }],
    ['an empty name', { name: '' }],
    ['a name that is no text', { name: 7 }],
    ['an actor that is no text', { actor: 7 }],
  ])(
    'S19 with %s a store cannot be opened, and says so in the same words with a worker',
    async (_what, wrong) => {
      const local = openLocalStore(theatre, wrong as never)
      const neverSpawned = () => {
        throw new Error('No worker is needed to see that.')
      }
      const logs = { hall: 'hall', desk: 'desk/1' }
      const served = openStore(theatre, neverSpawned, { name: 'a', logs, ...(wrong as object) } as never)
      const messages: string[] = []
      for (const store of [local, served]) {
        const refused = await store.ready.catch((error: unknown) => error)
        expect(refused).toMatchObject({ code: 'bad_options' })
        messages.push((refused as Error).message)
        expect(await codeOf(store.dispatch(take('1', { by: 'Ann' })))).toBe('bad_options')
        expect(await firstValueFrom(store.status$)).toMatchObject({
          phase: 'halted',
          problem: { code: 'bad_options' },
        })
        await store.close()
      }
      expect(messages[0]).toBe(messages[1])
    },
  )

  it('B15 after close a token is refused too, and S3 one that is none always', async () => {
    const sync = (): Sync => ({ setToken: () => undefined, stop: async () => undefined })
    const store = openLocalStore(theatre, { sync, auth: () => 'first' })
    await store.setToken('second')
    await store.setToken(null)
    expect(await codeOf(store.setToken(7 as never))).toBe('invalid_input')
    await store.close()
    expect(await codeOf(store.setToken('third'))).toBe('closed')
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

  it('B14 a worker that comes after another one and finds less tells a loss, also at the next visit', async () => {
    const storage = memoryStorage()
    const host = localHost(theatre, {})
    let tell: (writes: number, store?: string) => void = () => undefined
    const subscribe: Host['subscribe'] = (query, listener) =>
      host.subscribe(query, (update) => {
        if (update.kind === 'status')
          tell = (writes, store = update.status.store) =>
            listener({ kind: 'status', status: { ...update.status, store, writes } })
        listener(update)
      })
    const witness = localWitness('local', storage)
    const options = { name: 'local', logs: { hall: 'hall', desk: 'desk/1' }, witness }
    const store = storeOn({ ...host, subscribe }, theatre, options)
    await store.ready
    await settled()
    tell(5)
    tell(6)
    // Another store has a count of its own; that this one is lost was told when that was opened.
    tell(1, 'another')
    tell(6)
    expect(await firstValueFrom(store.lost$)).toBe(false)
    tell(4)
    expect(await firstValueFrom(store.lost$)).toBe(true)
    tell(5)
    await store.close()
    const identity = witness.read()?.split(' ')[0] ?? 'none'
    expect(witness.read()).toBe(`${identity} 5`)
    expect(witness.write({ store: identity, lost: null })).toBe('store_rolled_back')
  })

  it('B16 S23 S24 with an auth that takes its time the server is asked once, when the token is there', async () => {
    const tokens: (string | null)[] = []
    const sync = ({ engine, token }: Parameters<SyncFactory>[0]): Sync => {
      const say = (given: string | null) => {
        tokens.push(given)
        const problem = given === null ? { code: 'unauthorized', message: 'No token.', hint: '' } : null
        engine.report({ phase: problem === null ? 'synced' : 'halted', problem, heads: [] })
      }
      say(token)
      return { setToken: say, stop: async () => undefined }
    }
    const asked: string[] = []
    const signedIn = Promise.withResolvers<string>()
    const auth = ({ reason }: { readonly reason: string }) => {
      asked.push(reason)
      return signedIn.promise
    }
    const store = openLocalStore(theatre, { sync, auth })
    const seen = record(store.status$)
    await store.ready
    await settled()
    expect({ tokens, phase: seen.values.at(-1)?.phase }).toEqual({ tokens: [], phase: 'connecting' })
    signedIn.resolve('good')
    await settled()
    expect({ tokens, asked }).toEqual({ tokens: ['good'], asked: ['open'] })
    expect(seen.values.map(({ phase }) => phase)).not.toContain('halted')
    expect(seen.values.at(-1)?.phase).toBe('synced')
    await store.close()
  })

  it('B17 without a worker too, a wish waits until the store is named, and not for ever', async () => {
    const sync = (): Sync => ({
      named: new Promise(() => undefined),
      setToken: () => undefined,
      stop: async () => undefined,
    })
    const store = openLocalStore(theatre, { sync })
    await mustAccept(store, take('1', { by: 'Ann' }))
    await store.close()
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
