import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Commit, Entry } from '../core/commit.ts'
import { type PlainData, plainDataFault } from '../core/plain-data.ts'
import { headIn, pageOn, stampOf, withdrawnItem } from '../testing/contracts/log-fixtures.ts'
import { packPages, unpackItems, unpackSome } from './codec.ts'
import { openDexieLog } from './dexie.ts'
import { memoryLog } from './memory.ts'
import type { StoreLog } from './port.ts'

/** Minus zero is no plain data to canonical JSON either: it hashes as zero. */
const noMinusZero = (value: number): number => (Object.is(value, -0) ? 0 : value)
const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0') && each.isWellFormed())
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
  .map(noMinusZero)

const plainData = fc
  .letrec<{ data: PlainData }>((tie) => ({
    data: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      number,
      text,
      fc.array(tie('data')),
      fc.dictionary(text, tie('data'), { noNullPrototype: true }),
    ),
  }))
  .data.filter((data) => plainDataFault(data) === null)

const name = text.filter((each) => each.length > 0)
const dot = fc.record({ replica: name, counter: fc.integer({ min: 1 }) })
const when = fc.maxSafeNat()

const commitParts = fc.record({
  base: fc.constant(0),
  born: fc.constant(0),
  guards: fc.array(
    fc.record({ stream: name, revision: when, kind: fc.constantFrom('serial' as const, 'commute' as const) }),
  ),
  events: fc.array(
    fc.record(
      { stream: name, type: name, version: when, data: plainData, key: name },
      { requiredKeys: ['stream', 'type', 'version', 'data'] },
    ),
  ),
  withdrawn: fc.option(
    fc.record(
      { reason: name, details: plainData, because: fc.array(dot) },
      { requiredKeys: ['reason', 'because'] },
    ),
  ),
  commands: fc.array(
    fc.record({ stream: name, name, input: plainData }, { requiredKeys: ['stream', 'name'] }),
  ),
  now: when,
  seed: text,
  intent: text,
  root: text,
  actor: fc.option(text),
  correlation: fc.option(text),
  causation: fc.option(fc.record({ log: fc.option(name), dot })),
  content: text,
})

const commits = fc.array(commitParts, { minLength: 1, maxLength: 8 }).map((parts) =>
  parts.map(
    (part, index): Commit =>
      ({
        format: 1,
        log: 'shop',
        dot: { replica: 'a', counter: index + 1 },
        parent: null,
        ...part,
      }) as Commit,
  ),
)

async function roundTrip(log: StoreLog, written: readonly Commit[], cut: number): Promise<void> {
  const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] })
  const appended = await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: written })
  expect(await log.readOutbox('shop')).toEqual(written)

  const entries = written.map(
    (commit, index): Entry => ({
      position: index + 1,
      commit,
      principal: null,
      time: index,
      chain: `${index}`,
    }),
  )
  const placed = written.slice(0, cut)
  const inbox = placed.map((commit) => ({ ...withdrawnItem(commit, 1), theirs: entries }))
  const page = pageOn(appended.record, { entries, placed: placed.map((commit) => commit.dot), inbox })
  const { record: applied } = await log.applyEntries(page)
  expect(headIn(applied).position).toBe(written.length)
  expect(await log.readEntries('shop', 0, 100)).toEqual(entries)
  expect(await log.readOutbox('shop')).toEqual(written.slice(cut))
  expect(await log.readInbox()).toEqual(inbox)
  for (const stream of new Set(written.flatMap((commit) => commit.events.map((event) => event.stream)))) {
    const ofStream = entries.filter(({ commit }) => commit.events.some((event) => event.stream === stream))
    expect(await log.readStreamEntries('shop', stream, 0, 100)).toEqual(ofStream)
  }
}

describe('what was written is read back equal', () => {
  it('L3 from memory', async () => {
    const property = fc.asyncProperty(commits, fc.nat(8), (written, cut) =>
      roundTrip(memoryLog(), written, cut),
    )
    await fc.assert(property, { numRuns: 50 })
  }, 20_000)

  it('L3 from IndexedDB', async () => {
    const property = fc.asyncProperty(commits, fc.nat(8), async (written, cut) => {
      const log = openDexieLog({ name: 'test', indexedDB: new IDBFactory(), IDBKeyRange })
      await roundTrip(log, written, cut)
      await log.close()
    })
    await fc.assert(property, { numRuns: 50 })
  }, 20_000)

  it('L21 from pages cut anywhere, none of which is longer than the limit unless it holds one item', () => {
    fc.assert(
      fc.property(fc.array(plainData), fc.integer({ min: 1, max: 200 }), (items, charsMax) => {
        const pages = packPages(items, charsMax)
        expect(pages.flatMap((page) => unpackItems(page))).toEqual(items)
        expect(pages.flatMap((page) => page.items)).toEqual(items)
        for (const page of pages) {
          const odd = page.items.flatMap((_, index) => (index % 2 === 1 ? [index] : []))
          expect(unpackSome(page, odd)).toEqual(odd.map((index) => page.items[index]))
        }
        for (const page of pages) expect(page.items.length === 1 || page.text.length <= charsMax).toBe(true)
      }),
    )
  })
})
