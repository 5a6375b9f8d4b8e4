/** What the killed device works on: a shelf that takes whatever comes, and one seat that can be had once. */
import * as v from 'valibot'
import { defineModel, defineStream, defineTable, event } from 'varve'

export const Shelf = defineStream('shelf', {
  initial: [] as readonly string[],
  events: { itemAdded: event(v.object({ name: v.string() })) },
  evolve: { itemAdded: (items, { name }) => [...items, name] },
  commands: ({ command, emit }) => ({
    add: command(v.object({ name: v.string() }), (_items, { name }) => emit.itemAdded({ name })),
  }),
})

export const Seat = defineStream('seat', {
  initial: null as string | null,
  events: { taken: event(v.object({ name: v.string() })), left: event(v.object({})) },
  evolve: { taken: (_by, { name }) => name, left: () => null },
  commands: ({ command, emit, reject }) => ({
    take: command(v.object({ name: v.string() }), (by, { name }) =>
      by === null ? emit.taken({ name }) : reject('taken'),
    ),
    leave: command((by) => (by === null ? undefined : emit.left({}))),
  }),
})

export const Items = defineTable('items', {
  from: [Shelf],
  key: (e) => e.data.name,
  row: v.object({ times: v.number() }),
  on: { 'shelf.itemAdded': (row) => ({ times: (row?.times ?? 0) + 1 }) },
})

export const room = defineModel('room', { logs: { room: [Shelf, Seat] }, projections: [Items] })
