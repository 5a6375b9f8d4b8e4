import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { CommandCall } from '../core/command.ts'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import { reservedReasons } from '../core/reason.ts'
import { defineStream } from '../core/stream.ts'
import { memoryDisk } from '../log/index.ts'
import { openTab, type Tab, theatreServer } from './theatre.fixture.ts'

/** A box that says, about whatever is put into it, what it is told to say. */
const Box = defineStream('box', {
  initial: '',
  events: { filled: event(v.object({ by: v.string() })) },
  evolve: {
    filled: (_by, { by }) => by,
  },
  commands: ({ command, emit, reject }) => ({
    fill: command(v.object({ by: v.string() }), (_state, { by }) => emit.filled({ by })),
    refuse: command(v.object({ reason: v.string() }), (_state, { reason }) => reject(reason)),
    /** Says a lot if somebody else was here. */
    complain: command(v.object({ chars: v.number() }), (by, { chars }) =>
      by === '' ? [] : reject('not_empty', { by: 'x'.repeat(chars) }),
    ),
    /** Swells if somebody else was here. */
    swell: command(v.object({ chars: v.number() }), (by, { chars }) =>
      emit.filled({ by: by === '' ? 'me' : 'x'.repeat(chars) }),
    ),
    /** Fails unspeakably if somebody else was here. */
    fail: command((by) => {
      if (by !== '') throw new Error(`\ud800\0${'x'.repeat(2_000)}`)
    }),
  }),
})
const boxes = defineModel('boxes', { logs: { hall: [Box], desk: [] } })
const { fill, refuse, complain, swell, fail } = Box.commands

const openBoxes = (name: string, ports = {}): Promise<Tab> =>
  openTab(memoryDisk(), name, { model: boxes, ...ports })

/** What becomes of a pending commit when somebody else has filled the box first. */
async function overtaken(call: CommandCall) {
  const [a, b] = [await openBoxes('a'), await openBoxes('b')]
  await a.lead('a9')
  await b.lead('b9')
  const server = theatreServer()
  await b.wish(fill('1', { by: 'somebody' }))
  expect(await a.wish(call)).toMatchObject({ ok: true })
  await server.sync(b)
  await server.pull(a)
  const [hall] = a.logs()
  return hall?.outbox[0]?.withdrawn
}

describe('what a store takes', () => {
  it.each(reservedReasons)('E32 the domain cannot reject as %s', async (reason) => {
    const tab = await openBoxes('a')
    expect(await tab.wish(refuse('1', { reason }))).toMatchObject({
      ok: false,
      reason: 'undecidable',
      details: { message: expect.stringContaining(reason) },
    })
  })

  it.each(['', 'x'.repeat(257)])('E32 nor for a reason that is no name (%j)', async (reason) => {
    const tab = await openBoxes('a')
    expect(await tab.wish(refuse('1', { reason }))).toMatchObject({ ok: false, reason: 'undecidable' })
  })

  it('E31 details that a withdrawal has no room for are refused at once, and cut when they come later', async () => {
    const tab = await openBoxes('a')
    await tab.wish(fill('1', { by: 'me' }))
    expect(await tab.wish(complain('1', { chars: 40_000 }))).toMatchObject({
      ok: false,
      reason: 'undecidable',
      details: { message: expect.stringContaining('not_empty: Its details take 40009 of') },
    })
    const small = await overtaken(complain('1', { chars: 30_000 }))
    expect(small).toMatchObject({ reason: 'not_empty', details: { by: expect.stringMatching(/^x{30000}$/) } })
    expect(await overtaken(complain('1', { chars: 2_000_000 }))).toMatchObject({
      reason: 'not_empty',
      details: { message: expect.stringContaining('of at most 32768 characters') },
    })
  })

  it('E31 a commit that would fill a frame is refused at once, and withdrawn when it comes later', async () => {
    const tab = await openBoxes('a')
    await tab.wish(fill('1', { by: 'me' }))
    const message = expect.stringContaining('of at most 1048576 characters')
    const refused = { reason: 'undecidable', details: { message } }
    expect(await tab.wish(swell('1', { chars: 1_100_000 }))).toMatchObject({ ok: false, ...refused })
    expect(await overtaken(swell('1', { chars: 1_100_000 }))).toMatchObject(refused)
  })

  it('E31 whatever a handler throws can be stored', async () => {
    const withdrawn = await overtaken(fail('1'))
    expect(withdrawn).toMatchObject({
      reason: 'undecidable',
      details: { message: `\ufffd${'x'.repeat(998)}` },
    })
  })

  it.each(['x'.repeat(257), 'a\0', '\ud800'])(
    'E31 a log or an id that is no name is refused when it opens',
    async (name) => {
      const bad = { code: 'bad_name' }
      await expect(openBoxes('a', { logs: { hall: name, desk: 'desk' } })).rejects.toMatchObject(bad)
      const ports = { now: () => 1, newId: () => name }
      await expect(openBoxes('a', { ports })).rejects.toMatchObject(bad)
    },
  )
})
