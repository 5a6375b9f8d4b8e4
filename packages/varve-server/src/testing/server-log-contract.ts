/** What every log behind a server must keep. One suite, run by the memory log, SQLite, and whatever comes. */
import { accept, type Commit, extendHistory, historyStart, outcomeOf, withdraw } from 'varve/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogTx, ServerLog } from '../log-port.ts'
import { testAuthor } from './test-author.ts'

/** As a server does: asks, and places what may be placed. */
export async function offer(
  tx: LogTx,
  commit: Commit,
  { prev, time = 1_000 }: { readonly prev?: string; readonly time?: number } = {},
) {
  const { epoch } = await tx.ensureLog(commit.log)
  const facts = await tx.facts(commit, new Set())
  const verdict = accept({ epoch, prev: prev ?? facts.history, commit }, facts)
  if (verdict.kind === 'place') {
    await tx.place({ commit, history: verdict.history, outcome: verdict.outcome, principal: 'ann', time })
  }
  return verdict
}

export function describeServerLog(name: string, open: () => Promise<ServerLog> | ServerLog): void {
  describe(`the server log: ${name}`, () => {
    let log: ServerLog
    beforeEach(async () => {
      log = await open()
    })
    afterEach(() => log.close())

    it('V1 what a write did is there when it resolves, whole', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      const [a1, a2] = [a.commit(), a.commit()]
      expect(await log.head('shop')).toBe(null)
      await log.write(async (tx) => {
        await offer(tx, a1)
        await offer(tx, a2)
      })
      const entries = await log.entries('shop', 0, 10)
      expect(entries.map(({ commit }) => commit)).toEqual([a1, a2])
      expect(await log.head('shop')).toMatchObject({ position: 2, chain: entries[1]?.chain, time: 1_000 })
      expect(await log.logs()).toEqual([{ log: 'shop', head: 2 }])
    })

    it('V1 a write that fails leaves no trace, and those around it are untouched', async () => {
      const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
      const [a1, a2, b1] = [a.commit(), a.commit(), b.commit({ writes: ['other/1'] })]
      const results = await Promise.allSettled([
        log.write((tx) => offer(tx, a1)),
        log.write(async (tx) => {
          await offer(tx, b1)
          await tx.claim('b', 'bob')
          await tx.saveCheckpoint('p', 'shop', 7)
          await tx.saveRun({ policy: 'p', trigger: { log: 'shop', dot: b1.dot }, written: [], depth: 1 })
          await offer(tx, testAuthor({ log: 'new', replica: 'b' }).commit())
          throw new Error('no')
        }),
        log.write((tx) => offer(tx, a2)),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await log.entries('shop', 0, 10)).map(({ commit }) => commit.dot)).toEqual([a1.dot, a2.dot])
      expect(await log.checkpoint('p', 'shop')).toBe(0)
      expect(await log.head('new')).toBe(null)
      const left = await log.write(async (tx) => [
        await tx.owner('b'),
        await tx.hasRun('p', { log: 'shop', dot: b1.dot }),
      ])
      expect(left).toEqual([undefined, false])
    })

    it('V1 a read never sees what is not on disk', async () => {
      const a1 = testAuthor({ log: 'shop', replica: 'a' }).commit()
      let during: Promise<unknown> = Promise.resolve()
      const failing = log.write(async (tx) => {
        await offer(tx, a1)
        during = log.entries('shop', 0, 10)
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await during).toEqual([])
    })

    it('V2 positions are gapless from 1, time never goes back, and each entry is chained to the one before', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      for (const time of [5_000, 4_000, 6_000]) await log.write((tx) => offer(tx, a.commit(), { time }))
      const entries = await log.entries('shop', 0, 10)
      expect(entries.map(({ position, time }) => [position, time])).toEqual([
        [1, 5_000],
        [2, 5_000],
        [3, 6_000],
      ])
      expect(new Set(entries.map(({ chain }) => chain)).size).toBe(3)
      expect(await log.chainAt('shop', 2)).toBe(entries[1]?.chain)
      expect(await log.chainAt('shop', 0)).toBe('')
      expect(await log.chainAt('shop', 4)).toBe(null)
    })

    it('W4 V13 the epoch of a log is known before anybody has written to it, and is not guessed from its name', async () => {
      const epoch = await log.epochOf('shop')
      expect(await log.head('shop')).toBe(null)
      expect(await log.logs()).toEqual([])
      expect(await log.chainAt('shop', 0)).toBe('')
      expect(await log.epochOf('other')).not.toBe(epoch)
      const other = await open()
      expect(await other.epochOf('shop')).not.toBe(epoch)
      await other.close()
      await log.write((tx) => tx.ensureLog('shop'))
      expect(await log.epochOf('shop')).toBe(epoch)
      expect((await log.head('shop'))?.epoch).toBe(epoch)
    })

    it('V2 entries are read after a position, as many as are wanted', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      await log.write(async (tx) => {
        for (let n = 0; n < 5; n++) await offer(tx, a.commit())
      })
      expect((await log.entries('shop', 1, 2)).map(({ position }) => position)).toEqual([2, 3])
      const entries = await log.entries('shop', 1, 10)
      const texts = await log.entryTexts('shop', 1, { max: 10, charsMax: 1_000_000 })
      expect(texts.map((text) => JSON.parse(text))).toEqual(entries)
      expect(await log.entryTexts('shop', 1, { max: 10, charsMax: 1 })).toHaveLength(1)
      expect(await log.entryTexts('shop', 5, { max: 10, charsMax: 1 })).toEqual([])
      expect(await log.entries('nowhere', 0, 10)).toEqual([])
    })

    it('V3 the facts about a commit: what is known, counters, history', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      const [a1, a2, , a4] = [a.commit(), a.commit(), a.commit(), a.commit()]
      await log.write((tx) => offer(tx, a1))
      const facts = await log.write(async (tx) => [
        await tx.facts(a1, new Set()),
        await tx.facts(a2, new Set()),
        await tx.facts(a4, new Set(['x/1'])),
      ])
      const history = extendHistory(historyStart, a1)
      expect(facts[0]).toMatchObject({
        head: 1,
        known: { position: 1, intent: a1.intent, outcome: outcomeOf(a1) },
      })
      expect(facts[1]).toMatchObject({ known: null, counter: 1, history })
      expect(facts[2]?.counter).toBe(1)
      expect([...(facts[2]?.held ?? [])]).toEqual(['x/1'])
    })

    it('V3 a new replica continues its parent: history and lineage', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      const a1 = a.commit()
      await log.write((tx) => offer(tx, a1))
      const r1 = testAuthor({ log: 'shop', replica: 'r', parent: a1.dot }).commit({ base: 0 })
      const facts = await log.write((tx) => tx.facts(r1, new Set()))
      expect(facts).toMatchObject({ counter: 0, parentCounter: 1, history: extendHistory(historyStart, a1) })
      // a1 is r's own, though it lies after r1's base.
      expect(facts.disturbedAt.size).toBe(0)
      await log.write((tx) => offer(tx, r1))
      // After the bound an ancestor is somebody else.
      await log.write((tx) => offer(tx, a.commit({ base: 2 })))
      const s1 = testAuthor({ log: 'shop', replica: 's', parent: r1.dot }).commit({ base: 2 })
      expect([...(await log.write((tx) => tx.facts(s1, new Set()))).disturbedAt]).toEqual([['note/1', 3]])
    })

    it('V3 foreign writes after the base are found on serial guards only', async () => {
      const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
      await log.write((tx) => offer(tx, a.commit({ writes: ['x/1', 'y/1'] })))
      await log.write((tx) => offer(tx, a.commit({ writes: ['x/1'] })))
      const reads = b.commit({ writes: ['z/1'], reads: ['x/1', 'y/1'], base: 1 })
      expect([...(await log.write((tx) => tx.facts(reads, new Set()))).disturbedAt]).toEqual([['x/1', 2]])
      const likes = testAuthor({ log: 'shop', replica: 'c' }).commit({ writes: ['x/1'], kind: 'commute' })
      expect((await log.write((tx) => tx.facts(likes, new Set()))).disturbedAt.size).toBe(0)
    })

    it('V3 a wish that is applied is found by its root, under whatever name it comes again; an empty form is none', async () => {
      const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
      const [a1, a2] = [a.commit(), a.commit()]
      const emptied = withdraw(a1, { reason: 'cancelled', because: [] })
      const again = (root: string) => b.commit({ kind: 'commute', root })
      const factsOf = (commit: Commit) => log.write((tx) => tx.facts(commit, new Set()))
      await log.write((tx) => offer(tx, emptied))
      const b1 = again(a1.intent)
      expect((await factsOf(b1)).appliedAt).toBe(null)
      await log.write((tx) => offer(tx, a2))
      await log.write((tx) => offer(tx, b1))
      const c1 = testAuthor({ log: 'shop', replica: 'c' }).commit({ root: a1.intent })
      expect((await factsOf(c1)).appliedAt).toBe(3)
      expect((await factsOf(again(a2.intent))).appliedAt).toBe(2)
      const elsewhere = testAuthor({ log: 'other', replica: 'c' }).commit({ root: a1.intent })
      await log.write((tx) => tx.ensureLog('other'))
      expect((await factsOf(elsewhere)).appliedAt).toBe(null)
    })

    it('V34 V3 what wrote to a stream is read as a commit’s author sees it, whatever the kind of its guards', async () => {
      const [a, b] = [testAuthor({ log: 'shop', replica: 'a' }), testAuthor({ log: 'shop', replica: 'b' })]
      const a1 = a.commit({ writes: ['x/1'] })
      const placed = [
        a1,
        b.commit({ writes: ['x/1', 'y/1'], base: 1 }),
        a.commit({ writes: ['y/1'], base: 2 }),
      ]
      for (const commit of placed) await log.write((tx) => offer(tx, commit))
      // It continues a up to a1.
      const r1 = testAuthor({ log: 'shop', replica: 'r', parent: a1.dot }).commit({ kind: 'commute' })
      await log.write(async (tx) => {
        const page = { after: 0, upTo: 3, max: 9 }
        const seen = async (stream: string, more: Partial<typeof page> = {}) =>
          (await tx.touching(r1, stream, { ...page, ...more })).map(({ entry, foreign }) => [
            entry.position,
            foreign,
          ])
        expect(await seen('x/1')).toEqual([
          [1, false],
          [2, true],
        ])
        expect(await seen('y/1')).toEqual([
          [2, true],
          [3, true],
        ])
        expect(await seen('x/1', { after: 1 })).toEqual([[2, true]])
        expect(await seen('x/1', { upTo: 1 })).toEqual([[1, false]])
        expect(await seen('y/1', { max: 1 })).toEqual([[2, true]])
        expect((await tx.touching(r1, 'x/1', page))[1]?.entry.commit).toEqual(placed[1])
        expect([
          await tx.lastForeign(r1, 'x/1', 1),
          await tx.lastForeign(r1, 'x/1', 2),
          await tx.lastForeign(r1, 'y/1', 0),
          await tx.lastForeign(r1, 'z/1', 0),
        ]).toEqual([2, null, 3, null])
      })
    })

    it('V4 a replica belongs to whoever claimed it first, over all logs', async () => {
      await log.write((tx) => tx.claim('a', 'ann'))
      await log.write((tx) => tx.claim('a', 'ann'))
      await expect(log.write((tx) => tx.claim('a', 'bob'))).rejects.toMatchObject({ code: 'defect' })
      expect(await log.write((tx) => tx.owner('a'))).toBe('ann')
    })

    it('V5 the policies keep their book in the same transaction', async () => {
      const trigger = { log: 'customer/ann', dot: { replica: 'a', counter: 1 } }
      const written = { log: 'shop', dot: { replica: 's', counter: 3 } }
      const failure = { policy: 'p', trigger, position: 4, reason: 'sold_out', message: 'no', time: 9 }
      await log.write(async (tx) => {
        await tx.saveRun({ policy: 'p', trigger, written: [written], depth: 2 })
        await tx.saveCheckpoint('p', 'customer/ann', 12)
        await tx.saveFailure({ ...failure, reason: 'other' })
        await tx.saveFailure(failure)
      })
      expect(await log.checkpoint('p', 'customer/ann')).toBe(12)
      expect(await log.failures('p', 10)).toEqual([failure])
      const found = await log.write(async (tx) => [
        await tx.hasRun('p', trigger),
        await tx.hasRun('q', trigger),
        await tx.originOf(written),
        await tx.originOf(trigger),
      ])
      expect(found).toEqual([true, false, { policy: 'p', trigger, depth: 2 }, null])
      await expect(
        log.write((tx) => tx.saveRun({ policy: 'p', trigger, written: [], depth: 1 })),
      ).rejects.toThrow()
      await log.write((tx) => tx.clearFailure('p', trigger))
      expect(await log.failures('p', 10)).toEqual([])
      expect(await log.failureCount('p', 10)).toBe(0)
    })

    it('V19 V25 logs are counted, and a policy’s failures counted and read, the oldest first, up to a bound', async () => {
      const failureAt = (counter: number, time: number, policy = 'p') => {
        const trigger = { log: 'shop', dot: { replica: 'a', counter } }
        return { policy, trigger, position: counter, reason: 'sold_out', message: 'no', time }
      }
      const [first, second, third] = [failureAt(3, 1), failureAt(1, 2), failureAt(2, 3)]
      await log.write(async (tx) => {
        for (const failure of [third, first, second, failureAt(9, 0, 'q')]) await tx.saveFailure(failure)
        for (const name of ['x', 'y']) await tx.ensureLog(name)
      })
      expect(await log.logCount()).toBe(2)
      expect(await log.failures('p', 2)).toEqual([first, second])
      expect([await log.failureCount('p', 10), await log.failureCount('p', 2)]).toEqual([3, 2])
    })

    it('V6 a closed log says so, and closing waits for the writes under way', async () => {
      const a = testAuthor({ log: 'shop', replica: 'a' })
      const writing = log.write((tx) => offer(tx, a.commit()))
      await log.close()
      await expect(writing).resolves.toMatchObject({ kind: 'place' })
      await expect(log.entries('shop', 0, 1)).rejects.toMatchObject({ code: 'closed' })
      await expect(log.write(() => 1)).rejects.toMatchObject({ code: 'closed' })
      await log.close()
    })
  })
}
