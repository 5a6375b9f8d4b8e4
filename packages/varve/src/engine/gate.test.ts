import { describe, expect, it } from 'vitest'
import { VarveError } from '../core/errors.ts'
import { createGate } from './gate.ts'

describe('the gate', () => {
  it('E28 E29 the first failure that halts stays the reason, and is told once', async () => {
    let told = 0
    const gate = createGate(() => {
      told += 1
    })
    const failing = (error: Error) => gate.read(() => Promise.reject(error)).catch(() => undefined)
    await failing(new VarveError('store_rolled_back', 'set back'))
    await failing(new Error('and then all else went wrong'))
    expect(gate.halted()).toMatchObject({ code: 'store_rolled_back', message: 'set back' })
    expect(told).toBe(1)
  })
})
