/**
 * Many writers (crowd-writer) and some subscribers (crowd-subscriber) on one log. What each saw, and was told, is held
 * against the log.
 */
import { type Dot, dotKey, type Entry, type LogId } from 'varve/core'
import type { Receipt } from 'varve/protocol'
import { type SeededRandom, seededRandom } from 'varve/testing'
import { habits, subscribe } from './crowd-subscriber.fixture.ts'
import { commitsPerWriter, writeAll } from './crowd-writer.fixture.ts'
import type { Lines } from './line.fixture.ts'
import type { RaggedLog } from './ragged-log.fixture.ts'

export interface CrowdOptions {
  readonly lines: Lines
  readonly log: RaggedLog
  readonly seed: number
  readonly writers: number
}

export interface CrowdResult {
  /** Sentences about what is wrong; none if all is well. */
  readonly faults: readonly string[]
  readonly entries: readonly Entry[]
}

/** What one of the crowd has. */
export interface CrowdMember {
  readonly name: LogId
  readonly lines: Lines
  readonly log: RaggedLog
  readonly random: SeededRandom
  readonly receipts: Receipts
  /** How many commits there will be. */
  readonly total: number
  readonly fault: (sentence: string) => void
}

export interface Receipts {
  count(): number
  has(dot: Dot): boolean
  take(receipt: Receipt): void
  /** Resolves when so many commits have one. */
  reached(count: number): Promise<void>
}

const name = 'shop'

/** Resolves when everybody has everything, or nothing happens any more. */
export async function runCrowd({ lines, log, seed, writers }: CrowdOptions): Promise<CrowdResult> {
  const faults: string[] = []
  const total = writers * commitsPerWriter
  const receipts = createReceipts(log, faults)
  const waiting = new Set<string>()

  async function join(
    who: string,
    index: number,
    live: (member: CrowdMember) => Promise<void>,
  ): Promise<void> {
    waiting.add(who)
    // Of its own, so that what one does moves nobody else's.
    const random = seededRandom(seed * 1_000 + index)
    const fault = (sentence: string): void => void faults.push(`${who}: ${sentence}`)
    await live({ name, lines, log, random, receipts, total, fault })
    waiting.delete(who)
  }

  await Promise.race([
    Promise.all([
      ...Array.from({ length: writers }, (_, index) =>
        join(`writer ${index}`, index, (member) => writeAll(member, `w${index}`)),
      ),
      ...habits.map((habit, index) =>
        join(`who is ${habit.name}`, writers + index, (member) => subscribe(member, habit)),
      ),
    ]),
    lines.stalled(),
  ])
  if (waiting.size > 0) faults.push(`nothing happens any more, and these wait: ${[...waiting].join(', ')}`)
  const entries = await log.entries(name, 0, total + 1)
  return { faults: [...faults, ...faultsOf(entries, log, total)], entries }
}

function createReceipts({ kept }: RaggedLog, faults: string[]): Receipts {
  const dots = new Set<string>()
  let waiting: { readonly count: number; readonly resolve: () => void }[] = []

  return {
    count: () => dots.size,
    has: (dot: Dot) => dots.has(dotKey(dot)),
    take({ placed }: Receipt): void {
      for (const { dot, position } of placed) {
        const own = kept.get(position)?.commit.dot
        if (own === undefined || dotKey(own) !== dotKey(dot))
          faults.push(`${dotKey(dot)} has a receipt for @${position}, and is not on disk there`)
        dots.add(dotKey(dot))
      }
      for (const { count, resolve } of waiting) if (dots.size >= count) resolve()
      waiting = waiting.filter(({ count }) => dots.size < count)
    },
    reached(count: number): Promise<void> {
      if (dots.size >= count) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ count, resolve })
      return promise
    },
  }
}

/** Each commit of each writer stands in the log once, and the log is what was placed and not rolled back. */
function faultsOf(entries: readonly Entry[], { kept }: RaggedLog, total: number): string[] {
  const placed = new Set(entries.map(({ commit }) => dotKey(commit.dot)))
  return [
    ...(entries.length === total && placed.size === total
      ? []
      : [`${entries.length} entries of ${placed.size} commits, of ${total}`]),
    ...entries
      .filter(({ position, chain }) => kept.get(position)?.chain !== chain)
      .map(({ position }) => `@${position} stands in the log, and no write that was kept has placed it`),
  ]
}
