import { describe, expect, it } from 'vitest'
import type { InboxUpdate, RowsUpdate, StatusUpdate, StreamUpdate, ValueUpdate } from '../core/query.ts'
import { memoryDisk } from '../log/index.ts'
import type { SyncReport } from './sync-port.ts'
import { clap, free, openTab, take, theatreServer, updatesOf } from './theatre.fixture.ts'

const stream = (name: string) => ({ kind: 'stream', stream: name }) as const
const projection = (name: string) => ({ kind: 'projection', name }) as const

describe('subscribe', () => {
  it('E20 a watcher is told the present at once, then each change, after it was stored', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const stored: number[] = []
    tab.subscribe(stream('seat/1'), () => stored.push(disk.tables.outboxes.get('hall')?.length ?? 0))
    const updates = updatesOf(tab, stream('seat/1')) as StreamUpdate[]
    expect(updates).toEqual([{ kind: 'stream', state: { by: null }, revision: 0, pending: [], frozen: null }])
    const taken = await tab.wish(take('1', { by: 'ann' }), free('1'), take('2', { by: 'ann' }))
    expect(stored).toEqual([0, 1])
    expect(updates[1]).toEqual({
      kind: 'stream',
      state: { by: null },
      revision: 2,
      pending: [{ dot: taken.ok && taken.dot, commands: ['take', 'free'] }],
      frozen: null,
    })
  })

  it('E20 a watcher of one stream hears nothing of others, and nothing that looks the same', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const updates = updatesOf(tab, stream('seat/1'))
    await tab.wish(take('2', { by: 'ann' }))
    await tab.wish(clap('1'))
    expect(updates).toHaveLength(1)
    await tab.refresh()
    expect(updates).toHaveLength(1)
  })

  it('E20 a pending commit that another tab adds is no news for watchers of other streams', async () => {
    const disk = memoryDisk()
    const one = await openTab(disk, 'a')
    const two = await openTab(disk, 'b')
    await one.wish(take('1', { by: 'ann' }))
    const updates = updatesOf(one, stream('seat/1'))
    await two.wish(take('2', { by: 'ann' }))
    await one.refresh()
    expect(updates).toHaveLength(1)
  })

  it('E20 when a pending commit is placed only its note goes', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await tab.lead('a9')
    const seat = updatesOf(tab, stream('seat/1')) as StreamUpdate[]
    const guests = updatesOf(tab, projection('guests'))
    const sold = updatesOf(tab, projection('sold'))
    await tab.wish(take('1', { by: 'ann' }))
    await server.sync(tab)
    expect(seat.map(({ revision, pending }) => [revision, pending.length])).toEqual([
      [0, 0],
      [1, 1],
      [1, 0],
    ])
    expect([guests.length, sold.length]).toEqual([2, 2])
  })

  it('E21 a table is sent whole at first, then only the rows that look different, null where one went', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    for (const id of ['1', '2', '3']) await tab.wish(take(id, { by: 'ann' }))
    const updates = updatesOf(tab, projection('guests')) as RowsUpdate[]
    expect(updates[0]).toMatchObject({ reset: true })
    expect(updates[0]?.rows).toHaveLength(3)
    await tab.wish(free('2'))
    await tab.wish(clap('1'))
    await tab.wish(take('4', { by: 'bob' }))
    expect(updates.slice(1)).toEqual([
      { kind: 'rows', reset: false, rows: [['2', null]] },
      { kind: 'rows', reset: false, rows: [['4', { by: 'bob' }]] },
    ])
  })

  it('E21 a row that only a pending commit made goes with it', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const taken = await tab.wish(take('1', { by: 'ann' }))
    await tab.wish(take('2', { by: 'ann' }))
    const updates = updatesOf(tab, projection('guests')) as RowsUpdate[]
    if (taken.ok) await tab.cancel(taken)
    expect(updates.slice(1)).toEqual([{ kind: 'rows', reset: false, rows: [['1', null]] }])
  })

  it('E21 after a merge the rows sent are those that turned out otherwise', async () => {
    const a = await openTab(memoryDisk(), 'a')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    for (const id of ['1', '2', '3']) await a.wish(take(id, { by: 'ann' }))
    await b.wish(take('2', { by: 'bob' }))
    await b.wish(take('4', { by: 'bob' }))
    await server.sync(b)
    const updates = updatesOf(a, projection('guests')) as RowsUpdate[]
    const sold = updatesOf(a, projection('sold')) as ValueUpdate[]
    await server.sync(a)
    const rows = updates.slice(1).flatMap((update) => update.rows)
    expect(Object.fromEntries(rows)).toEqual({ 2: { by: 'bob' }, 4: { by: 'bob' } })
    expect(rows).toHaveLength(2)
    expect(sold.map(({ value }) => value)).toEqual([3, 4])
  })

  it('E22 stalled is only what is pending here, while the connection lasts', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await tab.lead('a9')
    await tab.wish(take('1', { by: 'ann' }))
    const stuck = (counter: number): SyncReport => ({
      phase: 'syncing',
      problem: null,
      heads: [],
      stalled: { log: 'hall', dot: { replica: 'a9', counter }, why: 'no_answer', forMs: 30_000 },
    })
    tab.report(stuck(2))
    expect(tab.status().stalled).toBe(null)
    tab.report(stuck(1))
    expect(tab.status().stalled).toMatchObject({
      ...{ why: 'no_answer', since: 1 - 30_000 },
      commands: [{ stream: 'seat/1', name: 'take' }],
    })
    tab.report({ ...stuck(1), phase: 'offline' })
    expect(tab.status().stalled).toBe(null)
    tab.report(stuck(1))
    await server.sync(tab)
    expect(tab.status().stalled).toBe(null)
  })

  it('E22 the status never claims more than is so', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    const updates = updatesOf(tab, { kind: 'status' }) as StatusUpdate[]
    const phases = () => updates.map(({ status }) => status.phase)
    await tab.lead('a9')
    tab.report({ phase: 'synced', problem: null, heads: [{ log: 'hall', head: 0 }] })
    await tab.wish(take('1', { by: 'ann' }))
    expect(phases().slice(-2)).toEqual(['synced', 'syncing'])
    await server.sync(tab)
    expect(phases().at(-1)).toBe('synced')
    tab.report({ phase: 'synced', problem: null, heads: [{ log: 'hall', head: 7 }] })
    expect(phases().at(-1)).toBe('syncing')
    const before = updates.length
    tab.report({ phase: 'synced', problem: null, heads: [{ log: 'hall', head: 7 }] })
    expect(updates).toHaveLength(before)
    expect(updates.at(-1)?.status.logs).toEqual([
      { log: 'hall', position: 1, head: 7, pending: 0 },
      { log: 'desk/1', position: 0, head: null, pending: 0 },
    ])
  })

  it('E23 what a listener throws is reported and disturbs nobody', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    tab.subscribe(stream('seat/1'), () => {
      throw new Error('of the page')
    })
    tab.onChange(() => {
      throw new Error('of sync')
    })
    const updates = updatesOf(tab, stream('seat/1'))
    expect(await tab.wish(take('1', { by: 'ann' }))).toMatchObject({ ok: true })
    expect(updates).toHaveLength(2)
    expect(tab.reported.map((thrown) => (thrown as Error).message).sort()).toEqual([
      'of sync',
      'of the page',
      'of the page',
    ])
    expect(tab.status().phase).toBe('local')
  })

  it('E23 whoever stops hears no more', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    let heard = 0
    const stops = [
      stream('seat/1'),
      projection('guests'),
      projection('sold'),
      { kind: 'status' } as const,
    ].map((query) =>
      tab.subscribe(query, () => {
        heard += 1
      }),
    )
    expect(heard).toBe(4)
    for (const stop of stops) stop()
    await tab.wish(take('1', { by: 'ann' }))
    expect(heard).toBe(4)
  })

  it('E23 queries for what the model does not have are refused', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    expect(() => updatesOf(tab, stream('bed/1'))).toThrow(/no stream type/)
    expect(() => updatesOf(tab, projection('beds'))).toThrow(/no projection/)
    expect(() => updatesOf(tab, { ...stream('seat/1'), past: 'p' })).toThrow(/No past/)
  })

  it('E23 onChange tells of what this tab wrote, not of what it read', async () => {
    const disk = memoryDisk()
    const one = await openTab(disk, 'a')
    const two = await openTab(disk, 'b')
    let changes = 0
    const stop = two.onChange(() => {
      changes += 1
    })
    await one.wish(take('1', { by: 'ann' }))
    await two.refresh()
    expect(changes).toBe(0)
    await two.wish(take('2', { by: 'ann' }))
    expect(changes).toBe(1)
    stop()
    await two.wish(take('3', { by: 'ann' }))
    expect(changes).toBe(1)
  })

  it('E23 onChange tells once that this tab found its store set back, and nothing of one that is gone', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const yesterday = disk.clone()
    await tab.wish(take('1', { by: 'ann' }))
    let changes = 0
    tab.onChange(() => {
      changes += 1
    })
    disk.setBack(yesterday)
    for (const _ of [1, 2]) await expect(tab.refresh()).rejects.toMatchObject({ code: 'store_rolled_back' })
    expect([changes, tab.halted()?.code]).toEqual([1, 'store_rolled_back'])

    const other = await openTab(disk, 'b')
    other.onChange(() => {
      changes += 1
    })
    disk.erase()
    await expect(other.refresh()).rejects.toMatchObject({ code: 'store_gone' })
    expect([changes, other.halted()?.code]).toEqual([1, 'store_gone'])
  })

  it('E24 a thousand watchers of a thousand streams cost a write nothing', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    let heard = 0
    for (let i = 0; i < 1_000; i += 1) {
      tab.subscribe(stream(`seat/${i}`), () => {
        heard += 1
      })
    }
    heard = 0
    for (let i = 0; i < 20; i += 1) await tab.wish(take(String(i), { by: 'ann' }))
    expect(heard).toBe(20)
  })

  it('E25 a second tab sees the dismissal of the first', async () => {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const f = await openTab(disk, 'f')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    await a.wish(take('1', { by: 'ann' }))
    await server.pull(a)
    await f.refresh()
    const inbox = updatesOf(f, { kind: 'inbox' }) as InboxUpdate[]
    await a.dismiss({ log: 'hall', dot: { replica: 'a9', counter: 1 } })
    await f.refresh()
    expect(inbox.map(({ items }) => items.length)).toEqual([1, 0])
  })
})
