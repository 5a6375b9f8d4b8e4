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
