import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { projectedEvents } from '../core/projected-events.ts'
import { createView } from '../core/view.ts'
import { createWorld } from '../core/world.ts'
import { type MemoryDisk, memoryDisk, openMemoryLog } from '../log/index.ts'
import {
  clap,
  free,
  join,
  openTab,
  type Server,
  shownBy,
  type Tab,
  take,
  theatre,
  theatreServer,
  valueIn,
  write,
} from './theatre.fixture.ts'

const seats = ['1', '2', '3']
const logs = [
  ['hall', 'hall'],
  ['desk', 'desk/1'],
] as const

/** What a disk means, by folding all of it from the start with core alone: no snapshot, no engine. */
function replayOf(disk: MemoryDisk): unknown {
  const commitsOf = (id: string) => [
    ...(disk.tables.entries.get(id) ?? []).map(({ commit }) => commit),
    ...(disk.tables.outboxes.get(id) ?? []),
  ]
  const worlds = logs.map(([kind, id]) => {
    const world = createWorld(theatre, kind)
    for (const { events } of commitsOf(id)) world.apply(events)
    return world
  })
  const entries = logs.flatMap(([, id]) => disk.tables.entries.get(id) ?? []).sort((a, b) => a.time - b.time)
  const pending = logs.flatMap(([, id]) => disk.tables.outboxes.get(id) ?? [])
  const views = [...theatre.projections.values()].map((projection) => {
    const view = createView(projection)
    for (const entry of entries) view.apply(projectedEvents(theatre, entry, entry.commit.log))
    for (const commit of pending) view.apply(projectedEvents(theatre, commit, commit.log))
    return [projection.name, view.kind === 'table' ? Object.fromEntries(view.rows()) : view.value()] as const
  })
  const stream = (at: number, name: string) => {
    const { state, revision } = worlds[at]!.get(name)
    return { state, revision }
  }
  return {
    seats: seats.map((id) => stream(0, `seat/${id}`)),
    claps: stream(0, 'claps/1'),
    note: stream(1, 'note/1'),
    ...Object.fromEntries(views),
  }
}

async function reopened(disk: MemoryDisk, withSnapshots: boolean): Promise<unknown> {
  const copy = disk.clone()
  if (!withSnapshots) copy.tables.snapshots.clear()
  const tab = await openTab(copy, 'z')
  const shown = shownBy(tab, seats)
  await tab.close()
  return shown
}

const seat = fc.constantFrom(...seats)
const call = fc.oneof(
  fc.record({ seat, by: fc.constantFrom('ann', 'bob') }).map(({ seat: id, by }) => take(id, { by })),
  seat.map((id) => free(id)),
  fc.record({ seat, next: seat }).map(({ seat: id, next }) => join(id, { by: 'joe', next })),
  fc.constant(clap('1')),
  fc.constantFrom('x', 'y').map((text) => write('1', { text })),
)

type Step =
  | { readonly kind: 'wish'; readonly who: number; readonly calls: readonly ReturnType<typeof take>[] }
  | {
      readonly kind: 'sync' | 'push' | 'pull' | 'snapshot' | 'reopen' | 'cancel' | 'refresh'
      readonly who: number
    }

const who = fc.nat(2)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('wish' as const),
      who,
      calls: fc.array(call, { minLength: 1, maxLength: 2 }),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('sync', 'push', 'pull', 'snapshot', 'reopen', 'cancel', 'refresh'),
      who,
    }) as fc.Arbitrary<Step>,
  },
)

/** Tabs 0 and 1 share a disk (0 leads), tab 2 is another store. */
async function run(
  steps: readonly Step[],
  check: (disks: readonly MemoryDisk[], tabs: readonly Tab[]) => Promise<void>,
) {
  const shared = memoryDisk()
  const disks = [shared, shared, memoryDisk()]
  const server: Server = theatreServer()
  let opened = 0
  const open = async (at: number): Promise<Tab> => {
    opened += 1
    const tab = await openTab(disks[at]!, `${'abc'[at]}${opened}-`, { snapshotEvery: 3 })
    if (at !== 1) await tab.lead(`${'abc'[at]}${opened}`)
    return tab
  }
  const tabs = [await open(0), await open(1), await open(2)]
  const leaderOf = (at: number): Tab => tabs[at === 1 ? 0 : at]!
  for (const each of steps) {
    const tab = tabs[each.who]!
    if (each.kind === 'wish')
      await tab
        .wish(...each.calls)
        .catch((failure: { code: string }) => expect(failure.code).toBe('mixed_logs'))
    else if (each.kind === 'snapshot') await leaderOf(each.who).saveSnapshots()
    else if (each.kind === 'refresh') await tab.refresh()
    else if (each.kind === 'reopen') {
      await tab.close()
      tabs[each.who] = await open(each.who)
    } else if (each.kind === 'cancel') {
      const oldest = disks[each.who]!.tables.outboxes.get('hall')?.[0]
      if (oldest !== undefined) await tab.cancel({ log: 'hall', dot: oldest.dot })
    } else await server[each.kind](leaderOf(each.who), 2)
    const present = tabs[each.who]!
    await present.refresh()
    expect(shownBy(present, seats)).toEqual(replayOf(disks[each.who]!))
  }
  for (const tab of tabs) await tab.refresh()
  await check(disks, tabs)
  // And when the faults stop, all end in the same state.
  for (let round = 0; round < 6; round += 1) for (const tab of [tabs[0]!, tabs[2]!]) await server.sync(tab)
  await tabs[1]!.refresh()
  expect(tabs.map((tab) => tab.status().pending)).toEqual([0, 0, 0])
  const [one, ...others] = tabs.map((tab) => shownBy(tab, seats))
  for (const other of others) expect(other).toEqual(one)
  for (const tab of tabs) expect(tab.reported).toEqual([])
}

