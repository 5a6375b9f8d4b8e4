/**
 * What a write does to pending commits and to the inbox: pure, and the same for every implementation of the port.
 *
 * An outbox keeps its order: a commit that changes stays where it is, one that was placed leaves. An inbox item that
 * the user dismissed before its commit was placed stays hidden until then; otherwise its placed form would bring
 * it back.
 */

import type { Commit } from '../core/commit.ts'
import { type Dot, dotKey } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import type { InboxItem } from './port.ts'

export interface OutboxChange {
  readonly placed: ReadonlySet<string>
  readonly changedByKey: ReadonlyMap<string, Commit>
}

export function outboxChange(placed: readonly Dot[], changed: readonly Commit[]): OutboxChange {
  const change = {
    placed: new Set(placed.map(dotKey)),
    changedByKey: new Map(changed.map((commit) => [dotKey(commit.dot), commit])),
  }
  assert(change.changedByKey.size === changed.length, 'A pending commit changes once in a write.')
  for (const key of change.changedByKey.keys())
    assert(!change.placed.has(key), 'A commit is placed or pending, not both.')
  return change
}

export interface ChangedOutbox {
  readonly commits: readonly Commit[]
  readonly removed: number
  readonly replaced: number
}

/** Applies the change to a run of pending commits. */
export function changeOutbox(
  commits: readonly Commit[],
  { placed, changedByKey }: OutboxChange,
): ChangedOutbox {
  const kept: Commit[] = []
  let replaced = 0
  for (const commit of commits) {
    const key = dotKey(commit.dot)
    if (placed.has(key)) continue
    const changed = changedByKey.get(key)
    if (changed !== undefined) replaced += 1
    kept.push(changed ?? commit)
  }
  return { commits: kept, removed: commits.length - kept.length, replaced }
}

/** What becomes of the stored item of this dot; `dismissed` is undefined if there is none. */
export function inboxFate(dismissed: boolean | undefined, item: InboxItem): 'put' | 'stay_hidden' | 'remove' {
  if (dismissed !== true) return 'put'
  return item.position === null ? 'stay_hidden' : 'remove'
}
