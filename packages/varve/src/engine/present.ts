/**
 * The present: all that the engine holds in memory, and the few ways in which it may change. Each is a swap: called
 * after the log's write (or read) has resolved, synchronous, and followed by one change message. So whoever looks sees
 * a state that is stored, and never half of one.
 */
import type { Commit, Entry } from '../core/commit.ts'
import { type Dot, type LogId, type Position, type StreamName, sameDot } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { CommitRef } from '../core/query.ts'
import type { View } from '../core/view.ts'
import type { World } from '../core/world.ts'
import type { InboxItem, LogHead, StoreRecord } from '../log/port.ts'
import { type Change, type EndedCommit, noChange } from './change.ts'
import { endedIn, pendingOf } from './fates.ts'
import { inInboxOrder } from './inbox.ts'
import { appended, type LogState, reconciled, refolded, streamsBetween } from './log-state.ts'
import { mergeByTime } from './read-by-time.ts'
import type { Recent } from './recent.ts'
import { createRenames } from './renames.ts'
import { sameShown } from './same-shown.ts'
import type { Views } from './views.ts'

export interface Appended {
  readonly head: LogHead
  readonly commits: readonly Commit[]
  readonly inbox: readonly InboxItem[]
  /** A fork of the pending world that holds the commits. */
  readonly trial: World
}

export interface Settled {
  readonly head: LogHead
  readonly entries: readonly Entry[]
  readonly outbox: readonly Commit[]
  /** A fork of the confirmed world that holds the entries, and a fork of that with the outbox. */
  readonly step: World
  readonly pending: World
  readonly recent: Recent
  readonly inbox: readonly InboxItem[]
}

export interface LogNews {
  readonly head: LogHead
  readonly entries: readonly Entry[]
  readonly outbox: readonly Commit[]
}

export interface Rebuilt {
  readonly states: readonly LogState[]
  readonly views: ReadonlyMap<string, View>
  readonly times: ReadonlyMap<LogId, number>
  readonly inbox: readonly InboxItem[]
  /** The ends, under the names that they had here, of commits that were pending here. */
  readonly ended: readonly EndedCommit[]
}

export interface Present {
  /** Throws `unknown_log`. */
  mustLog(id: LogId): LogState
  logs(): readonly LogState[]
  readonly views: Views
  inbox(): readonly InboxItem[]
  /** Commits of this tab were stored. */
  append(id: LogId, next: Appended): void
  /** What `was` became, and its end if that is known already. */
  learnName(was: CommitRef, dot: Dot, ended: readonly EndedCommit[]): void
  /** Entries were reconciled, or pending commits revised, by this tab. */
  settle(id: LogId, next: Settled): void
  /** Another tab wrote. */
  takeNews(newsByLog: ReadonlyMap<LogId, LogNews>, inbox: readonly InboxItem[]): void
  /** A log was reset: everything was folded anew from the disk. */
  rebuild(next: Rebuilt): void
  /** What a commit is called now; by its seed also if it was renamed before this engine was here. */
  presentName(ref: CommitRef): CommitRef
  /** Late projections were folded again. */
  reorder(views: ReadonlyMap<string, View>): void
  /** The user has seen an item, or has tried again. */
  dismiss(ref: CommitRef): void
}

export interface PresentStart {
  readonly logs: readonly LogState[]
  readonly views: Views
  readonly publish: (change: Change) => void
}

