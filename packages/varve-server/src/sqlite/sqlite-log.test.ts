import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type AcceptFacts, accept, type Commit, createLedger, type Dot, extendHistory } from 'varve/core'
import { afterAll, describe, expect, it } from 'vitest'
import type { LogTx } from '../log-port.ts'
import { describeServerLog, offer } from '../testing/server-log-contract.ts'
import { testAuthor } from '../testing/test-author.ts'
import { type SqliteLog, sqliteLog } from './sqlite-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-sqlite-'))
let files = 0
const newPath = (): string => join(folder, `deep/er/${++files}.db`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeServerLog('SQLite', () => sqliteLog(newPath()))

describe('the SQLite file', () => {
  it('V1 what was written is there after a restart', async () => {
    const path = newPath()
    const log = sqliteLog(path)
    const a = testAuthor({ log: 'shop', replica: 'a' })
    await log.write((tx) => offer(tx, a.commit()))
    const [head, entries] = [await log.head('shop'), await log.entries('shop', 0, 10)]
    await log.close()
    const again = sqliteLog(path)
    expect(await again.head('shop')).toEqual(head)
    expect(await again.entries('shop', 0, 10)).toEqual(entries)
    await again.close()
  })

  it('V7 a second process on the file is refused, and let in once the first was killed', async () => {
    const path = newPath()
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../testing/hold-log-file.fixture.ts', import.meta.url)), path],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(child.stdout, 'data')
    expect(() => sqliteLog(path)).toThrow(expect.objectContaining({ code: 'log_in_use' }))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const log = sqliteLog(path)
    expect(await log.head('shop')).toMatchObject({ position: 1 })
    await log.close()
  })

  it('V7 the same process is refused as well', async () => {
    const path = newPath()
    const log = sqliteLog(path)
    expect(() => sqliteLog(path)).toThrow(expect.objectContaining({ code: 'log_in_use' }))
    await log.write((tx) => tx.ensureLog('shop'))
    await log.close()
  })

  it('V8 a file of a newer program, or of another, is refused', async () => {
    const path = newPath()
    await sqliteLog(path).close()
    const db = new DatabaseSync(path)
    db.exec("UPDATE meta SET value = '99' WHERE key = 'schema'")
    db.close()
    expect(() => sqliteLog(path)).toThrow(expect.objectContaining({ code: 'store_newer' }))
    const other = join(folder, 'other.db')
    const foreign = new DatabaseSync(other)
    foreign.exec('CREATE TABLE t (a)')
    foreign.close()
    expect(() => sqliteLog(other)).toThrow(expect.objectContaining({ code: 'storage_failed' }))
  })

  it('V8 V3 a file of schema 2 learns which wishes it has applied, also one that it had let in twice', async () => {
    const path = newPath()
    const log = sqliteLog(path)
    const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
    const [a1, b1] = [a.commit(), b.commit({ writes: ['other/1'] })]
    await log.write(async (tx) => {
      await offer(tx, a1)
      await offer(tx, b1)
    })
    await log.close()
    const db = new DatabaseSync(path)
    db.exec("DROP TABLE applied; UPDATE meta SET value = '2' WHERE key = 'schema'")
    const body =
      "json_set(body, '$.commit.root', (SELECT json_extract(body, '$.commit.root') FROM entries LIMIT 1))"
    db.exec(`UPDATE entries SET body = ${body} WHERE position = 2`)
    db.close()
    const upgraded = sqliteLog(path)
    const again = testAuthor({ log: 'shop', replica: 'c' }).commit({ root: a1.root })
    expect((await upgraded.write((tx) => tx.facts(again, new Set()))).appliedAt).toBe(1)
    await upgraded.write((tx) => offer(tx, a.commit()))
    expect(await upgraded.head('shop')).toMatchObject({ position: 3 })
    await upgraded.close()
  })

  it('V9 a full disk fails the write at hand, keeps nothing of it, and the log lives on', async () => {
    const log = sqliteLog(newPath(), { pagesMax: 60 })
    const a = testAuthor({ log: 'shop', replica: 'a' })
    await log.write((tx) => offer(tx, a.commit()))
    const huge = testAuthor({ log: 'shop', replica: 'b' }).commit({
      writes: ['big/1'],
      data: 'x'.repeat(300_000),
    })
    const results = await Promise.allSettled([
      log.write((tx) => offer(tx, huge)),
      log.write((tx) => offer(tx, a.commit())),
    ])
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'storage_full' } })
    expect(results[1]?.status).toBe('fulfilled')
    expect((await log.entries('shop', 0, 10)).map(({ commit }) => commit.dot.replica)).toEqual(['a', 'a'])
    await log.close()
  })

  it('V10 a backup is a whole log, and a restored one gets new epochs', async () => {
    const log = sqliteLog(newPath())
    const a = testAuthor({ log: 'shop', replica: 'a' })
    await log.write((tx) => offer(tx, a.commit()))
    const copy = join(folder, 'copy.db')
    await log.backup(copy)
    await log.write((tx) => offer(tx, a.commit()))
    const restored = sqliteLog(copy, { onRestored: () => {} })
    const epochs = async (of: SqliteLog) => [await of.epochOf('shop'), await of.epochOf('later')]
    expect(await restored.head('shop')).toMatchObject({ position: 1 })
    const drawn = [...(await epochs(log)), ...(await epochs(restored))]
    await restored.renewEpochs()
    expect(new Set([...drawn, ...(await epochs(restored))]).size).toBe(6)
    await Promise.all([log.close(), restored.close()])
  })

  it('V3 a lineage that was undone is forgotten', async () => {
    const log = sqliteLog(':memory:')
    const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
    const [a1, b1] = [a.commit({ writes: ['x/1'] }), b.commit({ writes: ['y/1'] })]
    await log.write(async (tx) => {
      await offer(tx, a1)
      await offer(tx, b1)
    })
    /** r continues the parent, s continues r and reads what a wrote: what disturbs s then? */
    const disturbed = async (tx: LogTx, parent: Dot) => {
      const r = testAuthor({ log: 'shop', replica: 'r', parent })
      const r1 = r.commit({ writes: ['z/1'] })
      expect((await offer(tx, r1)).kind).toBe('place')
      const s1 = testAuthor({ log: 'shop', replica: 's', parent: r1.dot }).commit({
        writes: ['s/1'],
        reads: ['x/1'],
      })
      return [...(await tx.facts(s1, new Set())).disturbedAt]
    }
    const undone = log.write(async (tx) => {
      expect(await disturbed(tx, a1.dot)).toEqual([])
      throw new Error('no')
    })
    await expect(undone).rejects.toThrow('no')
    expect(await log.write((tx) => disturbed(tx, b1.dot))).toEqual([['x/1', 1]])
    await log.close()
  })

  it('V3 gives the same facts as the book in memory, on random histories', async () => {
    const step = fc.record({
      author: fc.nat(2),
      branch: fc.boolean(),
      writes: fc.subarray(['x/1', 'y/1', 'z/1'], { minLength: 1 }),
      reads: fc.subarray(['x/1', 'y/1', 'z/1']),
      kind: fc.constantFrom('serial' as const, 'commute' as const),
      lag: fc.nat(4),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const log = sqliteLog(':memory:')
        const { epoch } = await log.write((tx) => tx.ensureLog('shop'))
        const ledger = createLedger(epoch)
        const authors = [0, 1, 2].map((n) => ({
          n,
          life: 0,
          author: testAuthor({ log: 'shop', replica: `r${n}` }),
          last: null as Commit | null,
          history: '',
          isRefused: false,
        }))
        for (const { author: n, branch, lag, ...what } of steps) {
          const who = authors[n]!
          // A refused author would only leave gaps: it goes on as a new replica, as one that wants to does.
          if (who.isRefused || (branch && who.last !== null)) {
            who.life += 1
            who.author = testAuthor({
              log: 'shop',
              replica: `r${n}.${who.life}`,
              parent: who.last?.dot ?? null,
              history: who.history,
            })
            who.isRefused = false
          }
          const commit = who.author.commit({ ...what, base: Math.max(0, ledger.head() - lag) })
          const mine = await log.write((tx) => tx.facts(commit, new Set()))
          const theirs = ledger.facts(commit)
          expect(asPlain(mine)).toEqual(
            asPlain({
              ...theirs,
              ...(commit.dot.counter === theirs.counter + 1
                ? {}
                : { disturbedAt: new Map(), appliedAt: null }),
            }),
          )
          const pushed = { epoch, prev: theirs.history, commit }
          const verdict = accept(pushed, theirs)
          expect(ledger.offer({ ...pushed, principal: 'ann', time: 1_000 })).toEqual(verdict)
          who.isRefused = verdict.kind !== 'place'
          if (verdict.kind !== 'place') continue
          who.last = commit
          who.history = extendHistory(theirs.history, commit)
          const entry = await log.write((tx) =>
            tx.place({
              commit,
              history: verdict.history,
              outcome: verdict.outcome,
              principal: 'ann',
              time: 1_000,
            }),
          )
          expect(entry).toEqual(ledger.entries(ledger.head() - 1)[0])
        }
        await log.close()
      }),
      { numRuns: 60 },
    )
  })
})

function asPlain({ known, disturbedAt, held, ...facts }: AcceptFacts) {
  return {
    ...facts,
    known: known === null ? null : { position: known.position, intent: known.intent, outcome: known.outcome },
    disturbedAt: [...disturbedAt].sort(),
    held: [...held],
  }
}
