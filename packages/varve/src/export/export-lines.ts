/**
 * A copy of all that a store remembers, line by line. What only this device has comes first, so that a copy that was
 * cut short still holds it:
 *
 *   copy ─ wishes ─ store ─ pending ─ inbox ─ entries of each log, up to its head ─ end
 *
 * Pending and inbox are of one moment, and the entries reach at least as far as the log did then: a commit that is placed
 * meanwhile stands in the copy twice, by the same dot, and never not at all.
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId, Position, ReplicaId } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import { failures } from '../log/failures.ts'
import type { InboxItem, LogHead, StoreLog } from '../log/port.ts'
import type { SavedWish } from '../log/wish-journal.ts'

/** Grows when a line changes its meaning; new kinds of lines and new fields may come without. */
export const exportFormat = 1

/** Each is a line of JSON. */
export type ExportLine =
  | {
      readonly kind: 'copy'
      readonly format: typeof exportFormat
      /** Of the store. */
      readonly name: string
    }
  /** Acknowledged while the database was held, and not carried out yet. */
  | { readonly kind: 'wish'; readonly wish: SavedWish }
  | {
      readonly kind: 'store'
      readonly store: string
      readonly replica: ReplicaId
      readonly logs: readonly {
        readonly log: LogId
        readonly epoch: string | null
        readonly position: Position
        readonly chain: Hash
      }[]
    }
  | { readonly kind: 'pending'; readonly commit: Commit }
  | { readonly kind: 'inbox'; readonly item: InboxItem }
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** Without it the copy was cut short. */
  | { readonly kind: 'end'; readonly lines: number }

/** Entries that are read at a time. */
const pageMax = 500

/** @throws what the log throws; `storage_failed` if a log was set back while it was copied */
export async function* exportLines(
  name: string,
  log: Pick<StoreLog, 'readRecord' | 'readNews' | 'readEntries'>,
  wishes: readonly SavedWish[],
): AsyncGenerator<ExportLine, void, undefined> {
  const saved: readonly ExportLine[] = [
    { kind: 'copy', format: exportFormat, name },
    ...wishes.map((wish) => ({ kind: 'wish' as const, wish })),
  ]
  yield* saved
  const { heads } = await log.readRecord()
  const known = Object.fromEntries(heads.map((head) => [head.log, head.position]))
  const { record, outboxes, inbox } = await log.readNews(known, 1)
  const logs = record.heads.map(({ log: id, epoch, position, chain }) => ({
    log: id,
    epoch,
    position,
    chain,
  }))
  const { store, replica } = record
  const pending = heads.flatMap(({ log: id }) => outboxes[id] ?? [])
  const own: readonly ExportLine[] = [
    { kind: 'store', store, replica, logs },
    ...pending.map((commit) => ({ kind: 'pending' as const, commit })),
    ...inbox.map((item) => ({ kind: 'inbox' as const, item })),
  ]
  yield* own
  let lines = saved.length + own.length
  for (const head of record.heads) {
    for await (const entry of entriesUpTo(log, head)) {
      yield { kind: 'entry', entry }
      lines += 1
    }
  }
  yield { kind: 'end', lines: lines + 1 }
}

async function* entriesUpTo(
  log: Pick<StoreLog, 'readEntries'>,
  { log: id, position, chain }: LogHead,
): AsyncGenerator<Entry, void, undefined> {
  let at: Position = 0
  while (at < position) {
    const page = await log.readEntries(id, at, Math.min(pageMax, position - at))
    const last = page.at(-1)
    if (last === undefined || (last.position === position && last.chain !== chain)) throw wasSetBack(id)
    yield* page
    at = last.position
  }
}

function wasSetBack(id: LogId): Error {
  return failures.failed(new Error(`${id} was set back while it was copied. Copy it again.`))
}
