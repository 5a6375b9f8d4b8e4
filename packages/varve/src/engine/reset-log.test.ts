import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import type { DispatchResult } from '../core/query.ts'
import { defineStream } from '../core/stream.ts'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import type { StoreLog } from '../log/port.ts'
import {
  clap,
  free,
  Note,
  openTab,
  positionIn,
  type Server,
  shownBy,
  stateOf,
  type Tab,
  take,
  theatreServer,
  updatesOf,
  write,
} from './theatre.fixture.ts'

const seats = ['1', '2', '3']

/** Commutes, and is full with two: what was decided before the others came is kept, until it is decided again. */
const Foyer = defineStream('foyer', {
  concurrency: 'commute',
  initial: 0,
  events: { entered: event(v.object({})) },
  evolve: { entered: (count) => count + 1 },
  commands: ({ command, emit, reject }) => ({
    enter: command((count) => (count < 2 ? emit.entered({}) : reject('full'))),
  }),
})
const crowded = {
  model: defineModel('theatre', { logs: { hall: [Foyer], desk: [Note] }, projections: [] }),
}
const enter = () => Foyer.commands.enter('1')

/** Both have synced; then the server is one that kept the first `kept` entries of the hall. */
async function afterRestore(kept: number) {
  const disk = memoryDisk()
  const a = await openTab(disk, 'a')
  const b = await openTab(memoryDisk(), 'b')
  const server = theatreServer()
  await a.lead('a9')
  await b.lead('b9')
  await a.wish(take('1', { by: 'ann' }))
  await server.sync(a)
  await server.sync(b)
  await b.wish(take('2', { by: 'ben' }))
  await server.sync(b)
  await server.sync(a)
  await a.wish(clap('1'))
  await server.sync(a)
  await server.sync(b)
  const hall = server.ledgers.get('hall')?.entries(0) ?? []
  const restored = theatreServer('e2', { hall: hall.slice(0, kept), 'desk/1': [] })
  return { disk, a, b, restored }
}

async function settle(server: Server, ...tabs: readonly Tab[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) for (const tab of tabs) await server.sync(tab)
}

