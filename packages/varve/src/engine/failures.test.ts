import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import { defineStream } from '../core/stream.ts'
import { defineTable } from '../core/table.ts'
import { type MemoryDisk, memoryDisk } from '../log/index.ts'
import { openTab, rowsOf, type Tab, theatreServer, updatesOf, valueIn } from './theatre.fixture.ts'

let isMended = false
const mustBeMild = (text: string): void => {
  if (text === 'bomb' && !isMended) throw new Error('it went off')
}

const Parcel = defineStream('parcel', {
  initial: '',
  events: { sent: event(v.object({ text: v.string() })) },
  evolve: { sent: (_old, { text }) => text },
  commands: ({ command, emit, reject }) => ({
    send: command(v.object({ text: v.string() }), (old, { text }) =>
      old === '' ? emit.sent({ text }) : reject('sent'),
    ),
  }),
})
const Texts = defineTable('texts', {
  from: [Parcel],
  key: (e) => e.streamId,
  row: v.object({ text: v.string() }),
  on: {
    'parcel.sent': (_row, { data }) => {
      mustBeMild(data.text)
      return { text: data.text }
    },
  },
})
const Last = defineProjection('last', {
  from: [Parcel],
  initial: '',
  on: {
    'parcel.sent': (_old, { data }) => {
      mustBeMild(data.text)
      return data.text
    },
  },
})
const Count = defineProjection('count', { from: [Parcel], initial: 0, on: { 'parcel.sent': (n) => n + 1 } })
const post = defineModel('post', { logs: { hall: [Parcel], desk: [] }, projections: [Texts, Last, Count] })
const { send } = Parcel.commands

const openPost = (disk: MemoryDisk, name: string): Promise<Tab> => openTab(disk, name, { model: post })
const failure = (projection: string, position: number | null) => ({
  projection,
  leftOut: 0,
  message: 'it went off',
  type: 'parcel.sent',
  position,
})

describe('a projection whose handler fails', () => {
  it('E33 is listed with event and reason, its watchers are told, and the rest flows', async () => {
    const tab = await openPost(memoryDisk(), 'a')
    await tab.wish(send('1', { text: 'tea' }))
    const seen = updatesOf(tab, { kind: 'projection', name: 'texts' })
    const told = updatesOf(tab, { kind: 'status' })
    await tab.wish(send('2', { text: 'bomb' }))
    await tab.wish(send('3', { text: 'milk' }))
    expect(seen.slice(1)).toEqual([{ kind: 'failed', failure: failure('texts', null) }])
    expect(tab.status().failures).toEqual([failure('texts', null), failure('last', null)])
    expect(told.at(-1)).toMatchObject({ status: { failures: [{ projection: 'texts' }, {}] } })
    expect(valueIn(tab, 'count')).toBe(3)
    expect(updatesOf(tab, { kind: 'projection', name: 'last' })).toMatchObject([{ kind: 'failed' }])
  })

  it('E33 flows again, told as a whole, when the commit that it failed at is withdrawn', async () => {
    const [a, b] = [await openPost(memoryDisk(), 'a'), await openPost(memoryDisk(), 'b')]
    await a.lead('a9')
    await b.lead('b9')
    const server = theatreServer()
    await b.wish(send('1', { text: 'tea' }))
    await server.sync(b)
    await a.wish(send('1', { text: 'bomb' }))
    const [rows, values] = ['texts', 'last'].map((name) => updatesOf(a, { kind: 'projection', name }))
    await server.pull(a)
    expect(rows).toMatchObject([
      { kind: 'failed' },
      { kind: 'rows', reset: true, rows: [['1', { text: 'tea' }]] },
    ])
    expect(values).toMatchObject([{ kind: 'failed' }, { kind: 'value', value: 'tea' }])
    expect(a.status().failures).toEqual([])
  })

  it('E33 is tried again when the program is loaded again, and so in the past', async () => {
    const disk = memoryDisk()
    const tab = await openPost(disk, 'a')
    await tab.lead('a9')
    const server = theatreServer()
    for (const [id, text] of [
      ['1', 'tea'],
      ['2', 'bomb'],
      ['3', 'milk'],
    ] as const)
      await tab.wish(send(id, { text }))
    await server.sync(tab)
    expect(tab.status().failures).toMatchObject([failure('texts', 2), failure('last', 2)])
    const past = await tab.openPast({ log: 'hall', position: 2 })
    expect(updatesOf(tab, { kind: 'projection', name: 'last', past })).toMatchObject([{ kind: 'failed' }])
    await tab.saveSnapshots()
    await tab.close()
    isMended = true
    try {
      const next = await openPost(disk, 'n')
      expect(next.status().failures).toEqual([])
      expect(rowsOf(next, 'texts')).toHaveLength(3)
      expect(valueIn(next, 'last')).toBe('milk')
    } finally {
      isMended = false
    }
  })
})

describe('an event of a newer program', () => {
  /** The same with a newer shape of the event, and the projection that follows it. */
  const NewParcel = defineStream('parcel', {
    initial: '',
    events: {
      sent: event(v.object({ text: v.string() })).revise(
        v.object({ text: v.string(), loud: v.boolean() }),
        (old) => ({ ...old, loud: false }),
      ),
    },
    evolve: { sent: (_old, { text }) => text },
    commands: ({ command, emit }) => ({
      shout: command(v.object({ text: v.string() }), (_old, { text }) => emit.sent({ text, loud: true })),
    }),
  })
  const NewLast = defineProjection('last', {
    from: [NewParcel],
    initial: '',
    on: { 'parcel.sent': (_old, { data }) => (data.loud ? `${data.text}!` : data.text) },
  })
  const newPost = defineModel('post', { logs: { hall: [NewParcel], desk: [] }, projections: [NewLast] })
  const openNewPost = (disk: MemoryDisk, name: string): Promise<Tab> =>
    openTab(disk, name, { model: newPost })

  it('E34 leaves its stream out of a projection and no other, is listed, and is folded after the update', async () => {
    const disk = memoryDisk()
    const old = await openPost(disk, 'a')
    const fresh = await openNewPost(memoryDisk(), 'b')
    await old.lead('a9')
    await fresh.lead('b9')
    const server = theatreServer()
    await old.wish(send('1', { text: 'tea' }))
    await server.sync(old)
    await server.sync(fresh)
    await fresh.wish(NewParcel.commands.shout('2', { text: 'milk' }))
    await server.sync(fresh)
    await server.sync(old)
    await old.wish(send('3', { text: 'rum' }))
    expect(rowsOf(old, 'texts').map(([key]) => key)).toEqual(['1', '3'])
    expect([valueIn(old, 'last'), valueIn(old, 'count')]).toEqual(['rum', 2])
    const leftOut = { type: 'parcel.sent', position: 2, leftOut: 1 }
    expect(old.status().failures).toMatchObject([
      { projection: 'texts', ...leftOut },
      { projection: 'last', ...leftOut },
      { projection: 'count', ...leftOut },
    ])
    await server.sync(old)
    await server.pull(fresh)
    await old.saveSnapshots()
    await old.close()
    const updated = await openNewPost(disk, 'n')
    expect(updated.status().failures).toEqual([])
    expect(updatesOf(updated, { kind: 'projection', name: 'last' })).toEqual(
      updatesOf(fresh, { kind: 'projection', name: 'last' }),
    )
    await updated.wish(NewParcel.commands.shout('2', { text: 'more' }))
    expect(valueIn(updated, 'last')).toBe('more!')
  })
})
