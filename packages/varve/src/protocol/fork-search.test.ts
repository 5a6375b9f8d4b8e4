import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFound, narrowed, pointsToAsk, startForkSearch } from './fork-search.ts'

/** Finds the fork of a copy up to `position`, of which the first `common` entries are the server's too. */
function find(position: number, common: number): { readonly fork: number; readonly rounds: number } {
  let search = startForkSearch(position)
  for (let rounds = 0; ; rounds += 1) {
    if (isFound(search)) return { fork: search.common, rounds }
    const points = pointsToAsk(search)
    search = narrowed(search, points.findLast((point) => point <= common) ?? 0)
  }
}

describe('the search for a fork', () => {
  it('T15 finds it wherever it is, in few rounds', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (position, common) => {
        const found = find(position, Math.min(position, common))
        expect(found.fork).toBe(Math.min(position, common))
        expect(found.rounds).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('T15 a copy of which nothing is lost is found so in one round', () => {
    expect(find(1_000_000, 1_000_000)).toEqual({ fork: 1_000_000, rounds: 1 })
    expect(find(0, 0)).toEqual({ fork: 0, rounds: 0 })
  })

  it('T15 asks about at most 32 positions, ascending, none twice, the last one among them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (position) => {
        const points = pointsToAsk(startForkSearch(position))
        expect(points.length).toBeLessThanOrEqual(32)
        expect(points.at(-1)).toBe(position)
        expect(points.toSorted((a, b) => a - b)).toEqual([...new Set(points)])
      }),
    )
  })

  it('T15 an answer to another question changes nothing', () => {
    const search = startForkSearch(1_000)
    expect(narrowed(search, 17)).toBe(search)
  })
})
