import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { firstValueFrom } from 'rxjs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CommandCall } from '../core/command.ts'
import { createLedger } from '../core/ledger.ts'
import { defineModel } from '../core/model.ts'
import type { AnyStream } from '../core/stream.ts'
import type { Accepted, Store } from '../store/store.ts'
import { startSync } from '../sync/sync.ts'
import { memoryNetwork, memoryPorts } from './memory-ports.ts'
import { openLocalStore } from './open-test-store.ts'
import { referenceServer } from './reference-server.ts'

/**
 * The recipes as they stand in packages/varve/RECIPES.md, written to files and run on two real stores, each with a network of its
 * own to one server. That they compile is checked with the READMEs.
 */
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = `${root}packages/varve/.cache/recipes`
const text = readFileSync(`${root}packages/varve/RECIPES.md`, 'utf8')
const blocks = [...text.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)]
const closing: (() => Promise<void>)[] = []

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  for (const [, name = '', code = ''] of blocks) writeFileSync(`${folder}/${name}`, code)
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a recipe exports; its types are checked where it is compiled. */
// biome-ignore lint/suspicious/noExplicitAny: the file is written by this test.
const recipe = (name: string): Promise<any> => import(/* @vite-ignore */ `${folder}/${name}.ts`)

async function twoDevices(stream: AnyStream) {
  const server = referenceServer('shared', createLedger('e'), () => Date.now())
  const model = defineModel('recipes', { logs: { shared: [stream] } })
  const device = () => {
    const network = memoryNetwork(server)
    const ports = memoryPorts(network, (error) => console.error(error))
    const store = openLocalStore(model, { sync: (context) => startSync(context, ports), auth: () => 'token' })
    closing.push(() => store.close())
    return { store, network }
  }
  const [ann, ben] = [device(), device()]
  const synced = (store: Store, position: number) =>
    new Promise<void>((resolve) => {
      store.status$.subscribe(({ phase, pending, logs }) => {
        if (phase === 'synced' && pending === 0 && logs[0]?.position === position) resolve()
      })
    })
  const decide = async (store: Store, call: CommandCall): Promise<Accepted> => {
    const decided = await store.dispatch(call)
    if (!decided.ok) throw new Error(`refused: ${decided.reason}`)
    return decided
  }
  return {
    ann: ann.store,
    ben: ben.store,
    decide,
    synced,
    /** Each wishes while offline; Ann's is placed first. Gives Ben's fate. */
    async meanwhile(anns: CommandCall, bens: CommandCall) {
      await Promise.all([synced(ann.store, 0), synced(ben.store, 0)])
      for (const { network } of [ann, ben]) network.down()
      const first = await decide(ann.store, anns)
      const second = await decide(ben.store, bens)
      ann.network.up()
      expect(await first.fate).toMatchObject({ status: 'confirmed' })
      ben.network.up()
      const fate = await second.fate
      await Promise.all([synced(ann.store, 2), synced(ben.store, 2)])
      return fate
    },
    /** What both show, which is the same. */
    async shown(id = '1') {
      const [here, there] = await Promise.all(
        [ann, ben].map(({ store }) => firstValueFrom(store.watch(stream, id))),
      )
      expect(here).toEqual(there)
      return here
    },
  }
}

describe('recipes', () => {
  it('are short', () => {
    expect(blocks.map(([, name]) => name)).toEqual([
      'first-writer.ts',
      'last-writer.ts',
      'field-wise.ts',
      'ask.ts',
      'ask-inbox.ts',
    ])
    for (const [, name, code = ''] of blocks)
      expect(
        code.split('\n').filter((line) => line !== '' && !line.startsWith('import')).length,
        name,
      ).toBeLessThan(15)
  })

  it('E9 the first writer wins', async () => {
    const { Booking } = await recipe('first-writer')
    const { meanwhile, shown, ben } = await twoDevices(Booking)
    const { book } = Booking.commands
    const theirs = [{ type: 'booking.booked', data: { by: 'Ann' } }]
    expect(await meanwhile(book('1', { by: 'Ann' }), book('1', { by: 'Ben' }))).toMatchObject({
      ...{ status: 'withdrawn', reason: 'somebody_was_first', theirs },
    })
    expect(await shown()).toEqual({ by: 'Ann' })
    expect(await ben.inbox()).toMatchObject([{ mine: [{ data: { by: 'Ben' } }], theirs }])
  })

  it('E9 the last writer wins', async () => {
    const { Note } = await recipe('last-writer')
    const { meanwhile, shown } = await twoDevices(Note)
    const { write } = Note.commands
    const fate = await meanwhile(write('1', { text: 'Ann' }), write('1', { text: 'Ben' }))
    expect(fate).toMatchObject({ status: 'confirmed' })
    expect(await shown()).toEqual({ text: 'Ben' })
  })

  it('E9 field by field, what differs is kept on both sides', async () => {
    const { Contact } = await recipe('field-wise')
    const { meanwhile, shown } = await twoDevices(Contact)
    const { edit } = Contact.commands
    const fate = await meanwhile(
      edit('1', { name: 'Ann', city: 'Aarhus' }),
      edit('1', { name: 'Ben', phone: '112' }),
    )
    expect(fate).toMatchObject({ status: 'confirmed' })
    expect(await shown()).toEqual({ name: 'Ann', city: 'Aarhus', phone: '112' })
  })

  it('E9 field by field, an edit of which nothing is left is told', async () => {
    const { Contact } = await recipe('field-wise')
    const { meanwhile, shown } = await twoDevices(Contact)
    const { edit } = Contact.commands
    const fate = await meanwhile(edit('1', { name: 'Ann' }), edit('1', { name: 'Ben' }))
    expect(fate).toMatchObject({ status: 'withdrawn', reason: 'nothing_left' })
    expect(await shown()).toEqual({ name: 'Ann' })
  })

  it('E9 S17 C11 the user is asked, and keeps theirs or, once, mine, or a third', async () => {
    const { Price } = await recipe('ask')
    const { keepMine, keepTheirs, keepThird } = await recipe('ask-inbox')
    const { change } = Price.commands
    for (const [choice, cents] of [
      ['mine', 20],
      ['theirs', 10],
      ['a third', 15],
    ] as const) {
      const { meanwhile, shown, synced, ann, ben } = await twoDevices(Price)
      const fate = await meanwhile(change('1', { cents: 10 }), change('1', { cents: 20 }))
      expect(fate).toMatchObject({ status: 'withdrawn', reason: 'changed_meanwhile' })
      const [item] = await ben.inbox()
      expect(item).toMatchObject({ mine: [{ data: { cents: 20 } }], theirs: [{ data: { cents: 10 } }] })
      if (choice === 'theirs') await keepTheirs(ben, item)
      else {
        const keep = () => (choice === 'mine' ? keepMine(ben, item) : keepThird(ben, item, '1', 15))
        expect(await keep()).toMatchObject({ ok: true })
        await Promise.all([synced(ann, 3), synced(ben, 3)])
        expect(await keep()).toMatchObject({ ok: false, reason: 'already_applied' })
      }
      expect(await ben.inbox()).toEqual([])
      expect(await shown()).toEqual({ cents })
    }
  })

  it('E9 nobody is asked when both wish the same', async () => {
    const { Price } = await recipe('ask')
    const { change } = Price.commands
    const { meanwhile, shown } = await twoDevices(Price)
    const fate = await meanwhile(change('1', { cents: 10 }), change('1', { cents: 10 }))
    expect(fate).toMatchObject({ status: 'confirmed' })
    expect(await shown()).toEqual({ cents: 10 })
  })
})
