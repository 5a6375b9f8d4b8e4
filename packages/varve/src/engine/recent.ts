/**
 * The entries that deciding again may need as `theirs`: those on the streams that pending commits lean on, since the
 * oldest of them was born. Read from disk when first asked for, kept while the log grows, dropped with the outbox: in
 * the common case (online, short outbox) nothing is read at all.
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId, Position, StreamName } from '../core/dot.ts'
import type { StoreLog } from '../log/port.ts'
import { readEntriesMax } from './read-by-time.ts'

export interface Recent {
  /** For each stream: the entries after this position are held, up to the log's position. */
  readonly heldAfter: ReadonlyMap<StreamName, Position>
  /** Ascending. */
  readonly entries: readonly Entry[]
}

export const noRecent: Recent = { heldAfter: new Map(), entries: [] }

/** Completes `recent` for all guards of the outbox; `position` is how far the log is folded. */
export async function readRecent(
  log: StoreLog,
  recent: Recent,
  of: { readonly log: LogId; readonly position: Position; readonly outbox: readonly Commit[] },
): Promise<Recent> {
  const needed = neededAfter(of.outbox)
  const heldAfter = new Map<StreamName, Position>()
  const byPosition = new Map(recent.entries.map((entry) => [entry.position, entry]))
  for (const [stream, after] of needed) {
    const held = recent.heldAfter.get(stream) ?? of.position
    heldAfter.set(stream, Math.min(held, after))
    if (after >= held) continue
    for (const entry of await readStream(log, stream, { log: of.log, after, upTo: held })) {
      byPosition.set(entry.position, entry)
    }
  }
  const entries = [...byPosition.values()].filter((entry) => touches(entry, heldAfter))
  return { heldAfter, entries: entries.sort((a, b) => a.position - b.position) }
}

/** After the log has grown by `page`. */
export function growRecent(recent: Recent, page: readonly Entry[]): Recent {
  const touching = page.filter((entry) => touches(entry, recent.heldAfter))
  return touching.length === 0 ? recent : { ...recent, entries: [...recent.entries, ...touching] }
}

function touches(entry: Entry, heldAfter: ReadonlyMap<StreamName, Position>): boolean {
  return entry.commit.events.some(
    ({ stream }) => entry.position > (heldAfter.get(stream) ?? Number.POSITIVE_INFINITY),
  )
}

/** For each stream that a pending commit leans on: the oldest `born` among those commits. */
function neededAfter(outbox: readonly Commit[]): ReadonlyMap<StreamName, Position> {
  const needed = new Map<StreamName, Position>()
  for (const { guards, born } of outbox) {
    for (const { stream } of guards) needed.set(stream, Math.min(born, needed.get(stream) ?? born))
  }
  return needed
}

async function readStream(
  log: StoreLog,
  stream: StreamName,
  range: { readonly log: LogId; readonly after: Position; readonly upTo: Position },
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for (let after = range.after; after < range.upTo; ) {
    const page = await log.readStreamEntries(range.log, stream, after, readEntriesMax)
    found.push(...page.filter((entry) => entry.position <= range.upTo))
    const last = page.at(-1)
    if (page.length < readEntriesMax || last === undefined) break
    after = last.position
  }
  return found
}
