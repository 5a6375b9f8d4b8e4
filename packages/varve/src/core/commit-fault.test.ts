import { describe, expect, it } from 'vitest'
import { type Commit, type Draft, intentOf, isSealed, isWhole, sealCommit, withdraw } from './commit.ts'
import { commitFault } from './commit-fault.ts'
import { hashOf } from './hash.ts'

const draft: Draft = {
  log: 'log',
  dot: { replica: 'a', counter: 1 },
  base: 2,
  born: 1,
  parent: null,
  guards: [{ stream: 'seat/A', revision: 0, kind: 'serial' }],
  events: [{ stream: 'seat/A', type: 'seat.set', version: 1, data: 'me' }],
  withdrawn: null,
  commands: [{ stream: 'seat/A', name: 'take', input: { who: 'me' } }],
  now: 0,
  seed: 's',
  actor: null,
  correlation: null,
  causation: null,
}
const faultOf = (change: Partial<Draft>) => commitFault(sealCommit({ ...draft, ...change }))

describe('a commit as such', () => {
  it('V12 is sound if it agrees with itself and with its hashes, withdrawn or not', () => {
    expect(commitFault(sealCommit(draft))).toBeNull()
    expect(commitFault(withdraw(sealCommit(draft), { reason: 'taken', because: [] }))).toBeNull()
    expect(faultOf({ commands: [{ stream: 'seat/A', name: 'free' }] })).toBeNull()
  })

  it('V12 says what contradicts itself', () => {
    expect(faultOf({ born: 3 })).toBe('born @3 lies after base @2')
    expect(faultOf({ dot: { replica: 'a', counter: 2 }, parent: { replica: 'b', counter: 1 } })).toContain(
      'number 2',
    )
    expect(faultOf({ parent: { replica: 'a', counter: 1 } })).toBe('a replica cannot be its own parent')
    expect(faultOf({ withdrawn: { reason: 'x', because: [] } })).toContain('neither events nor guards')
    expect(faultOf({ guards: [...draft.guards, ...draft.guards] })).toBe('a stream is guarded twice')
    expect(faultOf({ guards: [] })).toBe('an event on seat/A without a guard on that stream')
  })

  it('V12 says where data is not plain', () => {
    const [event] = draft.events
    const [command] = draft.commands
    if (event === undefined || command === undefined) throw new Error('the draft has both')
    const sealed = sealCommit(draft)
    const bad = JSON.parse('{"__proto__":{}}')
    expect(commitFault({ ...sealed, events: [{ ...event, data: bad }] })).toBe(
      'seat.set: data: the key __proto__ is not allowed',
    )
    expect(commitFault({ ...sealed, commands: [{ ...command, input: ['\0'] }] })).toBe(
      'take: input[0]: a string holds a NUL character',
    )
  })

  it('V12 notices a changed field by the hashes', () => {
    const sealed: Commit = sealCommit(draft)
    expect(isSealed(sealed)).toBe(true)
    for (const change of [{ base: 1 }, { seed: 't' }, { actor: 'me' }, { content: 'x' }, { root: 'x' }]) {
      expect(commitFault({ ...sealed, ...change })).toBe('its hashes are not those of its content')
    }
    const { content: _, ...renamed } = { ...sealed, intent: intentOf({ ...sealed, seed: 't' }) }
    const whole = { ...renamed, content: hashOf(renamed) }
    expect(isWhole(whole)).toBe(true)
    expect(commitFault(whole)).toBe('its hashes are not those of its content')
  })
})
