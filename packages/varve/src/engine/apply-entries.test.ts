import { describe, expect, it } from 'vitest'
import type { Entry } from '../core/commit.ts'
import { intentOf } from '../core/commit.ts'
import { VarveError } from '../core/errors.ts'
import type { FatesUpdate, InboxUpdate, StreamUpdate, Update } from '../core/query.ts'
import { memoryDisk, openMemoryLog, type StoreLog } from '../log/index.ts'
import {
  clap,
  free,
  join,
  openTab,
  positionIn,
  requestOf,
  rowsOf,
  type Server,
  shownBy,
  stateOf,
  type Tab,
  take,
  theatreServer,
  updatesOf,
} from './theatre.fixture.ts'

const refA1 = { log: 'hall', dot: { replica: 'a9', counter: 1 } }

/** Two stores that lead, each with its own disk. */
async function twoStores(): Promise<{ readonly a: Tab; readonly b: Tab; readonly server: Server }> {
  const a = await openTab(memoryDisk(), 'a')
  const b = await openTab(memoryDisk(), 'b')
  await a.lead('a9')
  await b.lead('b9')
  return { a, b, server: theatreServer() }
}

async function settle(server: Server, ...tabs: readonly Tab[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) for (const tab of tabs) await server.sync(tab)
}

function fatesIn(updates: readonly Update[]): unknown[] {
  return (updates as readonly FatesUpdate[]).flatMap((update) => update.fates)
}

function inboxIn(updates: readonly Update[]): InboxUpdate['items'] {
  return (updates.at(-1) as InboxUpdate).items
}

