import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashOf, uuidOf } from './hash.ts'

/** Of a text the canonical JSON is what JSON.stringify makes. */
const expected = (text: string) => createHash('sha256').update(JSON.stringify(text)).digest('base64url')

describe('hash', () => {
  it('F3 is SHA-256 of the UTF-8, however long a text is and whatever letters it has', () => {
    const letters = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' }))
    fc.assert(fc.property(letters, (text) => hashOf(text) === expected(text)))
    for (const length of [1_021, 1_022, 1_023, 5_000]) {
      for (const letter of ['x', 'é', '\u{1f375}'])
        expect(hashOf(letter.repeat(length))).toBe(expected(letter.repeat(length)))
    }
  })
  it('F3 an id is the first half of a hash, as a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        const half = Buffer.from(hashOf(value), 'base64url').toString('hex').slice(0, 32)
        const id = uuidOf(value)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        const free = (hex: string) => `${hex.slice(0, 12)}${hex.slice(13, 16)}${hex.slice(17)}`
        expect(free(id.replaceAll('-', ''))).toBe(free(half))
      }),
    )
  })
})
