import { describe, expect, it } from 'vitest'
import { allRules, type Switch, switchNames, withoutRule } from './switches.ts'
import { type TraceName, traceNames, traces } from './traces.ts'

/** With all rules on the trace ends well; without its own rule, or a half of it, it does not. */
function isNeeded(name: TraceName, ...switched: readonly Switch[]): void {
  expect(traces[name](allRules)).toBeNull()
  for (const off of switched) expect(traces[name](withoutRule(off)), off).toEqual(expect.any(String))
}

describe('traces', () => {
  it('C1 a crash between a page and what it does to the outbox leaves neither or both', () => {
    isNeeded('C1', 'C1')
  })

  it('C2 a tab that is behind folds what is new before it decides', () => {
    isNeeded('C2', 'C2')
  })

  it('C3 two clones decide a1 again at different positions: the log wins', () => {
    isNeeded('C3', 'C3')
  })

  it('C4 what leaned on a withdrawn commit is decided again', () => {
    isNeeded('C4', 'C4', 'C4 cascade')
    isNeeded('C4 commute', 'C4 commute')
  })

  it('C5 a receipt before the page takes nothing away', () => {
    isNeeded('C5', 'C5')
  })

  it('C6 what is refused stays as withdrawn and is pushed, so that what comes after it is placed', () => {
    isNeeded('C6', 'C6')
  })

  it('C7 what leaned on an entry that the server lost is decided again', () => {
    isNeeded('C7', 'C7')
  })

  it('C8 a copied profile and a copied machine write under other names', () => {
    isNeeded('C8', 'C8')
    isNeeded('C8 collision', 'C8', 'C8 collision')
  })

  it('C9 what is cancelled and placed all the same was never told as withdrawn', () => {
    isNeeded('C9', 'C9')
  })

  it('C10 a cancelled commit stays, and what leaned on it is decided again', () => {
    isNeeded('C10', 'C10', 'C10 cascade')
  })

  it('C11 withdrawn here, accepted from a clone, retried here: applied once', () => {
    isNeeded('C11', 'C11')
  })

  it('C12 a commit that cannot be decided any more blocks nothing', () => {
    isNeeded('C12', 'C12')
  })

  it('C13 what is pushed after a withdrawal continues the history as it is then', () => {
    isNeeded('C13', 'C13')
  })

  it('A1 a frame from before a restore places nothing', () => {
    isNeeded('A1', 'A1')
  })

  it('A2 another intent under a known dot is a collision, the same one is known', () => {
    isNeeded('A2', 'A2', 'A2 known')
  })

  it('A3 a2 before a1 is told what is missing', () => {
    isNeeded('A3', 'A3')
  })

  it('A4 the first commit of a new leader before its parent is told what is missing', () => {
    isNeeded('A4', 'A4')
  })

  it('A5 write skew is a conflict, and a base beyond the head a fork', () => {
    isNeeded('A5', 'A5')
    isNeeded('A5 ahead', 'A5 ahead')
  })

  it('A5 a wish with two names, on a stream that commutes, is applied once', () => {
    isNeeded('A5 root', 'A5 root')
  })

  it('A6 an old copy whose predecessors turned out otherwise is stale', () => {
    isNeeded('A6', 'A6')
  })

  it('A7 a forged price is refused, and nothing that an honest author decided', () => {
    isNeeded('A7', 'A7', 'A7 base', 'A7 born')
  })

  it('A8 a slow writer among twenty fast ones is placed when each of them had one turn', () => {
    isNeeded('A8', 'A8')
  })

  it('A9 a server that ends between the receipt and the disk has told nobody', () => {
    isNeeded('A9', 'A9')
  })

  it('Z6 every rule that is built has a trace and a switch', () => {
    const built = [...countTo(13).map((n) => `C${n}`), ...countTo(9).map((n) => `A${n}`)]
    expect(built.filter((rule) => !traceNames.some((name) => name === rule))).toEqual([])
    expect(built.filter((rule) => !switchNames.some((name) => name === rule))).toEqual([])
  })
})

function countTo(n: number): readonly number[] {
  return Array.from({ length: n }, (_, index) => index + 1)
}
