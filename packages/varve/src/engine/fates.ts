/**
 * How commits ended. Only the log says so: a fate is read off the entry that holds the commit's dot, and of a commit
 * that is nowhere in the log nothing is claimed.
 */
import type { Entry } from '../core/commit.ts'
import { type Dot, dotKey, type LogId, type Position } from '../core/dot.ts'
import { inLineage, writtenBy } from '../core/lineage.ts'
import type { CommitRef, Fate } from '../core/query.ts'
import type { LogHead, StoreLog } from '../log/port.ts'
import type { EndedCommit } from './change.ts'
import { readEntriesMax } from './read-by-time.ts'

export function fateOf({ commit, position }: Entry): Fate {
  if (commit.withdrawn === null) return { status: 'confirmed', position }
  const { reason, details, because } = commit.withdrawn
  return { status: 'withdrawn', reason, because, ...(details === undefined ? {} : { details }) }
}

/** The ends of our own commits among new entries. */
export function endedIn(entries: readonly Entry[], head: LogHead): readonly EndedCommit[] {
  const own = writtenBy(head.lineage, head.issued)
  return entries
    .filter(({ commit }) => inLineage(own, commit.dot))
    .map((entry) => ({ log: entry.commit.log, dot: entry.commit.dot, fate: fateOf(entry) }))
}

/** Looks commits up in the log, newest entries first, since they are asked for soon after they ended. */
export async function readEnded(
  log: StoreLog,
  awaiting: readonly CommitRef[],
  positionOf: (log: LogId) => Position | undefined,
): Promise<readonly EndedCommit[]> {
  const dotsByLog = new Map<LogId, Map<string, Dot>>()
  for (const { log: id, dot } of awaiting) {
    const dots = dotsByLog.get(id) ?? new Map<string, Dot>()
    dotsByLog.set(id, dots.set(dotKey(dot), dot))
  }
  const ended: EndedCommit[] = []
  for (const [id, dots] of dotsByLog) {
    const position = positionOf(id)
    if (position !== undefined) ended.push(...(await readEndedOf(log, { id, position, dots })))
  }
  return ended
}

async function readEndedOf(
  log: StoreLog,
  {
    id,
    position,
    dots,
  }: { readonly id: LogId; readonly position: Position; readonly dots: Map<string, Dot> },
): Promise<readonly EndedCommit[]> {
  const ended: EndedCommit[] = []
  for (let upTo = position; upTo > 0 && dots.size > 0; upTo -= readEntriesMax) {
    const after = Math.max(0, upTo - readEntriesMax)
    const page = await log.readEntries(id, after, upTo - after)
    for (const entry of page) {
      if (dots.delete(dotKey(entry.commit.dot))) {
        ended.push({ log: id, dot: entry.commit.dot, fate: fateOf(entry) })
      }
    }
    // A replica's commits are placed in counter order: what was not found behind a smaller counter is not placed.
    for (const { commit } of page) {
      for (const [key, dot] of dots) {
        if (dot.replica === commit.dot.replica && dot.counter > commit.dot.counter) dots.delete(key)
      }
    }
  }
  return ended
}
