/**
 * The inbox: what of ours was refused after all, until the user dismisses or retries it. An item is `withdrawing` while
 * its commit is pending and `withdrawn` once the log has placed it (rule C9). A cancelled commit is no news to whoever
 * cancelled it and is not listed; what leaned on it is.
 */
import type { Commit, Entry } from '../core/commit.ts'
import { type Dot, dotKey, type LogId, sameDot } from '../core/dot.ts'
import type { CommitRef, InboxNote } from '../core/query.ts'
import type { ChangedCommit, PlacedCommit } from '../core/reconcile.ts'
import type { InboxItem } from '../log/port.ts'

export const cancelled = 'cancelled'

/** Items for pending commits that have become withdrawn. */
export function newlyWithdrawn(
  log: LogId,
  changed: readonly ChangedCommit[],
  wasPlaced: WasPlaced,
): readonly InboxItem[] {
  return changed.flatMap(({ before, after, theirs }) =>
    before.withdrawn === null && isListed(after)
      ? [
          {
            ...{ log, dot: after.dot, mine: before, withdrawn: after, theirs, position: null },
            ...revertedIf(wasPlaced(before.dot)),
          },
        ]
      : [],
  )
}

/** Whether a pending commit was in the log before that was set back (rule C7). */
export type WasPlaced = (dot: Dot) => boolean

function revertedIf(isReverted: boolean): Pick<InboxItem, 'reverted'> {
  return isReverted ? { reverted: true } : {}
}

export interface PlacedInbox {
  readonly items: readonly InboxItem[]
  /** Those of `items` that the user has dismissed while they were withdrawing: the log forgets them now. */
  readonly hidden: ReadonlySet<InboxItem>
  readonly gone: readonly Dot[]
}

/** What the log's word on our commits does to the inbox; `known` holds the foreign entries at hand. */
export function placedInbox(
  placed: readonly PlacedCommit[],
  {
    inbox,
    known,
    wasPlaced,
  }: {
    readonly inbox: readonly InboxItem[]
    readonly known: readonly Entry[]
    readonly wasPlaced: WasPlaced
  },
): PlacedInbox {
  const items: InboxItem[] = []
  const hidden = new Set<InboxItem>()
  const gone: Dot[] = []
  for (const { entry, held } of placed) {
    const { commit, position } = entry
    if (commit.withdrawn === null) {
      if (held.withdrawn !== null) gone.push(commit.dot)
    } else if (isListed(commit)) {
      const before = itemOf(inbox, { log: commit.log, dot: commit.dot })
      const because = new Set(commit.withdrawn.because.map(dotKey))
      const item: InboxItem = {
        log: commit.log,
        dot: commit.dot,
        mine: before?.mine ?? held,
        withdrawn: commit,
        theirs: before?.theirs ?? known.filter((each) => because.has(dotKey(each.commit.dot))),
        position,
        ...revertedIf(
          before === undefined ? held.withdrawn === null && wasPlaced(held.dot) : before.reverted === true,
        ),
      }
      items.push(item)
      if (before === undefined && held.withdrawn !== null) hidden.add(item)
    }
  }
  return { items, hidden, gone }
}

export interface ResetInbox {
  readonly log: LogId
  readonly inbox: readonly InboxItem[]
  /** All of it, after the reset. */
  readonly outbox: readonly Commit[]
  readonly changed: readonly ChangedCommit[]
  /** Commits of ours that were placed and are pending again. */
  readonly placed: readonly Commit[]
  /** Of those that were pending before the reset. */
  readonly wasPlaced: WasPlaced
}

/**
 * What a reset does to the inbox: items follow their commits to new names and back to withdrawing. A withdrawn commit
 * without an item was dismissed, and stays out of sight.
 */
export function resetInbox({ log, inbox, outbox, changed, placed, wasPlaced }: ResetInbox): {
  readonly inbox: readonly InboxItem[]
  readonly inboxHidden: readonly InboxItem[]
  readonly inboxGone: readonly Dot[]
} {
  const changes = new Map(changed.map((change) => [change.after, change]))
  const again = new Set(placed.map(({ dot }) => dotKey(dot)))
  const items: InboxItem[] = []
  const inboxHidden: InboxItem[] = []
  const inboxGone: Dot[] = []
  for (const commit of outbox) {
    const { before, theirs } = changes.get(commit) ?? { before: commit, theirs: [] }
    const isRenamed = !sameDot(before.dot, commit.dot)
    if (!isListed(commit) || (commit === before && !again.has(dotKey(commit.dot)))) continue
    if (isRenamed) inboxGone.push(before.dot)
    const known = itemOf(inbox, { log, dot: before.dot })
    const isReverted = before.withdrawn === null && (again.has(dotKey(commit.dot)) || wasPlaced(before.dot))
    const item: InboxItem = {
      ...{ mine: before, theirs, ...revertedIf(isReverted) },
      ...known,
      ...{ log, dot: commit.dot, withdrawn: commit, position: null },
    }
    if (before.withdrawn !== null && known === undefined) inboxHidden.push(item)
    else items.push(item)
  }
  return { inbox: items, inboxHidden, inboxGone }
}

/** The inbox after items came in (each replaces that of the same dot) and went. */
export function inboxAfter(
  inbox: readonly InboxItem[],
  { items, gone }: { readonly items: readonly InboxItem[]; readonly gone: readonly CommitRef[] },
): readonly InboxItem[] {
  const leaving: readonly CommitRef[] = [...items, ...gone]
  return [...inbox.filter((item) => itemOf(leaving, item) === undefined), ...items]
}

/** Oldest wish first, the same in every tab. */
export function inInboxOrder(inbox: readonly InboxItem[]): readonly InboxItem[] {
  const key = ({ log, dot }: InboxItem): string => `${dotKey(dot)} ${log}`
  return [...inbox].sort((a, b) => a.mine.now - b.mine.now || (key(a) < key(b) ? -1 : 1))
}

function isListed(commit: Commit): boolean {
  return commit.withdrawn !== null && commit.withdrawn.reason !== cancelled
}

export function itemOf<T extends CommitRef>(inbox: readonly T[], { log, dot }: CommitRef): T | undefined {
  return inbox.find((item) => item.log === log && sameDot(item.dot, dot))
}

export function inboxNote({ log, dot, mine, withdrawn, theirs, position, reverted }: InboxItem): InboxNote {
  return {
    log,
    dot,
    reason: withdrawn.withdrawn?.reason ?? '',
    details: withdrawn.withdrawn?.details ?? null,
    commands: mine.commands,
    mine: mine.events,
    theirs: theirs.flatMap((entry) => entry.commit.events),
    now: mine.now,
    root: mine.root,
    status: position === null ? 'withdrawing' : 'withdrawn',
    reverted: reverted === true,
  }
}
