/** Real stores and a real server over a bad network; many more seeds: `npm run faults`. */
import type { StoreStatus } from 'varve'
import { describe, expect, it } from 'vitest'
import { judgeRun, type Observed, type ObservedWish } from './testing/fault-judge.fixture.ts'
import { runWithFaults } from './testing/fault-run.fixture.ts'
import { watchClaims } from './testing/watch-claims.fixture.ts'

describe('stores and a server over a bad network', () => {
  const seeds = [1, 2, 3, 4, 5, 6]

  it('Z8 all agree in the end, nothing is lost or doubled, and nobody is told otherwise; it was bad indeed', async () => {
    let done = 0
    for (const seed of seeds) {
      const { faults, counts } = await runWithFaults(seed)
      expect(faults, `seed ${seed}`).toEqual([])
      done +=
        counts.drop + counts.duplicate + counts.reorder + counts.truncate + counts.reset + counts.answered
    }
    // How much befalls a frame is the machine's timing; that each fault is one is Z9's to show.
    expect(done).toBeGreaterThan(seeds.length)
  })

  it('Z8 the judge finds what is lost, doubled, unanswered, told or shown otherwise', async () => {
    const { faults, observed } = await runWithFaults(7)
    expect(faults).toEqual([])
    const { logs, wishes, screens, pieces } = observed
    const [log, entries = []] = [...logs].find(([name]) => name !== 'shop') ?? ['']
    const withEntries = (changed: typeof entries) => ({ logs: new Map([...logs, [log, changed]]) })
    const stored = wishes.filter(({ dot }) => dot !== null)
    const cases: readonly (readonly [string, Partial<Observed>])[] = [
      ['is lost', { logs: new Map([...logs, [log, []]]) }],
      ['stands twice', withEntries([...entries, ...entries.slice(-1)])],
      ['does not continue', withEntries(entries.slice(1))],
      [
        'and the log says otherwise',
        { wishes: stored.map((wish) => ({ ...wish, fate: { status: 'lost' } })) },
      ],
      [
        'neither stored nor refused',
        { wishes: [...wishes, { ...(wishes[0] as ObservedWish), dot: null, fate: null }] },
      ],
      ['pieces', { pieces: pieces === 1 ? 2 : 1 }],
      ['shows stock', { screens: [[{ what: 'stock', shown: 1, held: 2 }], ...screens.slice(1)] }],
      ['a lie', { lies: ['a lie'] }],
    ]
    for (const [found, changed] of cases) {
      expect(judgeRun({ ...observed, ...changed })).toContainEqual(expect.stringContaining(found))
    }
  })

  it('Z8 a store that says synced over what waits is found, and one that does not is not', async () => {
    const wish: ObservedWish = {
      ...{ device: 0, log: 'customer/ann', id: 'one' },
      ...{ dot: { replica: 'a', counter: 1 }, fate: null },
    }
    const status = { phase: 'synced', pending: 0 } as StoreStatus
    const liar = watchClaims([{ status }], [wish])
    const honest = watchClaims([{ status: { ...status, phase: 'syncing', pending: 1 } }], [wish])
    while (liar.lies.length === 0) await new Promise((resolve) => setTimeout(resolve))
    expect(liar.lies).toEqual(['device 0 said synced over one'])
    expect(honest.lies).toEqual([])
    for (const each of [liar, honest]) each.stop()
  })
})
