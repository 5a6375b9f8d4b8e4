/**
 * What a page is told of the ends of its commits and of its inbox: an end as the log has it, as often as it came to
 * stand there; the inbox as it is on the disk.
 */
import type { Entry } from '../../../core/commit.ts'
import type { CommitRef } from '../../../core/query.ts'
import type { EndedCommit } from '../../../engine/change.ts'
import type { MemoryTables } from '../../../log/memory-disk.ts'
import { dotText } from './server-audit.ts'

/** The ends that one worker has told, as texts, by `nameOf` the commit. */
export type ToldEnds = Map<string, string[]>

export function nameOf({ log, dot }: CommitRef): string {
  return `${dotText(dot)} of ${log}`
}

/** Null, or why this should not have been told. `placed`: in whatever life of the log, of wishes that ever had this name. */
export function endFault(end: EndedCommit, told: ToldEnds, placed: readonly Entry[]): string | null {
  const { fate } = end
  const name = nameOf(end)
  const said = fate.status === 'confirmed' ? `confirmed @${fate.position}` : `withdrawn (${fate.reason})`
  const stands = placed.filter(({ position, commit: { withdrawn } }) =>
    fate.status === 'confirmed'
      ? withdrawn === null && position === fate.position
      : withdrawn?.reason === fate.reason,
  )
  if (stands.length === 0) return `tells that ${name} is ${said}, and no log ever said so`
  const before = told.get(name) ?? []
  told.set(name, [...before, said])
  return before.filter((each) => each === said).length < stands.length
    ? null
    : `tells again that ${name} is ${said}`
}

interface Item extends CommitRef {
  readonly reason: string
}

/** What an inbox lists of all logs, in one order: by it two are compared. */
export function inboxText(items: readonly Item[]): string {
  const lines = items.map((item) => `${nameOf(item)} (${item.reason})`)
  return lines.sort().join(', ') || 'nothing'
}

export function inboxOnDisk({ inbox }: MemoryTables): readonly Item[] {
  const rows = [...inbox.values()].filter(({ dismissed }) => !dismissed)
  return rows.map(({ item: { log, dot, withdrawn } }) => ({
    log,
    dot,
    reason: withdrawn.withdrawn?.reason ?? '',
  }))
}
