/**
 * Who counts as "oneself" on a log: the present replica and, up to the dot where each was left, its ancestors.
 * Commits of an ancestor after that dot were written by somebody else (a clone, a tab that came back): foreign.
 */
import type { Dot, ReplicaId } from './dot.ts'

export interface Branch {
  readonly replica: ReplicaId
  /** The last counter that is one's own; `openEnd` for the replica that still writes. */
  readonly upTo: number
}

/** The present replica first, then its ancestors, nearest first. */
export type Lineage = readonly Branch[]

export const openEnd: number = Number.MAX_SAFE_INTEGER

export function inLineage(lineage: Lineage, dot: Dot): boolean {
  return lineage.some((branch) => branch.replica === dot.replica && dot.counter <= branch.upTo)
}

export function firstLineage(replica: ReplicaId): Lineage {
  return [{ replica, upTo: openEnd }]
}

/** The lineage as far as it has written yet: later dots of the present replica are not its own (rule C8). */
export function writtenBy([present, ...ancestors]: Lineage, issued: number): Lineage {
  return present === undefined ? ancestors : [{ replica: present.replica, upTo: issued }, ...ancestors]
}

/**
 * A new replica continues `lineage`, of which the present one has issued `issued` commits on this log. An ancestor
 * that never wrote here is left out: nobody could name it as a parent.
 */
export function continueLineage(lineage: Lineage, issued: number, replica: ReplicaId): Lineage {
  const [present, ...ancestors] = lineage
  const left = present !== undefined && issued > 0 ? [{ replica: present.replica, upTo: issued }] : []
  return [{ replica, upTo: openEnd }, ...left, ...ancestors]
}

/** What the first commit of the present replica names as its parent. */
export function parentOf(lineage: Lineage): Dot | null {
  const ancestor = lineage[1]
  return ancestor === undefined ? null : { replica: ancestor.replica, counter: ancestor.upTo }
}
