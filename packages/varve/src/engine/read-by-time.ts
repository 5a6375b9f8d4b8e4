/**
 * Reads the entries of several logs as one sequence: by the servers' time, then in the order of the ranges. Within a
 * log it is the log's own order, since times never fall there. Memory holds a page per log.
 */
import { chainStart, type Entry } from '../core/commit.ts'
import type { LogId, Position } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import type { Hash } from '../core/hash.ts'
import type { StoreLog } from '../log/port.ts'

export interface Range {
  readonly log: LogId
  /** Entries with after < position <= upTo. */
  readonly after: Position
  readonly upTo: Position
}

export const readEntriesMax = 1_000

interface Cursor {
  readonly range: Range
  after: Position
  page: readonly Entry[]
  next: number
}

/** Yields pages in merged order. The ranges must lie within what is stored. */
export async function* readByTime(log: StoreLog, ranges: readonly Range[]): AsyncGenerator<readonly Entry[]> {
  let cursors: Cursor[] = ranges.map((range) => ({ range, after: range.after, page: [], next: 0 }))
  for (;;) {
    for (const cursor of cursors) if (cursor.next === cursor.page.length) await fill(log, cursor)
    cursors = cursors.filter((cursor) => cursor.next < cursor.page.length)
    if (cursors.length === 0) return
    yield takeMerged(cursors)
  }
}

/** The entries of one log, in pages. */
export async function* readPages(log: StoreLog, range: Range): AsyncGenerator<readonly Entry[]> {
  yield* readByTime(log, [range])
}

async function fill(log: StoreLog, cursor: Cursor): Promise<void> {
  const { range, after } = cursor
  cursor.page = []
  cursor.next = 0
  if (after >= range.upTo) return
  const page = await log.readEntries(range.log, after, Math.min(readEntriesMax, range.upTo - after))
  assert(page[0]?.position === after + 1, `The log ${range.log} is stored without gaps up to @${range.upTo}.`)
  cursor.page = page
  cursor.after = page.at(-1)?.position ?? after
}

/** As many as can be ordered without reading more. */
function takeMerged(cursors: readonly Cursor[]): readonly Entry[] {
  const merged: Entry[] = []
  for (;;) {
    let earliest: Cursor | undefined
    for (const cursor of cursors) {
      if (earliest === undefined || timeOf(cursor) < timeOf(earliest)) earliest = cursor
    }
    if (earliest === undefined) return merged
    merged.push(earliest.page[earliest.next] as Entry)
    earliest.next += 1
    if (earliest.next === earliest.page.length) return merged
  }
}

function timeOf({ page, next }: Cursor): number {
  return page[next]?.time ?? Number.POSITIVE_INFINITY
}

/** The server's time of the entry at a position; of none, before all times. */
export async function timeAt(log: StoreLog, id: LogId, position: Position): Promise<number> {
  return position === 0 ? Number.NEGATIVE_INFINITY : (await entryAt(log, id, position)).time
}

export async function chainAt(log: StoreLog, id: LogId, position: Position): Promise<Hash> {
  return position === 0 ? chainStart : (await entryAt(log, id, position)).chain
}

async function entryAt(log: StoreLog, id: LogId, position: Position): Promise<Entry> {
  const [entry] = await log.readEntries(id, position - 1, 1)
  assert(entry !== undefined, `The log ${id} is stored up to @${position}.`)
  return entry
}

/** Whether an entry of the log `at` belongs before one that is folded; `folded`: the last time folded of each log. */
export function isLate(
  folded: readonly number[],
  { time, at }: { readonly time: number; readonly at: number },
): boolean {
  return folded.some((last, log) => log !== at && (time < last || (time === last && at < log)))
}

/** Entries of several logs that are in memory already, in the same order. */
export function mergeByTime(pages: readonly (readonly Entry[])[]): readonly Entry[] {
  const filled = pages.filter((page) => page.length > 0)
  if (filled.length < 2) return filled[0] ?? []
  // Sorting is stable: equal times keep the order of the pages, and a page keeps its own.
  return filled.flat().sort((a, b) => a.time - b.time)
}
