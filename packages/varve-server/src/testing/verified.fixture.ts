/** A bar in small: prices, tabs and a wall that everybody writes on. What is decided shows all that it was decided on. */
import * as v from 'valibot'
import { defineModel, defineStream, event } from 'varve/core'

const Cents = v.object({ cents: v.number() })
const Item = v.object({ item: v.string() })
const Ordered = v.object({ item: v.string(), cents: v.number(), met: v.number() })

export const Price = defineStream('price', {
  initial: 0,
  events: { set: event(Cents) },
  evolve: { set: (_before, { cents }) => cents },
  commands: ({ command, emit }) => ({ set: command(Cents, (_before, input) => emit.set(input)) }),
})

export const Tab = tabAt((cents) => cents)

/** Numbered as its author saw it: two may have the same number, for neither waits for the other. */
export const Wall = defineStream('wall', {
  verified: true,
  concurrency: 'commute',
  initial: 0,
  events: { written: event(v.object({ number: v.number(), cents: v.number(), met: v.number() })) },
  evolve: { written: (count) => count + 1 },
  commands: ({ command, emit }) => ({
    write: command(
      Item,
      { reads: ({ item }) => ({ price: Price.at(item) }) },
      (count, _input, { reads, theirs }) =>
        emit.written({ number: count + 1, cents: reads.price, met: theirs.length }),
    ),
    sign: command((count) => emit.written({ number: count + 1, cents: 0, met: 0 })),
  }),
})

export const bar = defineModel('bar', { logs: { bar: [Price, Tab, Wall] } })

/** The same of a program that somebody has changed: it charges one cent. */
export const cheapBar = defineModel('bar', { logs: { bar: [Price, tabAt(() => 1), Wall] } })

function tabAt(charged: (cents: number) => number) {
  return defineStream('tab', {
    verified: true,
    initial: 0,
    events: { ordered: event(Ordered) },
    evolve: { ordered: (total, { cents }) => total + cents },
    commands: ({ command, emit, reject }) => ({
      order: command(
        Item,
        { reads: ({ item }) => ({ price: Price.at(item) }) },
        (total, { item }, { reads, theirs }) =>
          total + reads.price > 20
            ? reject('too_dear', { left: 20 - total })
            : emit.ordered({ item, cents: charged(reads.price), met: theirs.length }),
      ),
    }),
  })
}
