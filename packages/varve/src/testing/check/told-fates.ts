/** What a client's users are told of the ends of its commits. */

import type { Entry } from '../../core/commit.ts'
import { dotKey } from '../../core/dot.ts'
import { inLineage, writtenBy } from '../../core/lineage.ts'
import { fateOf } from '../../engine/fates.ts'
import type { Client, Told } from './client-state.ts'
import { fateFault } from './oracle.ts'
import type { Protocol } from './switches.ts'

/** What is told about the ends of a client's commits, by dot. C9: only of what is placed, and only by the log. */
export function toldFates(protocol: Protocol, client: Client): ReadonlyMap<string, Told> {
  const own = writtenBy(client.lineage, client.issued)
  const told = new Map<string, Told>()
  for (const entry of client.entries) {
    if (inLineage(own, entry.commit.dot)) told.set(dotKey(entry.commit.dot), statusOf(entry))
  }
  if (protocol.off === 'C9') {
    for (const { dot, withdrawn } of client.outbox) if (withdrawn !== null) told.set(dotKey(dot), 'withdrawn')
  }
  return told
}

/** What a client was told, and is told otherwise after a step. */
export function fatesFault(protocol: Protocol, before: Client, after: Client): string | null {
  if (before === after) return null
  const told = toldFates(protocol, after)
  const same = before.epoch === after.epoch ? fateFault(toldFates(protocol, before), told) : null
  // A server that lost entries takes back what it said, but never that a commit was withdrawn: only a copied
  // store may hold another version of it, and that one can come first now.
  return same ?? fateFault(after.toldBefore, told)
}

function statusOf(entry: Entry): Told {
  const { status } = fateOf(entry)
  return status === 'confirmed' ? 'confirmed' : 'withdrawn'
}
