import { describe, expect, it } from 'vitest'
import { VarveError } from '../core/errors.ts'
import type { CommitRef, Fate, Query, Update } from '../core/query.ts'
import { createFates } from './fates.ts'

const ref = (counter: number): CommitRef => ({ log: 'shop', dot: { replica: 'a', counter } })
const confirmed = (position: number): Fate => ({ status: 'confirmed', position })

function listened() {
  const open = new Map<Query, (update: Update) => void>()
  const fates = createFates((query, listener) => {
    open.set(query, listener)
    return () => open.delete(query)
  })
  const tell = (counter: number, fate: Fate, listeners = [...open.values()]) => {
    for (const listener of listeners) listener({ kind: 'fates', fates: [{ ...ref(counter), fate }] })
  }
  return { open, fates, tell }
}

describe('fates', () => {
  it('S5 a fate that came before the answer of its dispatch is not lost', async () => {
    const { fates, tell } = listened()
    tell(1, confirmed(7))
    expect(await fates.of(ref(1), false)).toEqual(confirmed(7))
  })

  it('S26 a new worker is asked about what is awaited when it is asked', async () => {
    const { fates, open } = listened()
    const [query] = open.keys()
    fates.of(ref(1), false)
    fates.of(ref(2), false)
    expect(structuredClone(query)).toEqual({ kind: 'fates', awaiting: [ref(1), ref(2)] })
  })

  it('S26 a fate that may have been told to a dead worker is asked for by name, and only until it is known', async () => {
    const { fates, tell, open } = listened()
    const fate = fates.of(ref(3), true)
    expect([...open.keys()].map((query) => structuredClone(query))).toContainEqual({
      kind: 'fates',
      awaiting: [ref(3)],
    })
    tell(3, confirmed(9))
    expect(await fate).toEqual(confirmed(9))
    expect(open.size).toBe(1)
  })

  it('S6 stopping rejects what is open and what comes later', async () => {
    const { fates, open } = listened()
    const error = new VarveError('closed', 'closed')
    const before = fates.of(ref(1), true)
    fates.stop(error)
    await expect(before).rejects.toBe(error)
    await expect(fates.of(ref(2), true)).rejects.toBe(error)
    expect(open.size).toBe(0)
  })
})
