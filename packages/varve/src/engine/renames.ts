/**
 * The former names of pending commits: those that were renamed (rule C8), and saved wishes before they were carried
 * out. Whoever dispatched one holds its first name, and is answered under it. Kept in memory: whoever comes later asks
 * with the seed (fates.ts), and it is learned again.
 */
import type { Commit } from '../core/commit.ts'
import { dotKey, type LogId } from '../core/dot.ts'
import type { CommitRef } from '../core/query.ts'
import type { EndedCommit } from './change.ts'

export interface Renames {
  /** An outbox was replaced by one with the same intents. */
  learn(log: LogId, before: readonly Commit[], after: readonly Commit[]): void
  rename(old: CommitRef, now: CommitRef): void
  /** What a commit is called now. */
  presentName(ref: CommitRef): CommitRef
  /** With each end also under the names that the commit had before. */
  underAllNames(ended: readonly EndedCommit[]): readonly EndedCommit[]
}

export function createRenames(): Renames {
  const present = new Map<string, CommitRef>()
  const former = new Map<string, CommitRef[]>()
  const keyOf = ({ log, dot }: CommitRef): string => `${dotKey(dot)} ${log}`

  function learn(log: LogId, before: readonly Commit[], after: readonly Commit[]): void {
    const dots = new Map(after.map(({ intent, dot }) => [intent, dot]))
    for (const { intent, dot: was } of before) {
      const dot = dots.get(intent)
      if (dot === undefined || dotKey(dot) === dotKey(was)) continue
      rename({ log, dot: was }, { log, dot })
    }
  }

  function rename(old: CommitRef, now: CommitRef): void {
    if (keyOf(present.get(keyOf(old)) ?? old) === keyOf(now)) return
    const names = [...(former.get(keyOf(old)) ?? []), old]
    former.delete(keyOf(old))
    former.set(keyOf(now), [...(former.get(keyOf(now)) ?? []), ...names])
    for (const name of names) present.set(keyOf(name), now)
  }

  return Object.freeze({
    learn,
    rename,
    presentName: (ref: CommitRef) => present.get(keyOf(ref)) ?? ref,
    underAllNames: (ended: readonly EndedCommit[]) =>
      ended.flatMap((each) => [
        each,
        ...(former.get(keyOf(each)) ?? []).map((name) => ({ ...each, ...name })),
      ]),
  })
}
