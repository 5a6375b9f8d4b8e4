import { describe, expect, it } from 'vitest'
import type { Client } from './client-state.ts'
import { explore } from './explore.ts'
import { walkLogs } from './log-tree.ts'
import { controls } from './scopes.ts'
import type { Log } from './server.ts'
import type { Scope } from './steps.ts'
import { allRules, switchNames, withoutRule } from './switches.ts'

/** One run of each of these is compared state by state. */
const compared: readonly Scope[] = [
  ...Object.values(controls),
  {
    programs: [
      ['EAB', 'NB'],
      ['TA', 'FA'],
    ],
  },
  { programs: [['TAB', 'NB'], ['TA']], faults: { cancel: 1, lead: 1 } },
  { programs: [['TAB'], ['TA'], ['FA']], faults: { lead: 1, clone: 1 } },
  { programs: [['TA'], ['TA']], faults: { clone: 1, twin: 1 } },
]

/** Everything that can be seen of a world, but not how much of the log a commit says to know. */
function seen(log: Log, clients: readonly Client[]): string {
  const commits = (all: Client['outbox']) =>
    all.map(({ dot, parent, seed, root, guards, events, withdrawn }) => [
      ...[dot, parent, seed, root, guards, events, withdrawn],
    ])
  const ofClient = (client: Client) => [
    ...[client.name, client.epoch, client.entries.length, client.lineage, client.issued, client.minted],
    ...[commits(client.outbox), client.wishes, client.tried, client.retried, [...client.toldBefore]],
  ]
  const sorted = clients.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return JSON.stringify([log.epoch, commits(log.entries.map(({ commit }) => commit)), sorted.map(ofClient)])
}

function worldsByState(scope: Scope): ReadonlySet<string> {
  const worlds = new Set<string>()
  const { violation } = explore(allRules, scope, {
    onWorld: (log, clients) => worlds.add(seen(log, clients)),
  })
  expect(violation).toBeNull()
  return worlds
}

function worldsByLog(scope: Scope): ReadonlySet<string> {
  const worlds = new Set<string>()
  const { violation } = walkLogs(allRules, scope, {
    onWorld: (log, clients) => worlds.add(seen(log, clients)),
  })
  expect(violation).toBeNull()
  return worlds
}

/** A few of what only one of them holds. */
function difference(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some.symmetricDifference(others)].slice(0, 2)
}

describe('exploration log by log', () => {
  it('Z5 finds the same worlds as the exploration state by state, with and without lowered bases', () => {
    for (const scope of compared.filter(({ faults }) => faults?.restore === undefined)) {
      const expected = worldsByState(scope)
      expect(
        difference(worldsByLog({ ...scope, keepsBases: true }), expected),
        JSON.stringify(scope),
      ).toEqual([])
      expect(difference(worldsByLog(scope), expected), JSON.stringify(scope)).toEqual([])
    }
  })

  it('Z5 hides no world of a restored server in which everybody has learned of it', () => {
    for (const scope of compared.filter(({ faults }) => faults?.restore !== undefined)) {
      const found = worldsByLog(scope)
      const worlds: string[] = []
      explore(allRules, scope, {
        onWorld(log, clients) {
          if (clients.every(({ epoch }) => epoch === log.epoch)) worlds.push(seen(log, clients))
        },
      })
      expect(worlds.length).toBeGreaterThan(0)
      expect(
        worlds.filter((world) => !found.has(world)),
        JSON.stringify(scope),
      ).toEqual([])
    }
  })

  it('Z6 notices the same rules in the same worlds', () => {
    const grows = switchNames.filter((off) => off !== 'A1' && off !== 'A9')
    for (const name of ['cascade', 'cancel', 'twin', 'restore'] as const) {
      const notices = (off: (typeof grows)[number]) =>
        explore(withoutRule(off), controls[name]).violation !== null
      const found = grows.filter((off) => walkLogs(withoutRule(off), controls[name]).violation !== null)
      expect(found, name).toEqual(grows.filter(notices))
    }
  })

  it('Z5 a fault comes with the log and the runs that led to it', () => {
    expect(walkLogs(withoutRule('A6'), controls.cascade).violation).toEqual({
      fault: '@3 (a:2) would be refused there: empty',
      log: 'e 1:b 1:a° 2:a',
      runs: ['a creates TAB @0, a creates NB @0, a pulls 1 @1', 'b creates TA @0'],
    })
  })

  it('Z5 the parts of a walk are the whole of it, and each other one', () => {
    const scope: Scope = { programs: [['TAB', 'NB'], ['TA']], faults: { lead: 1, restore: 1 } }
    const whole = walkLogs(allRules, scope)
    const parts = [1, 2, 3].map((at) => walkLogs(allRules, scope, { part: [at, 3] }))
    for (const what of ['logs', 'places', 'worlds'] as const) {
      const numbers = parts.map((part) => part[what])
      expect(numbers.reduce((sum, n) => sum + n)).toBe(whole[what])
      expect(Math.min(...numbers)).toBeGreaterThan(0)
    }
  })

  it('Z5 what it cannot explore is an error, not half an answer', () => {
    expect(() => walkLogs(allRules, controls.twin, { placesMax: 100 })).toThrow(
      /^more than 100 places: .*"twin":1/,
    )
    expect(() => walkLogs(withoutRule('A9'), controls.skew)).toThrow('does not only grow')
    expect(() => walkLogs(allRules, { ...controls.skew, faults: { restore: 2 } })).toThrow('once at most')
  })
})