describe('a log that is reset', () => {
  it('E36 C7 after a fork ours is pending again, with its names, and comes back to the server; nothing is lost or doubled', async () => {
    const { a, b, restored } = await afterRestore(1)
    const before = shownBy(a, seats)
    expect(await a.heal('hall', 'e2', 1)).toBe('done')
    expect(positionIn(a, 'hall')).toBe(1)
    expect(a.status().pending).toBe(1)
    expect(stateOf(a, 'seat/2')).toMatchObject({ state: { by: null } })
    await b.heal('hall', 'e2', 1)
    for (const tab of [a, b]) await tab.heal('desk/1', 'e2', 0)
    await settle(restored, a, b)
    expect(shownBy(a, seats)).toEqual(before)
    expect(shownBy(b, seats)).toEqual(before)
    const dots = restored.ledgers
      .get('hall')
      ?.entries(0)
      .map(({ commit }) => `${commit.dot.replica}${commit.dot.counter}`)
    expect(dots?.toSorted()).toEqual(['a91', 'a92', 'b91'])
  })

  it('E36 whoever watches is told of what is gone, the other tabs fold it anew, and so does a later visit', async () => {
    const { disk, a } = await afterRestore(1)
    const follower = await openTab(disk, 'f')
    const told = updatesOf(follower, { kind: 'stream', stream: 'seat/2' })
    await a.saveSnapshots()
    await a.heal('hall', 'e2', 1)
    await follower.refresh()
    expect(told.at(-1)).toMatchObject({ state: { by: null } })
    expect(shownBy(follower, seats)).toEqual(shownBy(a, seats))
    expect(shownBy(await openTab(disk, 'g'), seats)).toEqual(shownBy(a, seats))
    expect(follower.status().pending).toBe(1)
  })

  it('E36 C7 a decision that leaned on a foreign entry which is lost is made again, and told in the inbox', async () => {
    const a = await openTab(memoryDisk(), 'a')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    await b.wish(take('1', { by: 'ben' }))
    await settle(server, b, a)
    await b.wish(free('1'))
    await settle(server, b, a)
    await a.wish(take('1', { by: 'ann' }))
    await server.sync(a)
    await a.heal('hall', 'e2', 1)
    expect(stateOf(a, 'seat/1')).toMatchObject({ state: { by: 'ben' } })
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ reason: 'taken', status: 'withdrawing' }],
    })
  })

  it('E36 R9 a healed decision is shown the foreign entries that are left, however old they are', async () => {
    const a = await openTab(memoryDisk(), 'a')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    await a.wish(take('1', { by: 'ann' }))
    for (const wish of [take('1', { by: 'ben' }), free('1'), take('1', { by: 'bea' }), free('1')])
      await b.wish(wish)
    await server.sync(b)
    await server.pull(a)
    await server.sync(a)
    expect(stateOf(a, 'seat/1')).toMatchObject({ state: { by: 'ann' } })
    await a.heal('hall', 'e2', 3)
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ reason: 'taken', details: { seen: 3 }, theirs: [{}, {}, {}] }],
    })
  })

  it('E36 C6 what was withdrawn is withdrawing again; what was dismissed stays out of sight', async () => {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    for (const seat of ['1', '2']) {
      await b.wish(take(seat, { by: 'ben' }))
      await a.wish(take(seat, { by: 'ann' }))
    }
    await settle(server, b, a)
    const [first] = updatesOf(a, { kind: 'inbox' })
    if (first?.kind !== 'inbox') throw new Error('an inbox is answered at once')
    expect(first.items.map(({ status }) => status)).toEqual(['withdrawn', 'withdrawn'])
    await a.dismiss(first.items[0] ?? { log: '', dot: { replica: '', counter: 0 } })
    await a.heal('hall', 'e2', 0)
    const left = [{ commands: [{ stream: 'seat/2' }], status: 'withdrawing' }]
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({ items: left })
    expect(updatesOf(await openTab(disk, 'c'), { kind: 'inbox' })[0]).toMatchObject({ items: left })
    const restored = theatreServer('e2')
    await restored.sync(a)
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ commands: [{ stream: 'seat/2' }], status: 'withdrawn' }],
    })
    expect(updatesOf(await openTab(disk, 'd'), { kind: 'inbox' })[0]).toMatchObject({
      items: [{ status: 'withdrawn' }],
    })
  })

  it('E36 a tab that opens while a log is being reset opens on what is stored then', async () => {
    const { disk, a } = await afterRestore(1)
    const plain = openMemoryLog(disk)
    let healed = false
    const log: StoreLog = {
      ...plain,
      async readEntries(...range) {
        if (!healed) {
          healed = true
          await a.heal('hall', 'e2', 1)
        }
        return plain.readEntries(...range)
      },
    }
    const late = await openTab(disk, 'l', { log })
    expect(shownBy(late, seats)).toEqual(shownBy(a, seats))
    expect(positionIn(late, 'hall')).toBe(1)
  })

  it('E36 a tab that reads a reset log while it is reset again shows what is stored in the end', async () => {
    const { disk, a } = await afterRestore(1)
    const plain = openMemoryLog(disk)
    let again = async (): Promise<unknown> => undefined
    const log: StoreLog = {
      ...plain,
      async readEntries(...range) {
        const reset = again
        again = async () => undefined
        await reset()
        return plain.readEntries(...range)
      },
    }
    const follower = await openTab(disk, 'f', { log })
    await a.heal('hall', 'e2', 2)
    again = () => a.heal('hall', 'e3', 1)
    await follower.refresh()
    expect(shownBy(follower, seats)).toEqual(shownBy(a, seats))
    expect(positionIn(follower, 'hall')).toBe(1)
    expect(follower.status().pending).toBe(a.status().pending)
  })

  it('E36 a tab that no longer leads resets nothing', async () => {
    const { disk, a } = await afterRestore(1)
    const other = await openTab(disk, 'o')
    await other.lead('o9')
    expect(await a.heal('hall', 'e2', 1)).toBe('fenced')
    expect(await a.rename('hall', { replica: 'a9', counter: 1 })).toBe('fenced')
    expect(positionIn(other, 'hall')).toBe(3)
  })
})

