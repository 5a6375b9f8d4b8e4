/**
 * A log whose writes take their time, at random: before they begin, in their transaction, and between the flush and the
 * answer. Some are rolled back after all their work, some are on disk and answered as a failure. Its reads take their
 * time too. Time is turns of the event loop, drawn in the order in which the log is asked.
 */
import type { Entry, Position } from 'varve/core'
import type { SeededRandom } from 'varve/testing'
import type { LogTx, ServerLog } from '../log-port.ts'

/**
 * For controls: what a broken log does.
 *   early        it answers before it has committed, also what it rolls back then
 *   acknowledged it answers what it has rolled back as if it were written
 *   overlapping  some of its pages begin an entry too early
 */
export type Lie = 'early' | 'acknowledged' | 'overlapping'

export interface RaggedLog extends ServerLog {
  /** What its writes have placed, of those that are on disk. Known to nobody before they are. */
  readonly kept: ReadonlyMap<Position, Entry>
  /** How many writes ended so. */
  readonly endings: { readonly written: number; readonly rolledBack: number; readonly unanswered: number }
}

const rolledBackChance = 0.2
const unansweredChance = 0.1
const overlapChance = 0.1
const turnsMax = 12

export class Unlucky extends Error {}

export function raggedLog(inner: ServerLog, random: SeededRandom, lie: Lie | null = null): RaggedLog {
  const kept = new Map<Position, Entry>()
  const endings = { written: 0, rolledBack: 0, unanswered: 0 }

  async function write<T>(fn: (tx: LogTx) => Promise<T> | T): Promise<T> {
    const [before, inside, after] = [random.below(turnsMax), random.below(turnsMax), random.below(turnsMax)]
    const isRolledBack = random.chance(rolledBackChance)
    const isUnanswered = !isRolledBack && random.chance(unansweredChance)
    await turns(before)
    endings[isRolledBack ? 'rolledBack' : isUnanswered ? 'unanswered' : 'written'] += 1
    const done = Promise.withResolvers<T>()
    const placed: Entry[] = []
    const committed = inner
      .write(async (tx) => {
        const value = await fn({ ...tx, place: (placing) => noted(placed, tx.place(placing)) })
        done.resolve(value)
        await turns(inside)
        if (isRolledBack) throw new Unlucky('rolled back')
        return value
      })
      .then((value) => {
        for (const entry of placed) kept.set(entry.position, entry)
        return value
      })
    if (lie === 'early') {
      committed.catch(() => undefined)
      return done.promise
    }
    if (lie === 'acknowledged') return committed.catch(() => done.promise)
    const value = await committed
    await turns(after)
    if (isUnanswered) throw new Unlucky('written, and not answered')
    return value
  }

  async function entryTexts(...[name, after, page]: Parameters<ServerLog['entryTexts']>) {
    await turns(random.below(turnsMax))
    const isOverlapping = lie === 'overlapping' && after > 0 && random.chance(overlapChance)
    const texts = await inner.entryTexts(name, isOverlapping ? after - 1 : after, page)
    await turns(random.below(turnsMax))
    return texts
  }

  return { ...inner, write, entryTexts, kept, endings }
}

async function noted(placed: Entry[], placing: Promise<Entry>): Promise<Entry> {
  const entry = await placing
  placed.push(entry)
  return entry
}

export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}
