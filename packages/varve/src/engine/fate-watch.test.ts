import { describe, expect, it } from 'vitest'
import type { CommitRef, DispatchResult, FateNow, Update } from '../core/query.ts'
import { type MemoryDisk, memoryDisk } from '../log/index.ts'
import {
  clap,
  free,
  openTab,
  type Server,
  type Tab,
  take,
  theatreServer,
  updatesOf,
} from './theatre.fixture.ts'

/** The name of an accepted wish; `openTab` gives the n-th wish of a tab the seed `tab-n`. */
function refOf(result: DispatchResult, seed?: string): CommitRef {
  if (!result.ok) throw new Error(`refused: ${result.reason}`)
  return { log: result.log, dot: result.dot, ...(seed !== undefined && { seed }) }
}

const watch = (tab: Tab, ref: CommitRef): Update[] => updatesOf(tab, { kind: 'fate', ref })

function told(updates: readonly Update[]): readonly FateNow[] {
  return updates.flatMap((update) => (update.kind === 'fate' ? [update.fate] : []))
}

function ended(updates: readonly Update[]): readonly unknown[] {
  return updates.flatMap((update) => (update.kind === 'fates' ? update.fates : []))
}

const pending = { status: 'pending', reverted: false }
const confirmed = (position: number) => ({ status: 'confirmed', position })

async function twoStores() {
  const disk = memoryDisk()
  const a = await openTab(disk, 'a')
  const b = await openTab(memoryDisk(), 'b')
  const server = theatreServer()
  await a.lead('a9')
  await b.lead('b9')
  return { disk, a, b, server }
}

/** What a leader reports when the server has said that it has everything up to this commit. */
function receipt(tab: Tab, { dot }: CommitRef): void {
  tab.report({ phase: 'syncing', problem: null, heads: [{ log: 'hall', head: 0, sent: dot }] })
}

const offline = { phase: 'offline', problem: null, heads: [] } as const

async function settle(server: Server, ...tabs: readonly Tab[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) for (const tab of tabs) await server.sync(tab)
}

describe('how it stands with a commit', () => {
  it('E37 pending, then sent when the server has it, pending again without its word, and confirmed by the log', async () => {
    const { a, server } = await twoStores()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })))
    const second = refOf(await a.wish(take('2', { by: 'ann' })))
    const updates = watch(a, ref)
    const behind = watch(a, second)
    await a.refresh()
    receipt(a, ref)
    await a.refresh()
    a.report(offline)
    await a.refresh()
    await server.sync(a)
    expect(told(updates)).toEqual([pending, { status: 'sent', reverted: false }, pending, confirmed(1)])
    expect(told(behind)).toEqual([pending, confirmed(2)])
  })

  it('E37 withdrawn with the reason, the dots and, while the inbox has them, the events of others', async () => {
    const { a, b, server } = await twoStores()
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    const ref = refOf(await a.wish(take('1', { by: 'ann' })))
    const updates = watch(a, ref)
    const promised = updatesOf(a, { kind: 'fates', awaiting: [] })
    await settle(server, a)
    const because = [{ replica: 'b9', counter: 1 }]
    const theirs = [{ type: 'seat.taken', data: { by: 'bob' } }]
    const fate = { status: 'withdrawn', reason: 'taken', details: { seen: 1 }, because, theirs }
    expect(told(updates)).toMatchObject([pending, fate])
    expect(ended(promised)).toMatchObject([{ ...ref, fate }])
    await a.dismiss(ref)
    const after = watch(a, ref)
    await a.refresh()
    expect(told(after)).toMatchObject([{ status: 'withdrawn', reason: 'taken', because }])
    expect(told(after)[0]).not.toHaveProperty('theirs')
  })

  it('E37 what ended before is looked up, also by a later visit; what nobody knows is said to be unknown', async () => {
    const { disk, a, server } = await twoStores()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })))
    await server.sync(a)
    const later = await openTab(disk, 'c')
    const known = watch(later, ref)
    const never = watch(later, { log: 'hall', dot: { replica: 'a9', counter: 7 } })
    const noLog = watch(later, { log: 'cellar', dot: ref.dot })
    const foreign = watch(later, { log: 'hall', dot: { replica: 'b9', counter: 1 } })
    await later.refresh()
    expect(told(known)).toEqual([confirmed(1)])
    for (const updates of [never, noLog, foreign]) expect(told(updates)).toEqual([{ status: 'unknown' }])
  })

  it('E37 a store that was lost finds its commits again by their seed, once the log is here', async () => {
    const { a, server } = await twoStores()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })), 'a-1')
    await server.sync(a)
    const anew = await openTab(memoryDisk(), 'n')
    const updates = watch(anew, ref)
    await anew.lead('n9')
    await server.pull(anew)
    anew.report({ phase: 'synced', problem: null, heads: [{ log: 'hall', head: 1 }] })
    await anew.refresh()
    expect(told(updates)).toEqual([{ status: 'unknown' }, confirmed(1)])
  })

  it('E37 what another tab has just written is known when it is asked for', async () => {
    const { disk, a } = await twoStores()
    const other = await openTab(disk, 'o')
    const updates = watch(other, refOf(await a.wish(take('1', { by: 'ann' }))))
    await other.refresh()
    expect(told(updates)).toEqual([pending])
  })

  it('E37 E23 who stopped hears no more, and what a listener throws disturbs nobody', async () => {
    const { a, server } = await twoStores()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })))
    const heard: Update[] = []
    const stop = a.subscribe({ kind: 'fate', ref }, (update) => heard.push(update))
    a.subscribe({ kind: 'fate', ref }, () => {
      throw new Error('a page')
    })
    const updates = watch(a, ref)
    await a.refresh()
    stop()
    await server.sync(a)
    expect(told(heard)).toEqual([pending])
    expect(told(updates)).toEqual([pending, confirmed(1)])
    expect(a.reported).toHaveLength(2)
  })
})

