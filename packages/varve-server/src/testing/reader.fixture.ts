/** Reads one log, as whoever follows it must see it: each entry once, in order, on the chain; else it is a fault. */
import { chainOf, chainStart, type Entry, type LogId, type Position } from 'varve/core'
import type { Cursor } from 'varve/protocol'

export interface Reader {
  readonly entries: readonly Entry[]
  position(): Position
  cursor(): Cursor
  /** What a welcome said. */
  welcomed(epoch: string): void
  take(page: readonly Entry[]): void
}

/** @param before what was read in an earlier life */
export function createReader(
  log: LogId,
  fault: (sentence: string) => void,
  before: readonly Entry[] = [],
): Reader {
  const entries = [...before]
  let epoch: string | null = null

  function take(page: readonly Entry[]): void {
    for (const entry of page) {
      const last = entries.at(-1)
      const { chain, ...unchained } = entry
      if (entry.position !== (last?.position ?? 0) + 1)
        fault(`${log}: after @${last?.position ?? 0} came @${entry.position}`)
      else if (chainOf(last?.chain ?? chainStart, unchained) !== chain)
        fault(`${log}@${entry.position} does not continue the entry before`)
      entries.push(entry)
    }
  }

  const position = (): Position => entries.at(-1)?.position ?? 0
  return Object.freeze({
    entries,
    position,
    cursor: () => ({ log, epoch, position: position(), chain: entries.at(-1)?.chain ?? chainStart }),
    welcomed(told: string): void {
      epoch = told
    },
    take,
  })
}