export function createPresent({ logs: start, views, publish }: PresentStart): Present {
  const logs = new Map(start.map((state) => [state.id, state]))
  const renames = createRenames()
  let inbox: readonly InboxItem[] = []

  function mustLog(id: LogId): LogState {
    const state = logs.get(id)
    if (state === undefined) throw new VarveError('unknown_log', `This store holds no log ${id}.`)
    return state
  }

  const outboxOf = (id: LogId): readonly Commit[] => mustLog(id).outbox

  function swapInbox(items: readonly InboxItem[]): boolean {
    const next = inInboxOrder(items)
    const changed = !sameShown(inbox, next)
    inbox = next
    return changed
  }

  function append(id: LogId, next: Appended): void {
    logs.set(id, appended(mustLog(id), next))
    const { commits } = next
    const streams = new Set(commits.flatMap((commit) => commit.commands.map((command) => command.stream)))
    publish({
      ...noChange,
      streams,
      views: views.append(id, commits, outboxOf),
      inbox: next.inbox.length > 0 && swapInbox([...inbox, ...next.inbox]),
      logs: true,
    })
  }

  /** A wish was acknowledged under another name than the commit that it became. */
  function learnName(was: CommitRef, dot: Dot, ended: readonly EndedCommit[]): void {
    renames.rename(was, { log: was.log, dot })
    if (ended.length > 0) publish({ ...noChange, fates: renames.underAllNames(ended), logs: false })
  }

  function settle(id: LogId, next: Settled): void {
    const { entries, head } = next
    const before = mustLog(id)
    const after = reconciled(before, next)
    logs.set(id, after)
    publish({
      streams: streamsBetween(before, after, entries),
      views: views.replace(new Set([id]), entries, outboxOf),
      fates: renames.underAllNames(endedIn(entries, head, next.inbox)),
      inbox: swapInbox(next.inbox),
      logs: true,
    })
  }

  function takeNews(newsByLog: ReadonlyMap<LogId, LogNews>, nextInbox: readonly InboxItem[]): void {
    const changed = new Set<LogId>()
    const streams = new Set<StreamName>()
    const fates: EndedCommit[] = []
    const pages: (readonly Entry[])[] = []
    for (const [id, news] of newsByLog) {
      const before = mustLog(id)
      if (news.entries.length === 0 && sameShown(before.head, news.head)) continue
      const after = refolded(before, news)
      logs.set(id, after)
      changed.add(id)
      pages.push(news.entries)
      fates.push(...endedIn(news.entries, news.head, nextInbox))
      for (const stream of streamsBetween(before, after, news.entries)) streams.add(stream)
    }
    const inboxChanged = swapInbox(nextInbox)
    if (changed.size === 0 && !inboxChanged) return
    const viewsChanged = views.replace(changed, mergeByTime(pages), outboxOf)
    publish({
      streams,
      views: viewsChanged,
      fates: renames.underAllNames(fates),
      inbox: inboxChanged,
      logs: false,
    })
  }

  function rebuild({ states, views: folded, times, inbox: nextInbox, ended }: Rebuilt): void {
    for (const state of states) {
      renames.learn(state.id, mustLog(state.id).outbox, state.outbox)
      logs.set(state.id, state)
    }
    publish({
      streams: 'all',
      views: views.rebuild(folded, times, outboxOf),
      fates: renames.underAllNames(ended),
      inbox: swapInbox(nextInbox),
      logs: false,
    })
  }

  function reorder(folded: ReadonlyMap<string, View>): void {
    publish({ ...noChange, views: views.reorder(folded, outboxOf), logs: false })
  }

  function presentName(ref: CommitRef): CommitRef {
    const state = ref.seed === undefined ? undefined : logs.get(ref.log)
    const commit = state && pendingOf(state, ref)
    if (state !== undefined && commit !== undefined)
      renames.rename({ log: ref.log, dot: ref.dot }, { log: ref.log, dot: commit.dot })
    return renames.presentName(ref)
  }

  function dismiss({ log, dot }: CommitRef): void {
    const changed = swapInbox(inbox.filter((item) => item.log !== log || !sameDot(item.dot, dot)))
    if (changed) publish({ ...noChange, inbox: true, logs: true })
  }

  return Object.freeze({
    mustLog,
    logs: () => [...logs.values()],
    views,
    inbox: () => inbox,
    append,
    learnName,
    settle,
    takeNews,
    rebuild,
    presentName,
    reorder,
    dismiss,
  })
}

export function mustHeadOf(record: StoreRecord, id: LogId): LogHead {
  const head = record.heads.find((each) => each.log === id)
  if (head === undefined) throw new VarveError('unknown_log', `The store on this device holds no log ${id}.`)
  return head
}

export function positionsOf(logs: readonly LogState[]): Record<LogId, Position> {
  return Object.fromEntries(logs.map(({ id, head }) => [id, head.position]))
}
