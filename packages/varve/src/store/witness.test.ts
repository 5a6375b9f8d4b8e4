import { describe, expect, it } from 'vitest'
import { memoryStorage } from './store-tests.fixture.ts'
import { localWitness, noWitness } from './witness.ts'

describe('the witness of a store', () => {
  it('B14 tells a loss at each opening until it is acknowledged, though the store that was opened is a new one', () => {
    const storage = memoryStorage()
    const witness = () => localWitness('shop', storage)
    expect(witness().write({ store: 'first', lost: null })).toBeNull()
    expect(witness().read()).toBe('first')
    expect(witness().write({ store: 'second', lost: 'store_lost' })).toBe('store_lost')
    expect(witness().read()).toBe('second')
    expect(witness().write({ store: 'second', lost: null })).toBe('store_lost')
    witness().acknowledge()
    expect(witness().write({ store: 'second', lost: null })).toBeNull()
  })

  it('B14 knows how often a store was written to, until it was set back: then only the store knows', () => {
    const witness = localWitness('shop', memoryStorage())
    witness.write({ store: 'first', lost: null })
    witness.note('first', 5)
    witness.write({ store: 'first', lost: null })
    expect(witness.read()).toBe('first 5')
    witness.write({ store: 'first', lost: 'store_rolled_back' })
    expect(witness.read()).toBe('first')
  })

  it('B14 keeps one store apart from another, and disturbs nobody where storage is full or forbidden', () => {
    const storage = memoryStorage()
    localWitness('shop', storage).write({ store: 'first', lost: 'store_lost' })
    expect(localWitness('bank', storage).read()).toBeNull()
    expect(localWitness('bank', storage).write({ store: 'other', lost: null })).toBeNull()
    const full = {
      ...storage,
      setItem() {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    expect(localWitness('new', full).write({ store: 'first', lost: 'store_lost' })).toBe('store_lost')
    expect(localWitness('new', undefined)).toBe(noWitness)
    expect(noWitness.write({ store: 'first', lost: 'store_lost' })).toBe('store_lost')
  })
})
