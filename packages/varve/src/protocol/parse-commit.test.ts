import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Commit } from '../core/commit.ts'
import { hashOf } from '../core/hash.ts'
import { goldenClient } from './golden.fixture.ts'
import { parseClientMessage } from './parse.ts'

const push = goldenClient.push as Extract<(typeof goldenClient)[string], { type: 'push' }>
const [decided, withdrawn] = push.commits as readonly [Commit, Commit]

/** What is wrong with a push of a commit that is changed like this, whatever its hashes; null if nothing is. */
function faultOf(change: object, commit: Commit = decided): string | null {
  const parsed = parseClientMessage({ ...push, commits: [{ ...commit, ...change }] })
  return parsed.ok ? null : parsed.fault
}
const withData = (data: unknown) => faultOf({ events: [{ ...decided.events[0], data }] })
const long = (length: number) => 'x'.repeat(length)

describe('the fields of a commit', () => {
  it('F1 a name has 1 to 256 characters', () => {
    const named: Record<string, (name: string) => string | null> = {
      replica: (replica) => faultOf({ dot: { replica, counter: 1 } }),
      parent: (replica) => faultOf({ parent: { replica, counter: 1 } }),
      guard: (stream) => faultOf({ guards: [{ ...decided.guards[0], stream }] }),
      stream: (stream) => faultOf({ events: [{ ...decided.events[0], stream }] }),
      type: (type) => faultOf({ events: [{ ...decided.events[0], type }] }),
      key: (key) => faultOf({ events: [{ ...decided.events[0], key }] }),
      command: (name) => faultOf({ commands: [{ stream: 'cart/1', name }] }),
      seed: (seed) => faultOf({ seed }),
      actor: (actor) => faultOf({ actor }),
      correlation: (correlation) => faultOf({ correlation }),
      causation: (log) => faultOf({ causation: { log, dot: decided.dot } }),
    }
    for (const [what, check] of Object.entries(named)) {
      expect([check('x'), check(long(256))], what).toEqual([null, null])
      expect(check(''), what).toContain('is empty')
      expect(check(long(257)), what).toContain('longer than 256')
      expect(check('a\0'), what).toContain('NUL')
      expect(check('\ud83d'), what).toContain('lone surrogate')
    }
  })

  it('F1 a reason has up to 4096 characters, numbers are finite, and whole where they count', () => {
    const reasoned = (reason: string) => faultOf({ withdrawn: { reason, because: [] } }, withdrawn)
    expect([reasoned(''), reasoned(long(4_096))]).toEqual([null, null])
    expect(reasoned(long(4_097))).toContain('longer than 4096')
    expect([faultOf({ now: -1.5 }), faultOf({ base: 2 ** 53 - 1 })]).toEqual([null, null])
    for (const change of [{ now: Number.NaN }, { base: 2 ** 53 }, { born: -1 }, { born: 0.5 }])
      expect(faultOf(change)).not.toBeNull()
  })

  it('F1 W2 a field that may be absent is never null, and no other may be absent', () => {
    expect(faultOf({ commands: [{ stream: 'cart/1', name: 'x', input: null }] })).toBeNull()
    expect(faultOf({ events: [{ ...decided.events[0], key: null }] })).toContain('key is not a string')
    for (const key of Object.keys(decided)) expect(faultOf({ [key]: undefined }), key).not.toBeNull()
  })

  it('F2 nothing lies deeper than 32 below the outermost value', () => {
    const lists = (count: number, inside = '') => JSON.parse('['.repeat(count) + inside + ']'.repeat(count))
    expect([withData(lists(33)), withData(lists(32, '1'))]).toEqual([null, null])
    expect([withData(lists(34)), withData(lists(33, '1'))]).toEqual([
      expect.stringContaining('nested deeper than 32'),
      expect.stringContaining('nested deeper than 32'),
    ])
  })

  it('F2 there are at most 20 000 values, those that hold others among them', () => {
    expect(withData(Array(19_999).fill(0))).toBeNull()
    expect(withData(Array(20_000).fill(0))).toContain('more than 20000 values')
    expect(withData(Array(9_999).fill([0]))).toBeNull()
    expect(withData([...Array(9_999).fill([0]), 0, 0])).toContain('more than 20000 values')
    expect(withData(Array(6_666).fill({ a: 0, b: 0 }))).toBeNull()
  })

  it('F2 keys are texts of up to 256 characters, and not those that objects are made of', () => {
    expect([withData({ '': 0 }), withData({ [long(256)]: 0 })]).toEqual([null, null])
    for (const json of [`{"${long(257)}":0}`, '{"a\\u0000":0}', '{"\\ud800":0}', '{"x":{"prototype":0}}'])
      expect(withData(JSON.parse(json)), json.slice(0, 30)).not.toBeNull()
  })

  it('F3 a hash is SHA-256 over canonical JSON, in base64url', () => {
    const sha = (text: string) => createHash('sha256').update(text).digest('base64url')
    expect(hashOf({ b: 1e21, a: ['é', -0, null], absent: undefined })).toBe(
      sha('{"a":["é",0,null],"b":1e+21}'),
    )
    const { dot, content } = decided
    expect(hashOf(['', dot.counter, content])).toBe(sha(`["",1,"${content}"]`))
  })
})