describe('a name that somebody else uses', () => {
  /** A machine that is copied while it runs: both write on under one name. */
  async function copies() {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const server = theatreServer()
    await a.lead('a9')
    await a.wish(clap('1'))
    await server.sync(a)
    const copy = await openTab(disk.clone(), 'c')
    await copy.wish(take('1', { by: 'cob' }))
    await server.push(copy)
    return { disk, a, copy, server }
  }

  it('E16 C8 another command under a dot that we hold: ours gets a new name, and both are kept', async () => {
    const { a, server } = await copies()
    const ours = await a.wish(take('2', { by: 'ann' }))
    await a.wish(clap('1'))
    if (!ours.ok) throw new Error('it was decided')
    expect(ours.dot).toEqual({ replica: 'a9', counter: 2 })
    const fates = updatesOf(a, { kind: 'fates', awaiting: [] })
    await server.pull(a)
    expect(a.status().pending).toBe(2)
    await settle(server, a)
    const placed = server.ledgers
      .get('hall')
      ?.entries(0)
      .map(({ commit }) => commit)
    expect(placed?.map(({ dot }) => dot.counter)).toEqual([1, 2, 1, 2])
    expect(placed?.[2]?.parent).toEqual({ replica: 'a9', counter: 1 })
    expect(stateOf(a, 'seat/1')).toMatchObject({ state: { by: 'cob' } })
    expect(stateOf(a, 'seat/2')).toMatchObject({ state: { by: 'ann' } })
    // Who dispatched it knows its first name.
    const ended = fates.flatMap((update) => (update.kind === 'fates' ? update.fates : []))
    expect(ended).toContainEqual({ log: 'hall', dot: ours.dot, fate: { status: 'confirmed', position: 3 } })
  })

  it('E16 C8 the server says so first: what is pending from that dot on is renamed, also in the other tabs', async () => {
    const { disk, a, server } = await copies()
    const ours = await a.wish(take('1', { by: 'ann' }))
    if (!ours.ok) throw new Error('it was decided')
    const follower = await openTab(disk, 'f')
    expect(await a.rename('hall', ours.dot)).toBe('done')
    await follower.refresh()
    expect(shownBy(follower, seats)).toEqual(shownBy(a, seats))
    await settle(server, a)
    expect(stateOf(a, 'seat/1')).toMatchObject({ state: { by: 'cob' } })
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ reason: 'taken', status: 'withdrawn' }],
    })
    expect(await follower.cancel({ log: 'hall', dot: ours.dot })).toBe(false)
  })

  it('E16 C8 a name under which another tab appends before it is used is not given twice', async () => {
    const disk = memoryDisk()
    const other = await openTab(disk, 'o')
    const plain = openMemoryLog(disk)
    const appended: DispatchResult[] = []
    const log: StoreLog = {
      ...plain,
      async mintLeader(replica, fence) {
        const record = await plain.mintLeader(replica, fence)
        if (fence !== undefined && appended.length === 0) appended.push(await other.wish(clap('1')))
        return record
      },
    }
    const a = await openTab(disk, 'a', { log })
    await a.lead('a9')
    const ours = await a.wish(take('1', { by: 'ann' }))
    if (!ours.ok) throw new Error('it was decided')
    expect(await a.rename('hall', ours.dot)).toBe('done')
    const [told] = appended
    if (!told?.ok) throw new Error('it was appended when the name was minted')
    const outbox = disk.tables.outboxes.get('hall') ?? []
    expect(outbox.map(({ seed }) => seed)).toEqual(['a-1', 'o-1'])
    expect(outbox.map(({ dot }) => dot)).not.toContainEqual(told.dot)
    expect(outbox.map(({ dot }) => dot.counter)).toEqual([1, 2])
  })

  it('E16 E36 what was set back and is refused in the step that renames it is told as reverted', async () => {
    const disk = memoryDisk()
    const [a, b] = [await openTab(disk, 'a', crowded), await openTab(memoryDisk(), 'b', crowded)]
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    const ours = await a.wish(enter())
    if (!ours.ok) throw new Error('it was decided')
    await server.sync(a)
    for (let n = 0; n < 2; n += 1) await b.wish(enter())
    await a.heal('hall', 'e2', 0)
    const restored = theatreServer('e2')
    await restored.sync(b)
    await restored.pull(a)
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({ items: [] })
    expect(await a.rename('hall', ours.dot)).toBe('done')
    const item = { reason: 'full', status: 'withdrawing', reverted: true, mine: [{ type: 'foyer.entered' }] }
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({ items: [item] })
    expect(updatesOf(await openTab(disk, 'c', crowded), { kind: 'inbox' })[0]).toMatchObject({
      items: [item],
    })
  })

  it('E16 a renamed commit can be cancelled under its first name', async () => {
    const { a, server } = await copies()
    const ours = await a.wish(clap('1'))
    if (!ours.ok) throw new Error('it was decided')
    await a.rename('hall', ours.dot)
    expect(await a.cancel({ log: 'hall', dot: ours.dot })).toBe(true)
    await settle(server, a)
    expect(stateOf(a, 'claps/1')).toMatchObject({ state: 1 })
  })
})

