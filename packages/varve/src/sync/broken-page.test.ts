import { describe, expect, it } from 'vitest'
import type { Entry } from '../core/commit.ts'
import type { ServerMessage } from '../protocol/messages.ts'
import { device } from './moody-server.fixture.ts'

/** Entries as the server would never say them. */
const altering =
  (alter: (entry: Entry) => Entry) =>
  (message: ServerMessage): ServerMessage =>
    message.type === 'entries' ? { ...message, entries: message.entries.map(alter) } : message

const asItIs = (message: ServerMessage): ServerMessage => message
const later = altering((entry) => ({ ...entry, time: entry.time + 1 }))
const richer = altering((entry) => ({
  ...entry,
  commit: {
    ...entry.commit,
    events: entry.commit.events.map((event) => ({ ...event, data: { amount: 1_000_000 } })),
  },
}))

describe('a page that breaks the chain', () => {
  for (const [what, alters] of [
    ['whose entry has another time', later],
    ['whose event has other data', richer],
  ] as const) {
    it(`Y22 E12 one ${what} is not stored, and is asked for again on the same connection`, async () => {
      const { open, mood, pass } = device()
      const tab = await open()
      mood.alters = alters
      await tab.deposit(3, 'first')
      await pass(2_000)
      const broken = tab.engine.status()
      expect(broken).toMatchObject({ phase: 'syncing', pending: 1, problem: { code: 'chain_broken' } })
      mood.alters = asItIs
      await pass(3_000)
      expect(tab.engine.status()).toMatchObject({ phase: 'synced', pending: 0, problem: null })
    })
  }

  it('Y22 a server that stays broken is asked ever more rarely, and not forgotten', async () => {
    const { open, mood, pass } = device()
    const tab = await open()
    let asked = 0
    mood.hears = ({ type }) => {
      if (type === 'pull') asked += 1
      return true
    }
    mood.alters = later
    await tab.deposit(3, 'first')
    await pass(60_000)
    expect(asked).toBeGreaterThan(3)
    asked = 0
    await pass(600_000)
    expect(asked).toBeGreaterThan(2)
    expect(asked).toBeLessThan(8)
    mood.alters = asItIs
    await pass(300_000)
    expect(tab.engine.status()).toMatchObject({ phase: 'synced', pending: 0, problem: null })
  })
})
