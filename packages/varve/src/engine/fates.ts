/**
 * How commits ended, and how it stands with those that have not. Only the log says how: a fate is read off the entry
 * that holds the commit, and of a commit that is nowhere in the log nothing is claimed.
 *
 * A commit is looked for by its seed, if that is known, for it may bear another name than it did (rule C8), and by
 * then its first name is somebody else's.
 */
import type { Commit, Entry } from '../core/commit.ts'
import { type Dot, sameDot } from '../core/dot.ts'
import { inLineage, type Lineage, writtenBy } from '../core/lineage.ts'
import type { CommitRef, Fate, FateNow } from '../core/query.ts'
import type { InboxItem, LogHead, StoreLog } from '../log/port.ts'
import type { EndedCommit } from './change.ts'
import { itemOf } from './inbox.ts'
import type { LogState } from './log-state.ts'
import type { Present } from './present.ts'
import { readEntriesMax } from './read-by-time.ts'

/** @param inbox where the foreign events are that a withdrawn one met */
export function fateOf({ commit, position }: Entry, inbox: readonly InboxItem[] = []): Fate {
  if (commit.withdrawn === null) return { status: 'confirmed', position }
  const { reason, details, because } = commit.withdrawn
  const item = itemOf(inbox, commit)
  return {
    status: 'withdrawn',
    reason,
    because,
    ...(details === undefined ? {} : { details }),
    ...(item === undefined ? {} : { theirs: item.theirs.flatMap((entry) => entry.commit.events) }),
  }
}

/** The ends of our own commits among new entries. */
export function endedIn(
  entries: readonly Entry[],
  head: LogHead,
  inbox: readonly InboxItem[],
): readonly EndedCommit[] {
  const own = writtenBy(head.lineage, head.issued)
  return entries
    .filter(({ commit }) => inLineage(own, commit.dot))
    .map((entry) => ({ log: entry.commit.log, dot: entry.commit.dot, fate: fateOf(entry, inbox) }))
}

/** Looks commits up in their logs; each end is told under the name that was asked for. */
export async function readEnded(
  log: StoreLog,
  awaiting: readonly CommitRef[],
  present: Pick<Present, 'logs' | 'inbox'>,
): Promise<readonly EndedCommit[]> {
  const ended: EndedCommit[] = []
  const inbox = present.inbox()
  for (const state of present.logs()) {
    const missing = awaiting.filter((ref) => ref.log === state.id && pendingOf(state, ref) === undefined)
    ended.push(...(await readEndedOf(log, { head: state.head, inbox, refs: missing })))
  }
  return ended
}

/** Newest entries first, since commits are asked for soon after they ended. */
async function readEndedOf(
  log: StoreLog,
  {
    head: { log: id, position, lineage, issued },
    inbox,
    refs,
  }: {
    readonly head: LogHead
    readonly inbox: readonly InboxItem[]
    readonly refs: readonly CommitRef[]
  },
): Promise<readonly EndedCommit[]> {
  const own = writtenBy(lineage, issued)
  const ended: EndedCommit[] = []
  let sought = refs
  for (let upTo = position; upTo > 0 && sought.length > 0; upTo -= readEntriesMax) {
    const after = Math.max(0, upTo - readEntriesMax)
    const page = await log.readEntries(id, after, upTo - after)
    sought = sought.filter((ref) => {
      const entry = page.find(({ commit }) => isNamed(commit, ref, own))
      if (entry !== undefined) ended.push({ log: id, dot: ref.dot, fate: fateOf(entry, inbox) })
      return entry === undefined && !isBehind(page, ref.dot, own)
    })
  }
  return ended
}

function isNamed({ dot, seed }: Commit, ref: CommitRef, own: Lineage): boolean {
  if (ref.seed === undefined) return sameDot(dot, ref.dot) && inLineage(own, dot)
  return seed === ref.seed && (sameDot(dot, ref.dot) || inLineage(own, dot))
}

/** A replica's commits are placed in counter order: what was not found behind a smaller counter is not placed. */
function isBehind(page: readonly Entry[], dot: Dot, own: Lineage): boolean {
  if (!inLineage(own, dot)) return false
  return page.some(({ commit }) => commit.dot.replica === dot.replica && commit.dot.counter < dot.counter)
}

/** The commit, if it is pending, whatever it is called now. */
export function pendingOf({ outbox }: LogState, { dot, seed }: CommitRef): Commit | undefined {
  return outbox.find((commit) => (seed === undefined ? sameDot(commit.dot, dot) : commit.seed === seed))
}

/** @param sent per log, the last commit that the server has, and with it all before */
export function pendingFate(
  { head, outbox }: LogState,
  { dot }: Commit,
  sent: Dot | null | undefined,
): FateNow {
  return {
    status: isUpTo(outbox, sent, dot) ? 'sent' : 'pending',
    reverted: isUpTo(outbox, head.reverted, dot),
  }
}

/** Whether a pending commit stands in the outbox up to `last`; false if that is not pending (any more). */
export function isUpTo(outbox: readonly Commit[], last: Dot | null | undefined, dot: Dot): boolean {
  if (last === null || last === undefined) return false
  const at = outbox.findIndex((commit) => sameDot(commit.dot, dot))
  return at >= 0 && at <= outbox.findIndex((commit) => sameDot(commit.dot, last))
}
