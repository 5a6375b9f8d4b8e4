/**
 * How a page of commits or entries lies in a row: the only place that knows.
 *
 * Codec 1 is JSON, which keeps plain data exactly. A row names its codec, so that a denser one (columns) can follow
 * and old rows stay readable. A page is cut into rows of at most a quarter of a mebibyte, whatever is in it: a
 * reader of one stream clones whole rows to take a few entries out of them, and a short transaction does not hold up
 * other tabs. A single item that is larger has a row of its own.
 */
import type { LogId, StreamName } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'

export interface Packed {
  readonly codec: number
  readonly text: string
}

export interface PackedPage<T> extends Packed {
  readonly items: readonly T[]
  /** Where in `text` each item ends: what lets a reader unpack one of a thousand. */
  readonly ends: readonly number[]
}

/** In UTF-16 units, which take one or two bytes on disk. */
export const rowCharsMax = 128 * 1024

const json = 1

/** Packs items, in order, into as few rows as the limit allows; no rows for no items. */
export function packPages<T>(items: readonly T[], charsMax: number = rowCharsMax): readonly PackedPage<T>[] {
  const pages: PackedPage<T>[] = []
  let first = 0
  let texts: string[] = []
  let ends: number[] = []
  const cut = (end: number): void => {
    if (end > first)
      pages.push({ codec: json, text: `[${texts.join(',')}]`, ends, items: items.slice(first, end) })
    first = end
    texts = []
    ends = []
  }
  for (const [index, item] of items.entries()) {
    const text = JSON.stringify(item)
    // A bracket or a comma before it, a bracket behind.
    if ((ends.at(-1) ?? 0) + 1 + text.length + 1 > charsMax) cut(index)
    texts.push(text)
    ends.push((ends.at(-1) ?? 0) + 1 + text.length)
  }
  cut(items.length)
  return pages
}

/** Packs items into exactly one row. */
export function packItems(items: readonly unknown[]): Packed {
  return { codec: json, text: JSON.stringify(items) }
}

/** Every call gives new objects: nobody shares what is stored. */
export function unpackItems<T>({ codec, text }: Packed): readonly T[] {
  mustKnow(codec)
  return JSON.parse(text) as readonly T[]
}

/** The items with these indexes, at the cost of these only. */
export function unpackSome<T>(
  { codec, text, ends }: Pick<PackedPage<T>, 'codec' | 'text' | 'ends'>,
  indexes: readonly number[],
): readonly T[] {
  mustKnow(codec)
  return indexes.map((index) => JSON.parse(text.slice((ends[index - 1] ?? 0) + 1, ends[index])) as T)
}

function mustKnow(codec: number): void {
  if (codec === json) return
  throw new VarveError(
    'store_newer',
    `A stored page is in codec ${codec}; this program reads codec ${json}.`,
    {
      hint: 'A newer version of the program has written to this store: reload.',
    },
  )
}

/** A stream of a log as one key; the length keeps names with a bar in them apart. */
export function streamKey(log: LogId, stream: StreamName): string {
  return `${log.length}|${log}|${stream}`
}
