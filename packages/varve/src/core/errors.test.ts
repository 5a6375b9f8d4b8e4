import { describe, expect, it } from 'vitest'
import { assert, isOver, VarveError } from './errors.ts'

describe('a failure', () => {
  it('B22 is told by its name, also when another copy of varve made it', async () => {
    const copy = (await import(/* @vite-ignore */ `${'./errors.ts'}?again`)) as typeof import('./errors.ts')
    expect(copy.VarveError).not.toBe(VarveError)
    expect(new copy.VarveError('fork', 'said') instanceof VarveError).toBe(true)
    expect(() => copy.assert(false, 'so')).toThrow(VarveError)
    expect(() => assert(false, 'so')).toThrow(copy.VarveError)
  })

  it.each([null, undefined, 'VarveError', new Error('VarveError'), { code: 'fork' }])(
    'B22 is not %j',
    (value) => expect(value instanceof VarveError).toBe(false),
  )

  it.each(['store_gone', 'store_newer', 'store_rolled_back'])(
    'Y24 %s says that the store is over',
    (code) => {
      expect(isOver({ code })).toBe(true)
    },
  )

  it.each([null, undefined, {}, { code: 'store_held' }, { code: 'storage_failed' }, { code: 'defect' }])(
    'Y24 %j does not',
    (value) => expect(isOver(value)).toBe(false),
  )
})
