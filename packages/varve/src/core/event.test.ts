import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Cart } from './cart.fixture.ts'
import { event, upcast } from './event.ts'
import { parseWith } from './schema.ts'

const upper = v.pipe(
  v.string(),
  v.transform((text) => text.toUpperCase()),
)

describe('upcast', () => {
  const first = event(v.object({ a: v.number() }))
  const third = first
    .revise(v.object({ b: v.number() }), ({ a }) => ({ b: a + 1 }))
    .revise(v.object({ c: upper }), ({ b }) => ({ c: `x${b}` }))

  test('each revision adds a version, and leaves the definition before as it was', () => {
    expect(first.versions).toHaveLength(1)
    expect(third.versions).toHaveLength(3)
  })

  test('runs from the stored version to the newest, through each schema', () => {
    expect(upcast(third, 1, { a: 1 })).toEqual({ c: 'X2' })
    expect(upcast(third, 2, { b: 5 })).toEqual({ c: 'X5' })
  })

  test('takes the newest version as it is', () => {
    const data = { c: 'as stored' }
    expect(upcast(third, 3, data)).toBe(data)
  })

  test('throws if the result does not satisfy its schema', () => {
    expect(() => upcast(Cart.events.itemAdded, 1, { sku: 7, unitPrice: 1 })).toThrow(/after revising: sku: /)
  })
})

describe('parseWith', () => {
  test('names the place of each issue', () => {
    const schema = v.object({ lines: v.array(v.object({ sku: v.string() })) })
    expect(parseWith(schema, { lines: [{ sku: 1 }] })).toEqual({
      ok: false,
      message: expect.stringMatching(/^lines\[0\]\.sku: /),
    })
  })

  test('takes the steps of a path as keys or as objects with a key', () => {
    const issue = { message: 'odd', path: ['lines', 3, { key: 'sku' }] }
    const schema = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [issue] }) },
    } as const
    expect(parseWith(schema, {})).toEqual({ ok: false, message: 'lines[3].sku: odd' })
  })

  test('refuses an asynchronous schema, and takes no notice of what it says later', async () => {
    const late = Promise.reject(new Error('late'))
    const failing = { '~standard': { version: 1, vendor: 'test', validate: () => late } } as const
    expect(() => parseWith(failing, 'x')).toThrow(expect.objectContaining({ code: 'schema_async' }))
    await expect(late).rejects.toThrow('late')
  })

  test('refuses an asynchronous schema of a library', () => {
    const schema = v.pipeAsync(
      v.string(),
      v.checkAsync(async () => true),
    )
    expect(() => parseWith(schema, 'x')).toThrow(expect.objectContaining({ code: 'schema_async' }))
  })
})