describe('a store that the browser sets back', () => {
  it('E35 is noticed before the next append, named, and written to no more', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.lead('a9')
    await tab.wish(clap('1'))
    const yesterday = disk.clone()
    await tab.wish(take('1', { by: 'ann' }))
    disk.setBack(yesterday)
    await expect(tab.wish(clap('1'))).rejects.toMatchObject({ code: 'store_rolled_back' })
    expect(tab.status()).toMatchObject({ phase: 'halted', problem: { code: 'store_rolled_back' } })
    await expect(tab.wish(write('1', { text: 'x' }))).rejects.toMatchObject({ code: 'store_rolled_back' })
    expect(disk.tables.outboxes.get('hall')).toHaveLength(1)
  })

  it('E35 takes nothing up of what is written to it later, which brings its numbers up again', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.wish(clap('1'))
    const yesterday = disk.clone()
    const lost = await tab.wish(take('1', { by: 'ann' }))
    disk.setBack(yesterday)
    await expect(tab.refresh()).rejects.toMatchObject({ code: 'store_rolled_back' })
    const again = await openTab(disk, 'b')
    await again.wish(clap('2'))
    await again.wish(clap('2'))
    if (!lost.ok) throw new Error('it was decided')
    // What has the name of the lost one by now is not taken for it.
    const fates = updatesOf(tab, { kind: 'fate', ref: { log: 'hall', dot: lost.dot } })
    await expect(tab.refresh()).rejects.toMatchObject({ code: 'store_rolled_back' })
    expect([fates, tab.reported]).toEqual([[], []])
    expect(tab.status()).toMatchObject({ phase: 'halted', pending: 2 })
    expect(stateOf(tab, 'claps/2')).toMatchObject({ state: 0 })
  })

  it('E35 C8 opened again it takes a new name, so that what the lost ones were called is not used twice', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const server = theatreServer()
    await tab.lead('a9')
    const yesterday = disk.clone()
    await tab.wish(take('1', { by: 'ann' }))
    await server.push(tab)
    disk.setBack(yesterday)
    const again = await openTab(disk, 'b')
    await again.lead('b9')
    await again.wish(clap('1'))
    await settle(server, again)
    expect(stateOf(again, 'seat/1')).toMatchObject({ state: { by: 'ann' } })
    expect(stateOf(again, 'claps/1')).toMatchObject({ state: 1 })
    expect(server.ledgers.get('hall')?.head()).toBe(2)
  })
})
