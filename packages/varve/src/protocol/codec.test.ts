import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeClient, decodeServer, encode, utf8Length } from './codec.ts'
import { arbitraryClientMessage, arbitraryServerMessage } from './message-arbitrary.fixture.ts'
import { wireLimits } from './messages.ts'
import { parseClientMessage, parseServerMessage } from './parse.ts'

describe('the JSON codec', () => {
  it('W1 what is encoded is decoded to the same message', () => {
    fc.assert(
      fc.property(arbitraryClientMessage, (message) => {
        expect(decodeClient(encode(message))).toEqual({ ok: true, message })
      }),
    )
    fc.assert(
      fc.property(arbitraryServerMessage, (message) => {
        expect(decodeServer(encode(message))).toEqual({ ok: true, message })
      }),
    )
  })

  it('W2 a message of the other side is none', () => {
    fc.assert(
      fc.property(arbitraryServerMessage, (message) => {
        if (message.type !== 'ping' && message.type !== 'pong')
          expect(decodeClient(encode(message)).ok).toBe(false)
      }),
    )
  })

  it('W2 fields that are not known are ignored around a commit and refused inside it', () => {
    const ping = parseClientMessage({ type: 'ping', id: 1, more: true })
    expect(ping).toEqual({ ok: true, message: { type: 'ping', id: 1 } })
    const push = fc.sample(
      arbitraryClientMessage.filter(({ type }) => type === 'push'),
      1,
    )[0]
    if (push?.type !== 'push') throw new Error('no push')
    const [commit, ...others] = push.commits
    expect(parseClientMessage({ ...push, commits: [{ ...commit, more: true }, ...others] })).toMatchObject({
      ok: false,
    })
    expect(
      parseClientMessage({ ...push, commits: [{ ...commit, dot: { ...commit?.dot, more: 1 } }, ...others] }),
    ).toMatchObject({ ok: false })
  })

  it('W2 entries are consecutive and of one log', () => {
    const entries = fc
      .sample(
        arbitraryServerMessage.filter((message) => message.type === 'entries' && message.entries.length > 1),
        1,
      )
      .flatMap((message) => (message.type === 'entries' ? [message] : []))[0]!
    expect(parseServerMessage(entries).ok).toBe(true)
    expect(parseServerMessage({ ...entries, entries: entries.entries.toReversed() }).ok).toBe(false)
    expect(parseServerMessage({ ...entries, log: `${entries.log}x` }).ok).toBe(false)
  })

  it('W4 of a hello in another protocol nothing else is judged', () => {
    const fault = { ok: false, code: 'unsupported_protocol', fault: 'protocol 2 is not spoken here, but 1' }
    expect(parseClientMessage({ type: 'hello', protocol: 2 })).toEqual(fault)
    expect(parseClientMessage({ type: 'hello', protocol: 2, token: 7, cursors: 'none' })).toEqual(fault)
    for (const protocol of [0, 1.5, '2', undefined])
      expect(parseClientMessage({ type: 'hello', protocol })).toMatchObject({ code: 'malformed' })
    expect(parseClientMessage({ type: 'hello', protocol: 1 })).toMatchObject({ code: 'malformed' })
  })

  it('W2 W9 the heads in a pong are the server’s to tell', () => {
    const pong = encode({ type: 'pong', id: 1, heads: [{ log: 'toy', head: 3 }] })
    expect(decodeServer(pong)).toMatchObject({ ok: true })
    expect(decodeClient(pong)).toMatchObject({ ok: false, code: 'malformed' })
  })

  it('W3 text that is too large, too deep or ambiguous is refused, and nothing is ever thrown', () => {
    const faultOf = (text: string, bytesMax?: number) => {
      const decoded = decodeClient(text, bytesMax)
      return decoded.ok ? null : decoded.fault
    }
    expect(faultOf('{"type":"ping","id":1}')).toBe(null)
    expect(faultOf('{"type":"ping","id":1}', 21)).toContain('at most 21 bytes')
    expect(faultOf('{"type":"auth","token":"é"}', 27)).toContain('at most 27 bytes')
    expect(faultOf('{"type":"auth","token":"é"}', 28)).toBe(null)
    expect(faultOf('['.repeat(1_000_000))).toContain('nested deeper')
    expect(faultOf('{"type":"ping","id":1,"id":2}')).toContain('stands twice')
    expect(faultOf('{"type":"ping","id":1,"\\u0069d":2}')).toContain('stands twice')
    expect(faultOf('{"type":"ping","id":1,"more":{"a":1,"a":1}}')).toContain('stands twice')
    expect(faultOf('{"type":"ping","id":1,"colons":"a:b:c\\"::\\\\"}')).toBe(null)
    expect(faultOf('{"type":"ping","id":1} ')).toBe(null)
    expect(faultOf('{"type":"ping","id":1}x')).toBe('not JSON')
    expect(faultOf('')).toBe('not JSON')
    expect(faultOf('{"type":"ping","id":1e400}')).toContain('id is not a whole number')
    for (const text of ['"', '"\\', '{"a":"\\"', ':', '::::', '}}}}', '{"', '\ud800', '\0'])
      expect(faultOf(text)).not.toBe(null)
  })

  it('W3 a damaged frame is refused, or is a message as strict as any', () => {
    const frame = fc.oneof(arbitraryClientMessage, arbitraryServerMessage).map(encode)
    const damage = fc.record({
      at: fc.nat(),
      length: fc.nat(8),
      junk: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('"', '\\', '{', '}', '[', ':', ',', '1e999', '-', '\0'),
      ),
    })
    fc.assert(
      fc.property(frame, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        const damaged = damages.reduce((before, { at, length, junk }) => {
          const start = at % (before.length + 1)
          return before.slice(0, start) + junk + before.slice(start + length)
        }, text)
        for (const decode of [decodeClient, decodeServer]) {
          const decoded = decode(damaged)
          if (!decoded.ok) continue
          // What was let through says exactly what it said: it is a fixed point of the codec.
          expect(decode(encode(decoded.message))).toEqual(decoded)
          expect(containsAll(JSON.parse(damaged), decoded.message)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('W3 any value whatever is refused or parsed, never thrown at', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withNullPrototype: true,
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
        }),
        (value) => {
          parseClientMessage(value)
          parseServerMessage({ type: 'entries', log: 'a', epoch: 'e', entries: [value], head: 1 })
          parseClientMessage({ type: 'push', log: 'a', epoch: 'e', prev: '', commits: [value] })
        },
      ),
    )
  })

  it('W3 the bytes of a text are those of UTF-8', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = String.fromCharCode(...units)
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
      }),
    )
    expect(utf8Length('\ud800')).toBe(3)
    expect(wireLimits.frameBytesMax).toBeGreaterThan(wireLimits.commitBytesMax * 8)
  })
})

/** Every field of `part` is in `whole` with an equal value (zeros are equal, whatever their sign). */
function containsAll(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  return Object.entries(part).every(([key, value]) =>
    containsAll((whole as Record<string, unknown> | null)?.[key], value),
  )
}
