/**
 * Two questions about earlier commits that a dispatch may have to ask of the log.
 *
 * Was this very wish stored already? Asked when a worker died before it could answer. Has the wish that this one
 * retries been applied after all (rule C11)? Asked so that a retry never comes on top of the original.
 */
import { type Commit, type Intent, intentOf } from '../core/commit.ts'
import type { LogId, Position } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import type { DispatchResult } from '../core/query.ts'
import { itemOf } from './inbox.ts'
import { readEntriesMax } from './read-by-time.ts'
import type { Writer } from './writer.ts'

/**
 * The answer that the wish was given then, or null if it is neither pending nor among the last entries.
 *
 * @param after a position after which it was placed, if it was; the last page of entries is searched in any case
 */
export async function readAnswer(
  { log, present }: Writer,
  id: LogId,
  {
    intent,
    after = Number.POSITIVE_INFINITY,
  }: { readonly intent: Intent; readonly after?: Position | undefined },
): Promise<DispatchResult | null> {
  const { outbox, head } = present.mustLog(id)
  const hash = intentOf(intent)
  const has = (commit: Commit): boolean => commit.intent === hash
  const pending = outbox.find(has)
  if (pending !== undefined) return answerOf(pending)
  const last = Math.max(0, head.position - readEntriesMax)
  for (let from = Math.min(after, last); from < head.position; from += readEntriesMax) {
    const entries = await log.readEntries(id, from, Math.min(readEntriesMax, head.position - from))
    const placed = entries.find((entry) => has(entry.commit))
    if (placed !== undefined) return answerOf(placed.commit)
  }
  return null

  function answerOf(commit: Commit): DispatchResult {
    // As it was decided then; what became of it is told by its fate.
    const then = itemOf(present.inbox(), { log: id, dot: commit.dot })?.mine ?? commit
    return { ok: true, log: id, dot: commit.dot, events: then.events }
  }
}

/** Whether a commit of this root holds events, pending or placed. */
export async function isApplied({ log, present }: Writer, id: LogId, root: Hash): Promise<boolean> {
  const { outbox, head } = present.mustLog(id)
  const holds = (commit: Commit): boolean => commit.root === root && commit.events.length > 0
  if (outbox.some(holds)) return true
  // A copy of it can only have been placed after it was born; without its item that is not known.
  const items = present.inbox().filter((item) => item.log === id && item.withdrawn.root === root)
  let after = items.length === 0 ? 0 : Math.min(...items.map((item) => item.mine.born))
  while (after < head.position) {
    const entries = await log.readEntries(id, after, Math.min(readEntriesMax, head.position - after))
    if (entries.some((entry) => holds(entry.commit))) return true
    after = entries.at(-1)?.position ?? head.position
  }
  return false
}
