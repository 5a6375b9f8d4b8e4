import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

function admissionOf(admissionsPerSecond: number) {
  let nowMs = 0
  const admission = createAdmission({ admissionsPerSecond }, () => nowMs)
  return {
    ...admission,
    wait(ms: number) {
      nowMs += ms
    },
  }
}

describe('admission', () => {
  it('V35 lets as many in at once as in a second, and gives the others turns one after the other', () => {
    const { admit, wait } = admissionOf(10)
    expect(Array.from({ length: 13 }, admit)).toEqual([...Array(10).fill(0), 125, 250, 375])
    wait(100)
    expect([admit(), admit()]).toEqual([0, 400])
  })

  it('V35 strangers that are not let in take nobody their place', () => {
    const { admit, giveBack, wait } = admissionOf(10)
    for (let n = 0; n < 100_000; n++) {
      expect(admit()).toBe(0)
      giveBack()
      wait(0.1)
    }
    expect(admit()).toBe(0)
  })

  it('V35 however many come, nobody is told to wait for long, and nobody after they have gone', () => {
    const { admit, wait, spreadMs } = admissionOf(10)
    const turns = Array.from({ length: 100_000 }, admit)
    expect(turns.reduce((most, turn) => Math.max(most, turn))).toBe(180_000)
    wait(1_000)
    expect(Array.from({ length: 11 }, admit)).toEqual([...Array(10).fill(0), 125])
    expect(spreadMs(100)).toBe(12_500)
    expect(spreadMs(1_000_000)).toBe(180_000)
  })
})