describe('what a server takes back', () => {
  const restoredTo = (server: Server, kept: number): Server =>
    theatreServer('e2', { hall: (server.ledgers.get('hall')?.entries(0) ?? []).slice(0, kept), 'desk/1': [] })

  it('E38 C7 a confirmed commit is pending again and says that it is reverted, in every tab, until it is confirmed anew', async () => {
    const { disk, a, server } = await twoStores()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })))
    const follower = await openTab(disk, 'f')
    const [mine, followed] = [watch(a, ref), watch(follower, ref)]
    await server.sync(a)
    await follower.refresh()
    await a.heal('hall', 'e2', 0)
    const fresh = refOf(await a.wish(take('2', { by: 'ann' })))
    const after = watch(a, fresh)
    await follower.refresh()
    await a.refresh()
    // The mark is on disk: a later visit knows it too.
    const later = watch(await openTab(disk, 'l'), ref)
    await a.refresh()
    const restored = restoredTo(server, 0)
    await a.heal('desk/1', 'e2', 0)
    await settle(restored, a)
    await follower.refresh()
    const reverted = { status: 'pending', reverted: true }
    expect(told(mine)).toEqual([pending, confirmed(1), reverted, confirmed(1)])
    expect(told(followed)).toEqual([pending, confirmed(1), reverted, confirmed(1)])
    expect(told(later)[0]).toEqual(reverted)
    expect(told(after)).toEqual([pending, confirmed(2)])
  })

  it('E38 C7 what was confirmed and is refused after all is in the inbox as reverted, also after a reload', async () => {
    const { disk, a, b, server } = await twoStores()
    await a.wish(take('1', { by: 'ann' }))
    await a.wish(clap('1'))
    await server.sync(a)
    await a.heal('hall', 'e2', 0)
    await a.heal('desk/1', 'e2', 0)
    const fresh = await a.wish(take('2', { by: 'ann' }))
    expect(fresh.ok).toBe(true)
    const restored = theatreServer('e2')
    for (const seat of ['1', '2']) await b.wish(take(seat, { by: 'bob' }))
    await restored.sync(b)
    await settle(restored, a)
    const items = [
      { reason: 'taken', status: 'withdrawn', reverted: true, mine: [{ stream: 'seat/1' }] },
      { reason: 'taken', status: 'withdrawn', reverted: false, mine: [{ stream: 'seat/2' }] },
    ]
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({ items })
    expect(updatesOf(await openTab(disk, 'l'), { kind: 'inbox' })[0]).toMatchObject({ items })
  })

  it('E38 C7 what is refused in the very step that sets it back is reverted too', async () => {
    const { a, b, server } = await twoStores()
    await b.wish(take('1', { by: 'ben' }))
    await settle(server, b, a)
    await b.wish(free('1'))
    await settle(server, b, a)
    await a.wish(take('1', { by: 'ann' }))
    await server.sync(a)
    await a.heal('hall', 'e2', 1)
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ reason: 'taken', status: 'withdrawing', reverted: true }],
    })
  })

  it('E38 C7 the mark is on all of ours that were set back, once or twice, and on nothing that was only pending', async () => {
    const { a, b, server } = await twoStores()
    const ours = [await a.wish(take('1', { by: 'ann' })), await a.wish(clap('1'))].map((one) => refOf(one))
    await server.sync(a)
    await b.wish(take('3', { by: 'ben' }))
    await settle(server, b, a)
    const fresh = refOf(await a.wish(take('2', { by: 'ann' })))
    const isReverted = async () => {
      const watched = [...ours, fresh].map((ref) => watch(a, ref))
      await a.refresh()
      return watched.map(told).map(([fate]) => fate !== undefined && 'reverted' in fate && fate.reverted)
    }
    await a.heal('hall', 'e2', 1)
    expect(await isReverted()).toEqual([false, true, false])
    await a.heal('hall', 'e3', 0)
    expect(await isReverted()).toEqual([true, true, false])
  })

  it('E38 C7 what was set back by one fork and is refused by the next is reverted', async () => {
    const { a, b, server } = await twoStores()
    await b.wish(take('1', { by: 'ben' }))
    await settle(server, b, a)
    await b.wish(free('1'))
    await settle(server, b, a)
    await a.wish(take('1', { by: 'ann' }))
    await server.sync(a)
    await a.heal('hall', 'e2', 2)
    await a.heal('hall', 'e3', 1)
    expect(updatesOf(a, { kind: 'inbox' })[0]).toMatchObject({
      items: [{ reason: 'taken', status: 'withdrawing', reverted: true }],
    })
  })

  it('E38 C7 C8 the mark follows a commit to its new name, and stays over a second fork', async () => {
    const { a } = await twoStores()
    const server = theatreServer()
    const ref = refOf(await a.wish(take('1', { by: 'ann' })), 'a-1')
    await server.sync(a)
    await a.heal('hall', 'e2', 0)
    await a.heal('hall', 'e3', 0)
    await a.rename('hall', ref.dot)
    const updates = watch(a, ref)
    await a.refresh()
    expect(told(updates)).toEqual([{ status: 'pending', reverted: true }])
  })

  it('E38 an end that came in one go with the reset before it is told all the same', async () => {
    const { disk, a, server } = await twoStores()
    const follower = await openTab(disk, 'f')
    const ref = refOf(await follower.wish(take('1', { by: 'ann' })))
    const fates = updatesOf(follower, { kind: 'fates', awaiting: [] })
    await a.heal('hall', 'e2', 0)
    await a.heal('desk/1', 'e2', 0)
    await settle(restoredTo(server, 0), a)
    await follower.refresh()
    expect(ended(fates)).toEqual([{ ...ref, fate: confirmed(1) }])
  })
})

