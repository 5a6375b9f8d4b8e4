/**
 * Copies a store out of the browser: for a user who wants to keep it, and for one whose device is full, or whose program
 * cannot open the store any more. It needs no worker and no open store, writes nothing, and works beside both.
 */
import { VarveError } from '../core/errors.ts'
import { openDexieLog } from '../log/dexie.ts'
import { databaseName } from '../log/dexie-schema.ts'
import { openDexieWishJournal } from '../log/dexie-wish-journal.ts'
import { failures } from '../log/failures.ts'
import { exportLines } from './export-lines.ts'

export interface ExportOptions {
  readonly signal?: AbortSignal
  /** For Node and tests; the browser's own otherwise. */
  readonly indexedDB?: IDBFactory
  readonly IDBKeyRange?: typeof IDBKeyRange
  /** A read that takes longer means that another tab holds the database. Default 10 000. */
  readonly heldMs?: number
}

/**
 * The lines of `ExportLine` as JSON, each ending in a line feed (https://jsonlines.org).
 *
 * @param name of the store, as `openStore` was given it
 * @throws `store_gone` if there is no such store; `store_held` if another tab holds it; `store_newer` if a newer program
 *   wrote it; `storage_failed`; the signal's reason
 */
export async function* exportStore(
  name: string,
  { signal, heldMs = 10_000, ...options }: ExportOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { indexedDB = globalThis.indexedDB } = options
  const inTime = <T>(reading: Promise<T>): Promise<T> => withDeadline(reading, heldMs, signal)
  // Opening what is not there would create it.
  const there = new Set((await inTime(indexedDB.databases())).map((each) => each.name))
  if (!there.has(databaseName(name))) throw failures.gone()
  const log = openDexieLog({ name, ...options })
  const journal = there.has(`${databaseName(name)}:overflow`)
    ? openDexieWishJournal({ name, ...options })
    : null
  try {
    const wishes = journal === null ? [] : await inTime(journal.read())
    const lines = exportLines(
      name,
      {
        readRecord: () => inTime(log.readRecord()),
        readNews: (...asked) => inTime(log.readNews(...asked)),
        readEntries: (...asked) => inTime(log.readEntries(...asked)),
      },
      wishes,
    )
    for await (const line of lines) {
      signal?.throwIfAborted()
      yield `${JSON.stringify(line)}\n`
    }
  } finally {
    await journal?.close()
    void log.close()
  }
}

async function withDeadline<T>(reading: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(held(ms)), ms)
  const stop = () => reject(signal?.reason)
  signal?.addEventListener('abort', stop)
  try {
    return await Promise.race([reading, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function held(ms: number): VarveError {
  return new VarveError('store_held', `The database did not answer within ${ms / 1_000} s.`, {
    hint: 'Another tab of this site stands still inside a transaction. Close it, and copy again. Nothing is lost.',
  })
}