describe('boot', () => {
  it('E17 what is in memory is a replay of the disk at each step, and again after opening, with and without snapshots', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
        run(steps, async (disks, tabs) => {
          for (const [at, disk] of disks.entries()) {
            const expected = replayOf(disk)
            expect(shownBy(tabs[at]!, seats)).toEqual(expected)
            expect(await reopened(disk, true)).toEqual(expected)
            expect(await reopened(disk, false)).toEqual(expected)
          }
        }),
      ),
      { numRuns: 60 },
    )
  }, 60_000)

  it('E18 a snapshot is taken up, and only what came later is read', async () => {
    const { disk, reads } = await filled()
    const tab = await openTab(disk, 'z', { log: reads.log })
    // Of each log the last one, for the time from which later entries are in order.
    expect(reads.entries()).toBe(2)
    expect(valueIn(tab, 'sold')).toBe(3)
  })

  it('E18 a snapshot that is beyond the head, of other logs or unreadable is passed over', async () => {
    const { disk } = await filled()
    const expected = replayOf(disk)
    for (const [key, snapshot] of [...disk.tables.snapshots]) {
      const beyond = disk.clone()
      beyond.tables.snapshots.set(key, {
        ...snapshot,
        positions: { ...snapshot.positions, hall: 99 },
        state: {},
      })
      expect(await reopened(beyond, true)).toEqual(expected)
      const strange = disk.clone()
      strange.tables.snapshots.set(key, { ...snapshot, positions: { attic: 1 }, state: {} })
      expect(await reopened(strange, true)).toEqual(expected)
    }
    const log = openMemoryLog(disk.clone())
    const tab = await openTab(disk, 'z', {
      log: { ...log, readSnapshots: () => Promise.reject(new Error('damaged')) },
    })
    expect(shownBy(tab, seats)).toEqual(expected)
  })

  it('E18 worlds and views that were saved at different positions are folded each from its own', async () => {
    const { disk } = await filled()
    const expected = replayOf(disk)
    for (const key of disk.tables.snapshots.keys()) {
      const some = disk.clone()
      some.tables.snapshots.delete(key)
      expect(await reopened(some, true)).toEqual(expected)
    }
  })

  it('E18 only a leader saves snapshots, of confirmed states, after enough entries', async () => {
    const disk = memoryDisk()
    const server = theatreServer()
    const tab = await openTab(disk, 'a', { snapshotEvery: 3 })
    await tab.wish(clap('1'))
    await tab.saveSnapshots()
    expect(disk.tables.snapshots.size).toBe(0)
    await tab.lead('a9')
    await server.sync(tab)
    expect(disk.tables.snapshots.size).toBe(0)
    tab.report({ phase: 'synced', problem: null, heads: [] })
    await tab.refresh()
    expect(disk.tables.snapshots.size).toBe(0)
    for (let i = 0; i < 2; i += 1) await tab.wish(clap('1'))
    await server.sync(tab)
    await tab.wish(clap('1'))
    await tab.refresh()
    const saved = [...disk.tables.snapshots.values()]
    expect(saved.map(({ positions }) => positions)).toEqual([
      { hall: 3 },
      { hall: 3 },
      { hall: 3 },
      { hall: 3, 'desk/1': 0 },
      { hall: 3, 'desk/1': 0 },
    ])
    expect(saved[0]).toMatchObject({ state: { streams: [['claps/1', { state: 3, revision: 3 }]] } })
  })

  it('E18 while a long log is fetched snapshots are rarer', async () => {
    const tab = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await tab.lead('b9')
    await Promise.all(Array.from({ length: 50 }, () => tab.wish(clap('1'))))
    await server.push(tab)
    const disk = memoryDisk()
    const fresh = await openTab(disk, 'a', { snapshotEvery: 2 })
    await fresh.lead('a9')
    fresh.report({ phase: 'syncing', problem: null, heads: [{ log: 'hall', head: 50 }] })
    const entries = server.ledgers.get('hall')?.entries(0) ?? []
    const savedAfter: number[] = []
    for (const entry of entries) {
      await fresh.applyEntries('hall', 'e1', [entry])
      const before =
        disk.tables.snapshots.size > 0 ? [...disk.tables.snapshots.values()][0]?.positions.hall : null
      await fresh.refresh()
      const after = [...disk.tables.snapshots.values()][0]?.positions.hall
      if (after !== undefined && after !== before) savedAfter.push(after)
    }
    expect(savedAfter).toEqual([40, 50])
  })

  it('E18 what was put off while a long log was fetched is saved when all of it is here', async () => {
    const tab = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await tab.lead('b9')
    await Promise.all(Array.from({ length: 10 }, () => tab.wish(clap('1'))))
    await server.push(tab)
    const disk = memoryDisk()
    const fresh = await openTab(disk, 'a', { snapshotEvery: 2 })
    await fresh.lead('a9')
    fresh.report({ phase: 'syncing', problem: null, heads: [{ log: 'hall', head: 11 }] })
    await server.pull(fresh)
    await fresh.refresh()
    expect(disk.tables.snapshots.size).toBe(0)
    fresh.report({ phase: 'synced', problem: null, heads: [{ log: 'hall', head: 10 }] })
    await fresh.refresh()
    expect([...disk.tables.snapshots.values()][0]?.positions).toEqual({ hall: 10 })
  })

  it('E18 after a fork no snapshot is left, and some are saved with the next entries', async () => {
    const disk = memoryDisk()
    const server = theatreServer()
    const tab = await openTab(disk, 'a', { snapshotEvery: 3 })
    await tab.lead('a9')
    for (let i = 0; i < 3; i += 1) await tab.wish(clap('1'))
    await server.sync(tab)
    await tab.refresh()
    const hall = server.ledgers.get('hall')?.entries(0) ?? []
    const restored = theatreServer('e2', { hall: hall.slice(0, 2), 'desk/1': [] })
    await tab.heal('hall', 'e2', 2)
    const savedIn = (epoch: string) => [...disk.tables.snapshots.keys()].filter((key) => key.includes(epoch))
    expect([savedIn('hall#e1'), savedIn('hall#e2')]).toEqual([[], []])
    await restored.sync(tab)
    await tab.refresh()
    expect(savedIn('hall#e2')).not.toEqual([])
  })

  it('E18 what could not be saved is saved with the next entry', async () => {
    const disk = memoryDisk()
    const log = openMemoryLog(disk)
    let isFull = true
    const saveSnapshots: typeof log.saveSnapshots = (...of) =>
      isFull ? Promise.reject(new Error('full')) : log.saveSnapshots(...of)
    const server = theatreServer()
    const tab = await openTab(disk, 'a', { snapshotEvery: 3, log: { ...log, saveSnapshots } })
    await tab.lead('a9')
    for (let i = 0; i < 3; i += 1) await tab.wish(clap('1'))
    await server.sync(tab)
    await tab.refresh()
    isFull = false
    await tab.wish(clap('1'))
    await server.sync(tab)
    await tab.refresh()
    expect([...disk.tables.snapshots.values()][0]?.positions).toEqual({ hall: 4 })
  })

  it('E19 the store keeps its identity, and says whether it is new', async () => {
    const disk = memoryDisk()
    const first = await openTab(disk, 'a')
    expect(first).toMatchObject({ store: 'a1', created: true })
    expect(await openTab(disk, 'b')).toMatchObject({ store: 'a1', created: false })
    for (const logs of [
      { hall: 'hall' },
      { hall: 'x', desk: 'x' },
      { hall: 'hall', desk: 'desk/1', cellar: 'cellar' },
    ])
      await expect(openTab(disk, 'c', { logs })).rejects.toMatchObject({ code: 'unknown_log' })
  })
})

/** A disk with three seats sold, synced, snapshots saved, and one commit pending. */
async function filled() {
  const disk = memoryDisk()
  const server = theatreServer()
  const tab = await openTab(disk, 'a')
  await tab.lead('a9')
  for (const id of seats) await tab.wish(take(id, { by: 'ann' }))
  await tab.wish(write('1', { text: 'hello' }))
  await server.sync(tab)
  await tab.saveSnapshots()
  await tab.wish(clap('1'))
  await tab.close()
  const log = openMemoryLog(disk)
  let read = 0
  const reads = {
    log: {
      ...log,
      readEntries: async (...range: Parameters<typeof log.readEntries>) => {
        const entries = await log.readEntries(...range)
        read += entries.length
        return entries
      },
    },
    entries: () => read,
  }
  return { disk, reads }
}