describe('a commit that was renamed', () => {
  /** A machine that was copied while it ran; `copy` was placed first, under the dot that `ref` had. */
  async function renamed(): Promise<{ disk: MemoryDisk; a: Tab; server: Server; ref: CommitRef }> {
    const disk = memoryDisk()
    const a = await openTab(disk, 'a')
    const server = theatreServer()
    await a.lead('a9')
    await a.wish(clap('1'))
    await server.sync(a)
    const copy = await openTab(disk.clone(), 'c')
    await copy.wish(take('1', { by: 'cob' }))
    await server.push(copy)
    const ref = refOf(await a.wish(take('2', { by: 'ann' })), 'a-2')
    await server.pull(a)
    return { disk, a, server, ref }
  }

  it('E16 C8 is found by its seed, pending or placed, also by an engine that was not there when it was renamed', async () => {
    const { disk, a, server, ref } = await renamed()
    const later = await openTab(disk, 'l')
    const updates = watch(later, ref)
    const awaited = updatesOf(later, { kind: 'fates', awaiting: [ref] })
    await later.refresh()
    expect(told(updates)).toEqual([pending])
    await settle(server, a)
    await later.refresh()
    expect(told(updates)).toEqual([pending, confirmed(3)])
    const fate = { log: ref.log, dot: ref.dot, fate: confirmed(3) }
    expect(ended(awaited)).toContainEqual(fate)
    const late = await openTab(disk, 'm')
    const lateUpdates = updatesOf(late, { kind: 'fates', awaiting: [ref] })
    await late.refresh()
    expect(ended(lateUpdates)).toEqual([fate])
  })

  it('E16 E10 its first name alone is not taken for what somebody else placed under it', async () => {
    const { disk, a, server, ref } = await renamed()
    await settle(server, a)
    const later = await openTab(disk, 'l')
    const { seed: _seed, ...nameOnly } = ref
    const updates = watch(later, nameOnly)
    await later.refresh()
    expect(told(updates)).toEqual([{ status: 'unknown' }])
  })

  it('E16 can be cancelled by its seed after a restart', async () => {
    const { disk, ref } = await renamed()
    const later = await openTab(disk, 'l')
    expect(await later.cancel(ref)).toBe(true)
  })
})
