import { afterEach, describe, expect, it } from 'vitest'
import type { CommandCall } from '../core/command.ts'
import type { VarveError } from '../core/errors.ts'
import type { DispatchResult } from '../core/query.ts'
import {
  clap,
  openTab as openTheatre,
  requestOf,
  stateOf,
  type Tab,
  take,
  theatreServer,
  updatesOf,
} from '../engine/theatre.fixture.ts'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import { memoryWishJournal, type SavedWish, type WishJournal } from '../log/wish-journal.ts'
import { virtualTime } from '../testing/freezable-tabs.fixture.ts'
import { heldDisk, heldLog } from '../testing/held-log.ts'
import { memoryTabChannels } from '../testing/memory-ports.ts'
import { type Overflow, startOverflow } from './serve-overflow.ts'

interface OpenTab {
  readonly engine: Tab
  readonly overflow: Overflow
  readonly reported: unknown[]
  wish(seed: string, ...calls: readonly CommandCall[]): Promise<DispatchResult>
  close(): Promise<void>
}

interface Options {
  readonly named?: Promise<void>
  readonly journal?: Partial<WishJournal>
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** One browser profile, whose first database can be held. */
function device() {
  const disk = memoryDisk()
  const held = heldDisk()
  const saved = new Map<string, SavedWish>()
  const { clock, pass } = virtualTime(() => 0)
  const openTabChannel = memoryTabChannels()

  async function openTab(name: string, options: Options = {}): Promise<OpenTab> {
    const log = heldLog(openMemoryLog(disk), held)
    const engine = await openTheatre(disk, name, { log, actor: `${name}-user` })
    const reported: unknown[] = []
    const overflow = startOverflow(engine, {
      journal: { ...memoryWishJournal(saved), ...options.journal },
      channel: openTabChannel('overflow'),
      clock,
      named: options.named ?? Promise.resolve(),
      report: (thrown) => reported.push(thrown),
    })
    const close = async (): Promise<void> => {
      overflow.stop()
      held.letGo()
      await engine.close()
      await overflow.close()
    }
    closing.push(close)
    await pass(0)
    return {
      engine,
      overflow,
      reported,
      wish: (seed, ...calls) => overflow.dispatch(requestOf(seed, calls), false),
      close,
    }
  }

  const outbox = () => disk.tables.outboxes.get('hall') ?? []
  return { openTab, pass, held, saved, outbox, disk }
}

const by = (who: string) => ({ by: who })
/** What a wish that was saved is called. */
const savedAs = (seed: string) => ({ ok: true, log: 'hall', dot: { replica: seed, counter: 0 }, events: [] })

/** The answer, or null while there is none. */
function answerOf(dispatched: Promise<DispatchResult>): { now: DispatchResult | null } {
  const answer: { now: DispatchResult | null } = { now: null }
  dispatched.then((result) => {
    answer.now = result
  })
  return answer
}

describe('a wish for which the database has no time', () => {
  it('B18 what is stored in time is answered as ever, and nothing is saved elsewhere', async () => {
    const { openTab, saved, pass } = device()
    const a = await openTab('a')
    expect(await a.wish('s', take('1', by('ann')))).toMatchObject({ ok: true, dot: { counter: 1 } })
    expect(await a.wish('t', take('1', by('bob')))).toMatchObject({ ok: false, reason: 'taken' })
    await expect(a.wish('u', { stream: 'bed/1', name: 'take' })).rejects.toMatchObject({
      code: 'unknown_stream',
    })
    await pass(10_000)
    expect([saved.size, a.engine.status().pending]).toEqual([0, 1])
  })

  it('B18 is saved and acknowledged within 4 s, pending in every tab, and shown when it is carried out', async () => {
    const { openTab, saved, held, pass, outbox } = device()
    const [a, b] = [await openTab('a'), await openTab('b')]
    held.hold()
    const answer = answerOf(a.wish('s', take('1', by('ann'))))
    await pass(2_000)
    expect(answer.now).toBe(null)
    await pass(2_000)
    expect(answer.now).toEqual(savedAs('s'))
    expect([...saved.keys()]).toEqual(['s'])
    expect([a, b].map(({ engine }) => engine.status().pending)).toEqual([1, 1])
    expect(stateOf(a.engine, 'seat/1')).toEqual({ state: { by: null }, revision: 0 })
    await pass(60_000)
    held.letGo()
    await pass(1_000)
    expect(stateOf(a.engine, 'seat/1')).toEqual({ state: by('ann'), revision: 1 })
    expect([outbox().length, saved.size]).toEqual([1, 0])
    await b.engine.refresh()
    expect([a, b].map(({ engine }) => engine.status().pending)).toEqual([1, 1])
    expect([...a.reported, ...b.reported]).toEqual([])
  })

  it('B18 X29 once the store is gone nothing is saved or read, and what was saved is counted on', async () => {
    const { openTab, saved, held, pass, disk } = device()
    const whole = memoryWishJournal(saved)
    let calls = 0
    const counting = {
      read: () => {
        calls += 1
        return whole.read()
      },
      add: (wish: SavedWish) => {
        calls += 1
        return whole.add(wish)
      },
    }
    const a = await openTab('a', { journal: counting })
    held.hold()
    const first = answerOf(a.wish('s', take('1', by('ann'))))
    await pass(4_000)
    expect(first.now).toEqual(savedAs('s'))
    const answers: unknown[] = []
    const failed = ({ code }: VarveError) => answers.push(code)
    a.wish('t', take('2', by('ann'))).then((answer) => answers.push(answer), failed)
    await pass(1_000)
    disk.erase()
    saved.clear()
    calls = 0
    a.wish('u', take('3', by('ann'))).then((answer) => answers.push(answer), failed)
    await pass(30_000)
    expect([answers, calls, saved.size]).toEqual([[], 0, 0])
    held.letGo()
    await pass(30_000)
    expect([answers, calls]).toEqual([['store_gone', 'store_gone'], 0])
    expect(a.engine.status()).toMatchObject({ problem: { code: 'store_gone' }, pending: 1 })
    expect(a.reported).toEqual([])
  })

  it('B18 is counted as pending before it is acknowledged', async () => {
    const { openTab, held, pass, saved } = device()
    const whole = memoryWishJournal(saved)
    const slow = {
      read: () =>
        pass(0)
          .then(() => pass(0))
          .then(whole.read),
    }
    const a = await openTab('a', { journal: slow })
    held.hold()
    const pendingWhenAnswered = a.wish('s', take('1', by('ann'))).then(() => a.engine.status().pending)
    await pass(4_000)
    expect(await pendingWhenAnswered).toBe(1)
  })

  it('B18 what was saved counts as pending in a tab that is opened, before it can be carried out', async () => {
    const { openTab, held, pass, saved } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', take('1', by('ann')))
    await pass(4_000)
    await wish
    const [kept] = saved.values()
    held.letGo()
    await pass(1_000)
    await a.close()
    saved.set('s', kept as SavedWish)
    const named = Promise.withResolvers<void>()
    const b = await openTab('b', { named: named.promise })
    // What is saved, and its commit: found to be one when it can be looked for.
    expect(b.engine.status().pending).toBe(2)
    named.resolve()
    await pass(1_000)
    expect([b.engine.status().pending, saved.size]).toEqual([1, 0])
  })

  it('B21 E37 asked for with its seed it is pending while it is saved, and ends in every tab, whoever carries it out', async () => {
    const { openTab, held, pass, saved } = device()
    const [a, b] = [await openTab('a'), await openTab('b')]
    held.hold()
    const wish = a.wish('s', take('1', by('ann')))
    await pass(4_000)
    const decided = await wish
    if (!decided.ok) throw new Error('it was saved')
    const ref = { log: decided.log, dot: decided.dot, seed: 's' }
    const watched = updatesOf(b.engine, { kind: 'fate', ref })
    const awaited = updatesOf(b.engine, { kind: 'fates', awaiting: [ref] })
    held.letGo()
    await pass(10_000)
    expect(saved.size).toBe(0)
    expect(watched).toEqual([{ kind: 'fate', fate: { status: 'pending', reverted: false } }])
    await b.engine.lead('b9')
    await theatreServer().sync(b.engine)
    await pass(0)
    const fate = { status: 'confirmed', position: 1 }
    expect(watched.at(-1)).toEqual({ kind: 'fate', fate })
    const told = awaited.flatMap((update) => (update.kind === 'fates' ? update.fates : []))
    expect(told).toContainEqual({ log: ref.log, dot: ref.dot, fate })
    const never = updatesOf(b.engine, { kind: 'fate', ref: { ...ref, seed: 'never' } })
    await b.engine.refresh()
    expect(never).toEqual([{ kind: 'fate', fate: { status: 'unknown' } }])
  })

  it('B21 E37 is found by its seed in a tab that had no part in it, once another has carried it out', async () => {
    const { openTab, pass, saved } = device()
    const b = await openTab('b')
    const request = requestOf('t', [take('1', by('ann'))])
    saved.set('t', { seed: 't', log: 'hall', request, actor: null, after: 0, order: 1 })
    const ref = { log: 'hall', dot: { replica: 't', counter: 0 }, seed: 't' }
    const watched = updatesOf(b.engine, { kind: 'fate', ref })
    await b.engine.refresh()
    await openTab('c')
    await pass(100)
    expect(watched.at(-1)).toEqual({ kind: 'fate', fate: { status: 'pending', reverted: false } })
    await b.engine.lead('b9')
    await theatreServer().sync(b.engine)
    expect(watched.at(-1)).toEqual({ kind: 'fate', fate: { status: 'confirmed', position: 1 } })
  })

  it('B18 the time that it waits for a name counts', async () => {
    const { openTab, held, pass } = device()
    const naming = Promise.withResolvers<void>()
    const a = await openTab('a', { named: naming.promise })
    held.hold()
    const answer = answerOf(a.wish('s', take('1', by('ann'))))
    await pass(2_000)
    naming.resolve()
    await pass(600)
    expect(answer.now).toEqual(savedAs('s'))
  })

  it('B19 wishes of one tab are carried out once, in their order', async () => {
    const { openTab, held, pass, outbox, saved } = device()
    const a = await openTab('a')
    held.hold()
    const wishes = ['1', '2', '3', '4'].map((id) => a.wish(id, take(id, by('ann')), clap('1')))
    await pass(4_000)
    expect(await Promise.all(wishes)).toEqual(['1', '2', '3', '4'].map(savedAs))
    held.letGo()
    await pass(10_000)
    expect(outbox().map(({ seed, actor }) => [seed, actor])).toEqual(
      ['1', '2', '3', '4'].map((seed) => [seed, 'a-user']),
    )
    expect(stateOf(a.engine, 'claps/1')).toEqual({ state: 4, revision: 4 })
    expect(saved.size).toBe(0)
  })

  it('B19 the tab that saved it ended: the next start carries it out once, though two tabs start at once', async () => {
    const { openTab, held, pass, outbox, saved } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', clap('1'))
    await pass(4_000)
    expect(await wish).toEqual(savedAs('s'))
    const [row] = [...saved.values()] as [SavedWish]
    // Of this one the append was done as the tab ended, of the other it was not: both are saved still.
    await a.close()
    expect(outbox().map(({ seed }) => seed)).toEqual(['s'])
    saved.set('s', row)
    saved.set('t', { ...row, seed: 't', request: { ...row.request, seed: 't' }, order: row.order + 1 })
    const [b, c] = await Promise.all([openTab('b'), openTab('c')])
    await pass(10_000)
    expect(outbox().map(({ seed, actor }) => [seed, actor])).toEqual([
      ['s', 'a-user'],
      ['t', 'a-user'],
    ])
    await Promise.all([b.engine.refresh(), c.engine.refresh()])
    expect([b, c].map(({ engine }) => stateOf(engine, 'claps/1'))).toEqual([
      { state: 2, revision: 2 },
      { state: 2, revision: 2 },
    ])
    expect(saved.size).toBe(0)
  })

  it('B19 it was carried out already, and more than a page of entries ago: it is only removed', async () => {
    const { openTab, held, pass, saved } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', clap('1'))
    await pass(4_000)
    await wish
    const rows = [...saved.values()]
    held.letGo()
    await pass(1_000)
    await a.engine.lead('a9')
    const server = theatreServer()
    for (let round = 0; round < 11; round += 1) {
      for (let n = 0; n < 100; n += 1) await a.wish(`more ${round} ${n}`, clap('2'))
      await server.sync(a.engine)
    }
    for (const row of rows) saved.set(row.seed, row)
    await openTab('b')
    await pass(10_000)
    await a.engine.refresh()
    expect(stateOf(a.engine, 'claps/1')).toEqual({ state: 1, revision: 1 })
    expect(saved.size).toBe(0)
  })

  it('B19 while one tab still waits another carries it out, and it is done once', async () => {
    const { openTab, held, pass, outbox, saved, disk } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', clap('1'))
    await pass(4_000)
    await wish
    // A tab that the held disk does not concern.
    const free = await openTheatre(disk, 'b')
    for (const row of saved.values()) await free.carryOut(row)
    held.letGo()
    await pass(1_000)
    expect(outbox().map(({ seed }) => seed)).toEqual(['s'])
    expect(stateOf(a.engine, 'claps/1')).toEqual({ state: 1, revision: 1 })
    expect(saved.size).toBe(0)
    await free.close()
  })

  it('B20 refused when it is carried out, it is a withdrawn commit and in the inbox with its reason', async () => {
    const { openTab, held, pass, saved, disk } = device()
    const a = await openTab('a')
    await a.engine.lead('a9')
    held.hold()
    const wish = a.wish('s', take('1', by('ann')))
    await pass(4_000)
    expect(await wish).toEqual(savedAs('s'))
    const other = await openTheatre(disk, 'b')
    await other.wish(take('1', by('bob')))
    const fates = updatesOf(a.engine, { kind: 'fates', awaiting: [] })
    held.letGo()
    await pass(1_000)
    expect(stateOf(a.engine, 'seat/1')).toEqual({ state: by('bob'), revision: 1 })
    const items = updatesOf(a.engine, { kind: 'inbox' })
    expect(items).toMatchObject([
      {
        items: [
          { reason: 'taken', details: { seen: 0 }, commands: [{ name: 'take' }], mine: [], theirs: [] },
        ],
      },
    ])
    expect([saved.size, a.engine.status().pending, a.engine.status().withdrawn]).toEqual([0, 2, 1])
    // It is placed as what it is, and found again after a restart.
    await theatreServer().sync(a.engine)
    const told = fates.flatMap((update) => (update.kind === 'fates' ? update.fates : []))
    expect(told).toContainEqual(
      expect.objectContaining({
        dot: { replica: 's', counter: 0 },
        fate: expect.objectContaining({ status: 'withdrawn', reason: 'taken' }),
      }),
    )
    await other.refresh()
    expect(updatesOf(other, { kind: 'inbox' })).toMatchObject([{ items: [{ reason: 'taken' }] }])
    await other.close()
  })

  it('B20 refused on what was known before it was saved, it leaves the same trace', async () => {
    const { openTab, held, pass, saved } = device()
    const a = await openTab('a')
    await a.wish('r', take('1', by('bob')))
    held.hold()
    const wish = a.wish('s', take('1', by('ann')))
    await pass(4_000)
    expect(await wish).toEqual(savedAs('s'))
    held.letGo()
    await pass(10_000)
    expect(updatesOf(a.engine, { kind: 'inbox' })).toMatchObject([{ items: [{ reason: 'taken' }] }])
    expect(saved.size).toBe(0)
  })

  it('B20 refused before it was acknowledged as saved, it is answered so and leaves no trace', async () => {
    const { openTab, held, pass, saved, outbox } = device()
    const adding = Promise.withResolvers<void>()
    const add: WishJournal['add'] = (wish) => adding.promise.then(() => memoryWishJournal(saved).add(wish))
    const a = await openTab('a', { journal: { add } })
    await a.wish('r', take('1', by('bob')))
    held.hold()
    const answer = answerOf(a.wish('s', take('1', by('ann'))))
    await pass(3_000)
    held.letGo()
    await pass(100)
    expect(answer.now).toMatchObject({ ok: false, reason: 'taken' })
    adding.resolve()
    await pass(20_000)
    expect([saved.size, outbox().length, a.engine.status().withdrawn]).toEqual([0, 1, 0])
  })

  it('B18 without room for the journal it waits for the database', async () => {
    const { openTab, held, pass, saved } = device()
    const full = new Error('full')
    const a = await openTab('a', { journal: { add: () => Promise.reject(full) } })
    held.hold()
    const answer = answerOf(a.wish('s', take('1', by('ann'))))
    await pass(10_000)
    expect([answer.now, a.reported]).toEqual([null, [full]])
    held.letGo()
    await pass(100)
    expect(answer.now).toMatchObject({ ok: true, dot: { counter: 1 } })
    expect(saved.size).toBe(0)
  })

  it('B20 a retry that was applied meanwhile is withdrawn as such, and stays in the inbox', async () => {
    const { openTab, held, pass, outbox } = device()
    const a = await openTab('a')
    await a.wish('r', clap('1'))
    const root = outbox()[0]?.root as string
    held.hold()
    const wish = a.overflow.dispatch({ ...requestOf('s', [clap('1')]), root }, false)
    await pass(4_000)
    expect(await wish).toEqual(savedAs('s'))
    held.letGo()
    await pass(10_000)
    expect(stateOf(a.engine, 'claps/1')).toEqual({ state: 1, revision: 1 })
    expect(updatesOf(a.engine, { kind: 'inbox' })).toMatchObject([{ items: [{ reason: 'already_applied' }] }])
  })

  it('B21 its fate is told under the name that was acknowledged, also if the commit ended before', async () => {
    const { openTab, held, pass, disk, saved } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', clap('1'))
    await pass(4_000)
    await wish
    const fates = updatesOf(a.engine, { kind: 'fates', awaiting: [] })
    const free = await openTheatre(disk, 'b')
    await free.lead('b9')
    for (const row of saved.values()) await free.carryOut(row)
    await theatreServer().sync(free)
    held.letGo()
    await pass(1_000)
    const told = fates.flatMap((update) => (update.kind === 'fates' ? update.fates : []))
    expect(told).toContainEqual({
      log: 'hall',
      dot: { replica: 's', counter: 0 },
      fate: { status: 'confirmed', position: 1 },
    })
    await free.close()
  })

  it('B21 it can be cancelled under the name that was acknowledged once it is carried out', async () => {
    const { openTab, held, pass } = device()
    const a = await openTab('a')
    held.hold()
    const wish = a.wish('s', take('1', by('ann')))
    await pass(4_000)
    const { log, dot } = (await wish) as DispatchResult & { ok: true }
    held.letGo()
    await pass(1_000)
    expect(await a.engine.cancel({ log, dot })).toBe(true)
    expect(stateOf(a.engine, 'seat/1')).toMatchObject({ state: { by: null } })
  })

  it('B19 a wish of a log that this store was opened without stays, pending, and holds up no other', async () => {
    const { openTab, saved, pass, outbox } = device()
    const request = requestOf('s', [clap('1')])
    const row = { seed: 's', log: 'other', request, actor: null, after: 0, order: 1 }
    saved.set('s', row)
    saved.set('t', { ...row, seed: 't', request: { ...request, seed: 't' }, log: 'hall', order: 2 })
    const a = await openTab('a')
    await pass(20_000)
    expect([outbox().length, [...saved.keys()], a.engine.status().pending]).toEqual([1, ['s'], 2])
  })
})
