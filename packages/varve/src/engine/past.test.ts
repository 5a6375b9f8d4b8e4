import { describe, expect, it } from 'vitest'
import type { HistoryEvent, StreamUpdate } from '../core/query.ts'
import { memoryDisk } from '../log/index.ts'
import {
  clap,
  free,
  openTab,
  rowsOf,
  type Server,
  stateOf,
  type Tab,
  take,
  theatreServer,
  updatesOf,
  valueIn,
  write,
} from './theatre.fixture.ts'

/** Ten entries on the hall's log and five on the desk's, at times that alternate; then two pending commits. */
async function store(withSnapshots: boolean): Promise<{ readonly tab: Tab; readonly server: Server }> {
  const tab = await openTab(memoryDisk(), 'a')
  const server = theatreServer()
  await tab.lead('a9')
  for (let i = 1; i <= 5; i += 1) {
    await tab.wish(take('1', { by: `g${i}` }))
    await tab.wish(free('1'))
    await tab.wish(write('1', { text: `t${i}` }))
    await server.sync(tab)
    if (withSnapshots && i === 2) await tab.saveSnapshots()
  }
  await tab.wish(take('1', { by: 'pending' }))
  await tab.wish(clap('1'))
  return { tab, server }
}

describe('past', () => {
  it.each([false, true])(
    'E26 a past is a replay up to the cut, which is included (snapshots: %s)',
    async (snapshots) => {
      const { tab, server } = await store(snapshots)
      for (let position = 0; position <= 10; position += 1) {
        const past = await tab.openPast({ log: 'hall', position })
        const entries = server.ledgers.get('hall')?.entries(0, position) ?? []
        const time = entries.at(-1)?.time ?? 0
        const notes = (server.ledgers.get('desk/1')?.entries(0) ?? []).filter(
          (entry) => entry.time <= time,
        ).length
        const sold = Math.ceil(position / 2)
        const by = position % 2 === 1 ? `g${sold}` : null
        expect(stateOf(tab, 'seat/1', past)).toEqual({ state: { by }, revision: position })
        expect(valueIn(tab, 'sold', past)).toBe(sold)
        expect(valueIn(tab, 'busy', past)).toEqual({ seats: sold, claps: 0, notes })
        expect(rowsOf(tab, 'guests', past)).toEqual(by === null ? [] : [['1', { by }]])
        expect(stateOf(tab, 'note/1', past)).toEqual({
          state: notes === 0 ? '' : `t${notes}`,
          revision: notes,
        })
        expect((await tab.history('seat/1', null, past)).events).toHaveLength(position)
        await tab.closePast(past)
      }
    },
  )

  it('E26 a past is cut at a server time in all logs, and stays as it is', async () => {
    const { tab, server } = await store(false)
    const time = server.ledgers.get('hall')?.entries(4, 1)[0]?.time ?? 0
    const past = await tab.openPast({ time })
    const [update] = updatesOf(tab, { kind: 'stream', stream: 'seat/1', past }) as StreamUpdate[]
    expect(update).toMatchObject({ state: { by: 'g3' }, revision: 5, pending: [] })
    expect(stateOf(tab, 'note/1', past)).toEqual({ state: 't2', revision: 2 })
    await server.sync(tab)
    expect(stateOf(tab, 'seat/1', past)).toEqual({ state: { by: 'g3' }, revision: 5 })
    expect(valueIn(tab, 'sold', await tab.openPast({ time: 0 }))).toBe(0)
    expect(valueIn(tab, 'sold', await tab.openPast({ time: 1e15 }))).toBe(6)
    await tab.closePast(past)
    expect(() => stateOf(tab, 'seat/1', past)).toThrow(/No past/)
  })

  it('E26 a cut beyond what has been fetched is refused', async () => {
    const { tab } = await store(false)
    for (const position of [11, -1, 1.5]) {
      await expect(tab.openPast({ log: 'hall', position })).rejects.toMatchObject({ code: 'beyond_head' })
    }
    await expect(tab.openPast({ log: 'cellar', position: 1 })).rejects.toMatchObject({ code: 'unknown_log' })
  })

  it('E27 a history is what the log holds, then what is pending, with revisions that go on', async () => {
    const { tab } = await store(false)
    const { events, next } = await tab.history('seat/1', null)
    expect(next).toBeNull()
    expect(events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(events[2]).toMatchObject({
      type: 'seat.taken',
      data: { by: 'g2' },
      position: 3,
      principal: 'p',
      dot: { replica: 'a9', counter: 3 },
    })
    expect(events[10]).toMatchObject({
      type: 'seat.taken',
      data: { by: 'pending' },
      position: null,
      time: null,
    })
  })

  it('E27 a long history comes in pages', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await tab.lead('a9')
    await Promise.all(Array.from({ length: 450 }, () => tab.wish(clap('1'))))
    await server.sync(tab)
    await tab.wish(clap('1'))
    const all: HistoryEvent[] = []
    const sizes: number[] = []
    let from: Awaited<ReturnType<Tab['history']>>['next'] = null
    do {
      const page = await tab.history('claps/1', from)
      all.push(...page.events)
      sizes.push(page.events.length)
      from = page.next
    } while (from !== null)
    expect(sizes).toEqual([200, 200, 51])
    expect(all.map(({ revision }) => revision)).toEqual(all.map((_, index) => index))
    await expect(tab.history('bed/1', null)).rejects.toMatchObject({ code: 'unknown_stream' })
  })
})
