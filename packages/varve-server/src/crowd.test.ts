/** Many writers whose commits are delayed and rolled back at random, and who follows meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dotKey } from 'varve/core'
import { seededRandom } from 'varve/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ServerLog } from './log-port.ts'
import { sqliteLog } from './sqlite/index.ts'
import { runCrowd } from './testing/crowd.fixture.ts'
import { inProcessLines, socketLines } from './testing/line.fixture.ts'
import { memoryLog } from './testing/memory-log.ts'
import { type Lie, raggedLog } from './testing/ragged-log.fixture.ts'
import { startTestServer } from './testing/start-test-server.ts'

/** Small, so that there are many pages, and a socket is full soon. */
const limits = { pageEntriesMax: 7, bufferedBytesMax: 3_000 }
const writers = 32

function sqliteFile(): ServerLog {
  const folder = mkdtempSync(join(tmpdir(), 'varve-crowd-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return sqliteLog(join(folder, 'log.db'))
}

/** Nothing but the seed decides how this goes. */
async function runInProcess(inner: ServerLog, seed: number, lie: Lie | null = null) {
  const log = raggedLog(inner, seededRandom(seed), lie)
  const { faults, entries } = await runCrowd({ lines: inProcessLines(log, limits), log, seed, writers })
  await log.close()
  return { seed, faults, entries, endings: log.endings }
}

async function runOverSockets(inner: ServerLog, seed: number) {
  const log = raggedLog(inner, seededRandom(seed))
  const server = await startTestServer({ log, limits, onError: () => undefined })
  const { faults } = await runCrowd({ lines: socketLines(server.url), log, seed, writers })
  await server.close()
  return { seed, faults, endings: log.endings }
}

const sound = { faults: [], endings: { rolledBack: expect.any(Number), unanswered: expect.any(Number) } }

describe('32 writers, their commits delayed at random, some rolled back', () => {
  it.each([
    ['memory', memoryLog, 5],
    ['SQLite', sqliteFile, 3],
  ] as const)(
    'V1 V2 V21 W6 every subscriber sees each entry once, in order: %s',
    async (_name, open, seeds) => {
      for (let seed = 1; seed <= seeds; seed++) {
        const run = await runInProcess(open(), seed)
        expect(run).toMatchObject({ ...sound, seed })
        expect(Math.min(run.endings.rolledBack, run.endings.unanswered)).toBeGreaterThan(0)
      }
    },
  )

  it('V1 V2 V21 W6 the same over real sockets, on a SQLite file', async () => {
    for (const seed of [1, 2, 3])
      expect(await runOverSockets(sqliteFile(), seed)).toMatchObject({ ...sound, seed })
  })

  it('V1 V2 a seed is one run, and another seed another', async () => {
    const orderOf = async (seed: number) =>
      (await runInProcess(memoryLog(), seed)).entries.map(({ commit }) => dotKey(commit.dot))
    const order = await orderOf(1)
    expect(await orderOf(1)).toEqual(order)
    expect(await orderOf(2)).not.toEqual(order)
  })

  it.each([
    ['early', 'is not on disk there'],
    ['acknowledged', 'is not on disk there'],
    ['overlapping', 'shop: after @'],
  ] as const)('V1 V2 V21 a log that is broken is found: %s', async (lie, fault) => {
    for (const seed of [1, 2]) {
      const { faults } = await runInProcess(memoryLog(), seed, lie)
      expect(faults).toContainEqual(expect.stringContaining(fault))
    }
  })
})