describe('applyEntries', () => {
  it('E8 stores that exchange commits through the log end in the same state', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await a.wish(clap('1'))
    await b.wish(take('2', { by: 'bob' }))
    await b.wish(clap('1'))
    await settle(server, a, b)
    expect(shownBy(a, ['1', '2'])).toEqual(shownBy(b, ['1', '2']))
    expect(stateOf(a, 'claps/1')).toEqual({ state: 2, revision: 2 })
    expect([a.status().pending, b.status().pending]).toEqual([0, 0])
  })

  it('E9 a disturbed commit is decided again with the same dot, now and ids, and is told what it met', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await server.sync(a)
    await server.sync(b)
    await b.wish(free('1'))
    const first = await b.wish(take('1', { by: 'bob' }))
    await a.wish(free('1'))
    await server.sync(a)
    await server.pull(b)
    const [hall] = b.logs().filter(({ head }) => head.log === 'hall')
    // Its free found nobody; its take was decided again on the freed seat.
    expect(hall?.outbox.map((commit) => commit.events.map((event) => event.type))).toEqual([
      [],
      ['seat.taken'],
    ])
    expect(first.ok && first.events).toEqual(hall?.outbox[1]?.events)
    expect(hall?.outbox[1]).toMatchObject({ base: 2, born: 1, dot: { replica: 'b9', counter: 2 } })
    await settle(server, b, a)
    expect(shownBy(a, ['1'])).toEqual(shownBy(b, ['1']))
  })

  it.each(['same tab', 'new leader', 'follower'])(
    'E9 what a decision met is everything since it was first made, page by page (%s)',
    async (how) => {
      const disk = memoryDisk()
      const first = await openTab(disk, 'a')
      const b = await openTab(memoryDisk(), 'b')
      const server = theatreServer()
      await first.lead('a9')
      await b.lead('b9')
      await first.wish(take('1', { by: 'ann' }))
      for (const call of [take('1', { by: 'bob' }), free('1'), clap('1')]) await b.wish(call)
      await server.sync(b)
      const next = how === 'follower' ? await openTab(disk, 'n') : null
      await server.pull(first, 2)
      const last = how === 'same tab' ? first : (next ?? (await openTab(disk, 'n')))
      if (last !== first) await last.lead('n9')
      expect(last.status().withdrawn).toBe(0)
      await b.wish(take('1', { by: 'bob' }))
      await server.sync(b)
      await server.pull(last, 2)
      const [item] = inboxIn(updatesOf(last, { kind: 'inbox' }))
      expect(item).toMatchObject({ details: { seen: 3 } })
      expect(item?.theirs.map(({ type }) => type)).toEqual(['seat.taken', 'seat.freed', 'seat.taken'])
    },
  )

  it('E9 what a decision met is complete also when the lead went to another tab and came back', async () => {
    const disk = memoryDisk()
    const first = await openTab(disk, 'a')
    const second = await openTab(disk, 'n')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await b.lead('b9')
    await first.wish(take('1', { by: 'ann' }))
    for (const [index, leader] of [first, second, first].entries()) {
      await leader.lead(`l${index}`)
      await b.wish(take('1', { by: 'bob' }))
      if (index < 2) await b.wish(free('1'))
      await server.sync(b)
      await server.pull(leader)
    }
    expect(inboxIn(updatesOf(first, { kind: 'inbox' }))).toMatchObject([{ details: { seen: 5 } }])
  })

  it('E9 what is refused now is withdrawn, stays in the inbox with both sides, and is pushed empty', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await a.wish(join('2', { by: 'ann', next: '1' }))
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    const inbox = updatesOf(a, { kind: 'inbox' })
    const fates = updatesOf(a, { kind: 'fates', awaiting: [refA1] })
    await server.pull(a)
    expect(inboxIn(inbox)).toMatchObject([
      {
        ...refA1,
        reason: 'taken',
        details: { seen: 1 },
        status: 'withdrawing',
        mine: [{ type: 'seat.taken', data: { by: 'ann' } }],
        theirs: [{ type: 'seat.taken', data: { by: 'bob' } }],
      },
    ])
    expect(fatesIn(fates)).toEqual([])
    expect(a.status()).toMatchObject({ pending: 2, withdrawn: 1 })
    await server.sync(a)
    expect(inboxIn(inbox)).toMatchObject([{ ...refA1, status: 'withdrawn' }])
    expect(fatesIn(fates)).toMatchObject([
      { ...refA1, fate: { status: 'withdrawn', reason: 'taken', because: [{ replica: 'b9', counter: 1 }] } },
      { fate: { status: 'confirmed', position: 3 } },
    ])
    await a.dismiss(refA1)
    expect(inboxIn(inbox)).toEqual([])
    await settle(server, a, b)
    expect(shownBy(a, ['1', '2'])).toEqual(shownBy(b, ['1', '2']))
  })

  it('E9 an item dismissed while it was withdrawing does not come back when it is placed', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    await server.pull(a)
    await a.dismiss(refA1)
    await server.sync(a)
    expect(a.status()).toMatchObject({ withdrawn: 0, pending: 0 })
    await a.refresh()
    expect(a.status().withdrawn).toBe(0)
  })

  it('E10 fates are told as they end, and looked up for commits that ended before', async () => {
    const { a, server } = await twoStores()
    const live = updatesOf(a, { kind: 'fates', awaiting: [] })
    await a.wish(take('1', { by: 'ann' }))
    await a.wish(take('2', { by: 'ann' }))
    await server.sync(a)
    expect(fatesIn(live)).toMatchObject([{ ...refA1, fate: { status: 'confirmed', position: 1 } }, {}])
    await a.wish(take('3', { by: 'ann' }))
    const awaiting = [1, 2, 3].map((counter) => ({ log: 'hall', dot: { replica: 'a9', counter } }))
    const late = updatesOf(a, { kind: 'fates', awaiting })
    await a.refresh()
    expect(fatesIn(late)).toMatchObject([{ fate: { position: 1 } }, { fate: { position: 2 } }])
  })

  it('E10 a tab that follows learns fates, entries and inbox from the disk', async () => {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const follower = await openTab(disk, 'f')
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    await follower.wish(take('1', { by: 'ann' }))
    await follower.wish(take('2', { by: 'ann' }))
    const fates = updatesOf(follower, { kind: 'fates', awaiting: [] })
    await server.pull(a)
    await follower.refresh()
    expect(follower.status()).toMatchObject({ withdrawn: 1, pending: 2, leading: false })
    expect(fatesIn(fates)).toEqual([])
    await server.sync(a)
    await follower.refresh()
    expect(fatesIn(fates)).toMatchObject([
      { fate: { status: 'withdrawn' } },
      { fate: { status: 'confirmed', position: 3 } },
    ])
    expect(shownBy(follower, ['1', '2'])).toEqual(shownBy(a, ['1', '2']))
    expect(await follower.applyEntries('hall', 'e1', [])).toBe('fenced')
  })

  it('E10 a follower that is far behind never shows a commit twice on the way', async () => {
    const disk = memoryDisk()
    const leader = await openTab(disk, 'a')
    const follower = await openTab(disk, 'f')
    const server = theatreServer()
    await leader.lead('a9')
    await follower.wish(clap('1'))
    await follower.wish(clap('2'))
    await server.sync(leader)
    await Promise.all(Array.from({ length: 1_200 }, () => leader.wish(clap('1'))))
    await server.push(leader)
    const entries = server.ledgers.get('hall')?.entries(0) ?? []
    await leader.applyEntries('hall', 'e1', entries)
    const updates = updatesOf(follower, { kind: 'stream', stream: 'claps/1' }) as StreamUpdate[]
    await follower.refresh()
    // The second entry is the clap for another; the first page holds 999 of these.
    expect(updates.map(({ state }) => state)).toEqual([1, 999, 1_201])
    expect(follower.status().pending).toBe(0)
  })

  it('E11 the epoch is remembered even if there is no entry yet', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.lead('a9')
    expect(await tab.applyEntries('hall', 'e1', [])).toBe('applied')
    expect(disk.tables.record?.heads.map(({ epoch }) => epoch)).toEqual([null, 'e1'])
    await expect(tab.applyEntries('hall', 'e2', [])).rejects.toMatchObject({ code: 'fork' })
  })

  it('E11 known entries are skipped, a gap is answered, more than a page is split', async () => {
    const { a, b, server } = await twoStores()
    for (let i = 0; i < 10; i += 1) await Promise.all(Array.from({ length: 150 }, () => a.wish(clap('1'))))
    await server.push(a)
    const all = server.ledgers.get('hall')?.entries(0) ?? []
    expect(all).toHaveLength(1_500)
    expect(await b.applyEntries('hall', 'e1', all.slice(1, 3))).toBe('gap')
    expect(positionIn(b, 'hall')).toBe(0)
    expect(await b.applyEntries('hall', 'e1', all.slice(0, 3))).toBe('applied')
    expect(await b.applyEntries('hall', 'e1', all.slice(1, 5))).toBe('applied')
    expect(positionIn(b, 'hall')).toBe(5)
    expect(await b.applyEntries('hall', 'e1', all)).toBe('applied')
    expect(positionIn(b, 'hall')).toBe(1_500)
    expect(stateOf(b, 'claps/1')).toEqual({ state: 1_500, revision: 1_500 })
  })

  it('E12 entries that are not a continuation of what is here are refused, and nothing is stored', async () => {
    const { a, b, server } = await twoStores()
    for (const id of ['1', '2', '3']) await a.wish(take(id, { by: 'ann' }))
    await server.push(a)
    const [one, two, three] = server.ledgers.get('hall')!.entries(0) as [Entry, Entry, Entry]
    const apply = (...entries: Entry[]) => b.applyEntries('hall', 'e1', entries)
    await expect(apply({ ...one, time: 5 })).rejects.toMatchObject({ code: 'chain_broken' })
    await expect(apply(one, three)).rejects.toMatchObject({ code: 'chain_broken' })
    await expect(b.applyEntries('desk/1', 'e1', [one])).rejects.toMatchObject({ code: 'chain_broken' })
    await expect(b.applyEntries('cellar', 'e1', [one])).rejects.toMatchObject({ code: 'unknown_log' })
    expect(positionIn(b, 'hall')).toBe(0)
    await apply(one, two)
    await expect(b.applyEntries('hall', 'e2', [three])).rejects.toMatchObject({ code: 'fork' })
    await expect(apply({ ...two, chain: 'other' }, three)).rejects.toMatchObject({ code: 'fork' })
    expect(positionIn(b, 'hall')).toBe(2)
    expect(b.status().phase).toBe('local')
    expect(await apply(three)).toBe('applied')
  })

  it('E13 a leader that was replaced is fenced, and the one after it goes on', async () => {
    const disk = memoryDisk()
    const old = await openTab(disk, 'a')
    const next = await openTab(disk, 'n')
    const server = theatreServer()
    await old.lead('a9')
    await old.wish(take('1', { by: 'ann' }))
    await next.lead('n9')
    await server.push(next)
    const entries = server.ledgers.get('hall')?.entries(0) ?? []
    expect(await old.applyEntries('hall', 'e1', entries)).toBe('fenced')
    expect(old.status().leading).toBe(false)
    expect(await next.applyEntries('hall', 'e1', entries)).toBe('applied')
    expect(await old.wish(take('1', { by: 'bob' }))).toMatchObject({ ok: false, reason: 'taken' })
    expect(await old.wish(take('2', { by: 'bob' }))).toMatchObject({
      ok: true,
      dot: { replica: 'n9', counter: 1 },
    })
    await server.sync(next)
    expect(next.status().pending).toBe(0)
  })

  it('E13 what the server told a leader that was replaced changes nothing, and takes no name from the next', async () => {
    const disk = memoryDisk()
    const next = await openTab(disk, 'n')
    const replaced = async (replica: string) => {
      const old = await openTab(disk, replica)
      await old.lead(`${replica}9`)
      return old
    }
    const [a, b] = [await replaced('a'), await replaced('b')]
    await next.lead('n9')
    await next.wish(take('1', { by: 'ann' }))
    const dot = { replica: 'n9', counter: 1 }
    await a.refresh()
    expect(await a.withdraw('hall', dot, { reason: 'forbidden' })).toBe('fenced')
    await b.refresh()
    expect(await b.rename('hall', dot)).toBe('fenced')
    expect([a, b, next].map((tab) => tab.status().leading)).toEqual([false, false, true])
    await next.refresh()
    expect(next.status()).toMatchObject({ replica: 'n9', pending: 1, withdrawn: 0 })
  })

  it('E14 a cancelled commit is emptied in place, what leaned on it is decided again, and the user is not told of it (C10)', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await a.wish(join('2', { by: 'ann', next: '1' }))
    await a.wish(take('3', { by: 'ann' }))
    expect(await a.cancel(refA1)).toBe(true)
    expect(await a.cancel(refA1)).toBe(false)
    expect(stateOf(a, 'seat/1')).toEqual({ state: { by: null }, revision: 0 })
    expect(inboxIn(updatesOf(a, { kind: 'inbox' })).map((item) => item.reason)).toEqual(['nobody_there'])
    const fates = updatesOf(a, { kind: 'fates', awaiting: [] })
    await settle(server, a, b)
    expect(fatesIn(fates).map((each) => (each as FatesUpdate['fates'][number]).fate)).toMatchObject([
      { status: 'withdrawn', reason: 'cancelled' },
      { status: 'withdrawn', reason: 'nobody_there' },
      { status: 'confirmed' },
    ])
    expect(a.status().withdrawn).toBe(1)
    expect(await a.cancel(refA1)).toBe(false)
    expect(shownBy(a, ['1', '2', '3'])).toEqual(shownBy(b, ['1', '2', '3']))
  })

  it('E14 a cancel that comes too late loses against the log (C9)', async () => {
    const { a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await server.push(a)
    expect(await a.cancel(refA1)).toBe(true)
    const fates = updatesOf(a, { kind: 'fates', awaiting: [] })
    await settle(server, a, b)
    expect(fatesIn(fates)).toMatchObject([{ fate: { status: 'confirmed', position: 1 } }])
    expect(stateOf(a, 'seat/1')).toEqual({ state: { by: 'ann' }, revision: 1 })
    expect(shownBy(a, ['1'])).toEqual(shownBy(b, ['1']))
  })

  it('E14 a withdrawing commit that the log placed with events leaves the inbox', async () => {
    const { a, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await server.push(a)
    await a.withdraw('hall', refA1.dot, { reason: 'forbidden' })
    const inbox = updatesOf(a, { kind: 'inbox' })
    expect(inboxIn(inbox)).toMatchObject([{ reason: 'forbidden', theirs: [] }])
    await server.pull(a)
    expect(inboxIn(inbox)).toEqual([])
    await a.refresh()
    expect(a.status()).toMatchObject({ withdrawn: 0, pending: 0 })
  })

  it('E15 a retry takes the place of what it retries, and never comes on top of it (C11)', async () => {
    const { a, b, server } = await twoStores()
    const request = requestOf('s', [take('1', { by: 'ann' })])
    await a.dispatch(request)
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    await server.pull(a)
    await b.wish(free('1'))
    await server.sync(b)
    await server.pull(a)
    expect(a.status().withdrawn).toBe(1)
    const root = intentOf(request)
    const retry = (seed: string) => a.dispatch({ ...requestOf(seed, [take('1', { by: 'ann' })]), root })
    const twice = await Promise.all([retry('t1'), retry('t2')])
    expect(twice).toMatchObject([{ ok: true }, { ok: false, reason: 'already_applied' }])
    expect(a.status().withdrawn).toBe(0)
    expect(await retry('t3')).toMatchObject({ ok: false, reason: 'already_applied' })
    await settle(server, a, b)
    expect(await retry('t4')).toMatchObject({ ok: false, reason: 'already_applied' })
    expect(rowsOf(b, 'guests')).toEqual([['1', { by: 'ann' }]])
  })

  it('E16 entries under our own name that we never wrote are foreign, and we take a new name (C8)', async () => {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const server = theatreServer()
    await a.lead('a9')
    await a.wish(take('1', { by: 'ann' }))
    await server.sync(a)
    const copy = await openTab(disk.clone(), 'c')
    await copy.wish(take('2', { by: 'copy' }))
    await server.push(copy)
    const fates = updatesOf(a, { kind: 'fates', awaiting: [] })
    await server.pull(a)
    expect(fatesIn(fates)).toEqual([])
    expect(a.status().replica).toBe('a3')
    expect(await a.wish(take('2', { by: 'ann' }))).toMatchObject({ ok: false, reason: 'taken' })
    expect(await a.wish(take('3', { by: 'ann' }))).toMatchObject({
      ok: true,
      dot: { replica: 'a3', counter: 1 },
    })
    await server.sync(a)
    expect(a.status().pending).toBe(0)
  })

  it('E16 while no other name can be stored, no name that stands in the log is given away', async () => {
    const disk = memoryDisk()
    const log = openMemoryLog(disk)
    let isFull = false
    const mintLeader: StoreLog['mintLeader'] = (...asked) =>
      isFull ? Promise.reject(new VarveError('storage_full', 'no room')) : log.mintLeader(...asked)
    const a = await openTab(disk, 'a', { log: { ...log, mintLeader } })
    await a.lead('a9')
    // A machine copied while it runs: both write under the name that they find.
    const copy = await openTab(disk.clone(), 'c')
    const server = theatreServer()
    await copy.wish(take('2', { by: 'copy' }))
    await server.push(copy)
    isFull = true
    await expect(server.pull(a)).rejects.toMatchObject({ code: 'storage_full' })
    const kept = await a.wish(take('2', { by: 'ann' }))
    expect(kept).toMatchObject({ ok: true, dot: { replica: 'a9', counter: 1 } })
    expect(await log.readEntries('hall', 0, 9)).toEqual([])
    isFull = false
    await server.pull(a)
    await settle(server, a)
    expect(a.status()).toMatchObject({ pending: 0, withdrawn: 1 })
    const placed = await log.readEntries('hall', 0, 9)
    expect(new Set(placed.map(({ commit }) => commit.dot.replica)).size).toBe(2)
  })
})
