import { describe, expect, it } from 'vitest'
import { collectCases, runCase, Skipped } from './runner.ts'

describe('the runner of the page', () => {
  it('collects cases with their groups, and says of each how it ended', async () => {
    const cases = collectCases((api) => {
      api.describe('outer', () => {
        api.it('L1 L2 passes', async () => void api.expect([1]).toEqual([1]))
        api.describe('inner', () => api.it('L3 fails', async () => void api.expect(1).toEqual(2)))
        api.it('is skipped', () => Promise.reject(new Skipped('no server')))
      })
      api.it('Y1 never ends', () => new Promise(() => undefined))
      api.it('Y2 throws', () => Promise.reject(Object.assign(new Error('full'), { code: 'storage_full' })))
      api.it('Y3 throws at once', () => {
        throw new Error('at once')
      })
    })
    const results = await Promise.all(cases.map((one) => runCase(one, 20)))
    expect(results.map(({ ms: _ms, ...result }) => Object.values(result).join(' | '))).toEqual([
      'outer | L1 L2 | passes | passed | ',
      'outer › inner | L3 | fails | failed | It is 1, not 2.',
      'outer |  | is skipped | skipped | no server',
      ' | Y1 | never ends | failed | It has not ended after 0.02 s.',
      ' | Y2 | throws | failed | storage_full: full',
      ' | Y3 | throws at once | failed | at once',
    ])
  })
})
