import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isSealed } from '../core/commit.ts'
import { decodeClient, decodeServer, encode } from './codec.ts'
import { goldenClient, goldenServer } from './golden.fixture.ts'

const folder = new URL('golden/', import.meta.url)
/** One frame per file, and a line break that is not of it. */
const golden = (name: string): string => readFileSync(new URL(`${name}.frame`, folder), 'utf8').slice(0, -1)

describe('the golden frames of protocol 1', () => {
  it.each(Object.entries(goldenClient))('W1 %s is written and read as ever', (name, message) => {
    expect(encode(message)).toBe(golden(name))
    expect(decodeClient(golden(name))).toEqual({ ok: true, message })
  })

  it.each(Object.entries(goldenServer))('W1 %s is written and read as ever', (name, message) => {
    expect(encode(message)).toBe(golden(name))
    expect(decodeServer(golden(name))).toEqual({ ok: true, message })
  })

  it('W1 there is one for every message, and no other', () => {
    const names = [...Object.keys(goldenClient), ...Object.keys(goldenServer)]
    expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.frame`).toSorted())
  })

  it('F3 W1 their commits bear the hashes of their content', () => {
    const { commits } = goldenClient.push as Extract<typeof goldenClient.push, { type: 'push' }>
    expect(commits.map(isSealed)).toEqual([true, true])
  })
})
