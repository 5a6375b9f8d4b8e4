/**
 * Entries as they lie in `entries`: a row holds a run of positions, rows follow each other without a gap. All of it
 * runs inside a transaction that holds `entries`.
 */

import { type Entry, streamsWritten } from '../core/commit.ts'
import type { LogId, Position, StreamName } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import { packPages, streamKey, unpackItems, unpackSome } from './codec.ts'
import { Dexie } from './dexie-library.ts'
import type { Database, EntriesRow } from './dexie-schema.ts'

/** Rows unpacked at a time when reading one stream. */
const streamRowsMax = 32

export function packEntries(log: LogId, entries: readonly Entry[]): readonly EntriesRow[] {
  return packPages(entries).map(({ codec, text, ends, items }) => {
    const placesByStream = new Map<string, number[]>()
    for (const [index, { commit }] of items.entries()) {
      for (const stream of streamsWritten(commit)) {
        const places = placesByStream.get(stream) ?? []
        placesByStream.set(stream, places)
        places.push(index)
      }
    }
    const first = (items[0] as Entry).position
    return {
      log,
      first,
      last: first + items.length - 1,
      streams: [...placesByStream.keys()].map((stream) => streamKey(log, stream)),
      places: [...placesByStream.values()],
      codec,
      text,
      ends,
    }
  })
}

/** The row that the cut goes through is packed anew. */
export async function dropEntriesAfter({ entries }: Database, log: LogId, position: Position): Promise<void> {
  const byFirst = entries.where('[log+first]')
  const cut = await byFirst.between([log, Dexie.minKey], [log, position], true, true).last()
  await byFirst.between([log, position], [log, Dexie.maxKey], false, true).delete()
  if (cut === undefined || cut.last <= position) return
  const kept = unpackItems<Entry>(cut).slice(0, position - cut.first + 1)
  await entries.bulkPut(packEntries(log, kept))
}

export async function readEntriesAfter(
  { entries }: Database,
  log: LogId,
  after: Position,
  max: number,
): Promise<readonly Entry[]> {
  if (max <= 0) return []
  const byFirst = entries.where('[log+first]')
  const start = await byFirst.between([log, Dexie.minKey], [log, after + 1], true, true).last()
  if (start === undefined) return []
  const hasAll = start.last >= after + max
  const rest = hasAll
    ? []
    : await byFirst.between([log, after + 1], [log, after + max], false, true).toArray()
  const wanted = [start, ...rest].flatMap((row) => unpackRange(row, after + 1, after + max))
  for (const [index, entry] of wanted.entries())
    assert(entry.position === after + 1 + index, 'Stored positions have no gap.')
  return wanted
}

export async function readStreamAfter(
  { entries }: Database,
  { log, stream, after, max }: StreamQuery,
): Promise<readonly Entry[]> {
  const key = streamKey(log, stream)
  const keys = await entries.where('streams').equals(key).primaryKeys()
  // Keys ascend, and of the rows that begin at or before `after` only the last can reach beyond it.
  const begin = Math.max(
    0,
    keys.findLastIndex(([, first]) => first <= after),
  )
  const found: Entry[] = []
  for (let at = begin; at < keys.length && found.length < max; at += streamRowsMax) {
    const rows = await entries.bulkGet(keys.slice(at, at + streamRowsMax))
    for (const row of rows) {
      assert(row !== undefined, 'A row that the index names is there.')
      const places = row.places[row.streams.indexOf(key)]?.filter((index) => row.first + index > after) ?? []
      found.push(...unpackAt(row, places.slice(0, max - found.length)))
    }
  }
  return found
}

export interface StreamQuery {
  readonly log: LogId
  readonly stream: StreamName
  readonly after: Position
  readonly max: number
}

/** The entries of a row with a position in from..to. */
function unpackRange(row: EntriesRow, from: Position, to: Position): readonly Entry[] {
  const begin = Math.max(row.first, from)
  const count = Math.max(0, Math.min(row.last, to) - begin + 1)
  return unpackAt(
    row,
    Array.from({ length: count }, (_, index) => begin - row.first + index),
  )
}

function unpackAt(row: EntriesRow, indexes: readonly number[]): readonly Entry[] {
  const isWhole = indexes.length === row.ends.length
  const entries = isWhole ? unpackItems<Entry>(row) : unpackSome<Entry>(row, indexes)
  for (const [at, index] of indexes.entries())
    assert(entries[at]?.position === row.first + index, 'A row holds the positions that it says.')
  return entries
}
