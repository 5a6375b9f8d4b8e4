/**
 * Commits that say to know no more of the log than they need: `base` and `born` are lowered to the last entry that wrote
 * to a stream which their command can have to do with, and to 0 once they are withdrawn.
 *
 * What the server finds (A5), what is decided again (C4, C7), and what `theirs` holds depend on entries on those streams
 * alone, so such a commit has the same fate. But many commits, and so many logs, that differ in nothing else become one.
 */
import { type Commit, type Entry, sealCommit } from '../../core/commit.ts'
import type { ToyCommand } from '../toy-rules.ts'
import type { Client } from './client-state.ts'
import { pairOf } from './memory.ts'

/** What a toy command may read or write, whatever it finds. */
const reach: Readonly<Record<ToyCommand, readonly string[]>> = {
  TAB: ['seat/A', 'seat/B'],
  NB: ['seat/B', 'seat/C'],
  TA: ['seat/A'],
  FA: ['seat/A'],
  EAB: ['seat/A', 'seat/B'],
  RAB: ['seat/A', 'seat/B'],
  RBA: ['seat/A', 'seat/B'],
  like: ['like/L'],
}

export function lowered(client: Client): Client {
  const outbox = client.outbox.map((commit) => loweredCommit(commit, client.entries))
  return outbox.every((commit, index) => commit === client.outbox[index]) ? client : { ...client, outbox }
}

function loweredCommit(commit: Commit, entries: readonly Entry[]): Commit {
  const streams = commit.withdrawn === null ? reach[commit.commands[0]?.name as ToyCommand] : []
  const base = lastTouch(commit.base, streams, entries)
  const born = lastTouch(commit.born, streams, entries)
  if (base === commit.base && born === commit.born) return commit
  const known = sealed.get(commit) ?? new Map<number, Commit>()
  sealed.set(commit, known)
  const key = pairOf(base, born)
  const low = known.get(key) ?? sealCommit({ ...commit, base, born })
  known.set(key, low)
  return low
}

/** By how far they were lowered: sealing is hashing. */
const sealed = new WeakMap<Commit, Map<number, Commit>>()

function lastTouch(upTo: number, streams: readonly string[], entries: readonly Entry[]): number {
  const touches = ({ commit }: Entry): boolean => commit.events.some(({ stream }) => streams.includes(stream))
  return entries.slice(0, upTo).findLastIndex(touches) + 1
}
