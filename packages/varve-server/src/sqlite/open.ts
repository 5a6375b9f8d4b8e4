/**
 * Opens the file of a log for this process alone.
 *
 * Durability: WAL with synchronous=FULL; a COMMIT returns after the fsync. Exclusion: locking_mode=EXCLUSIVE, taken at
 * once, so that a second process finds the file locked by the operating system. That lock cannot go stale: it dies
 * with its process, also by kill -9. (It is a POSIX lock: never read the file through `fs` in this process, for
 * closing any descriptor of it would drop the lock. `backup` copies it through SQLite.)
 */
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { VarveError } from 'varve/core'
import { messageOf } from '../message-of.ts'
import { markOpening } from './file-witness.ts'
import { ensureSchema } from './schema.ts'
import { isBusy, sqliteFailure } from './sqlite-failure.ts'

export interface OpeningOptions {
  readonly onRestored?: (path: string) => void
  /** How long to wait for a process that is just ending. Default: 1 s. */
  readonly lockWaitMs?: number
}

const lockWaitMsDefault = 1_000

/** Throws `log_in_use`, `store_newer` or `storage_failed`. `:memory:` is allowed. Restored: see file-witness.ts. */
export function openLogFile(
  path: string,
  { onRestored = () => {}, lockWaitMs = lockWaitMsDefault }: OpeningOptions = {},
): DatabaseSync {
  let db: DatabaseSync | null = null
  try {
    if (path !== ':memory:') mkdirSync(dirname(resolve(path)), { recursive: true })
    db = new DatabaseSync(path, { timeout: lockWaitMs })
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() as {
      readonly journal_mode: string
    }
    if (mode !== 'wal' && path !== ':memory:') {
      throw new VarveError(
        'storage_failed',
        `SQLite cannot use a write-ahead log for ${path} (it offers ${mode}).`,
      )
    }
    db.exec('PRAGMA synchronous = FULL')
    db.exec('BEGIN IMMEDIATE')
    const isNew = ensureSchema(db)
    db.exec('COMMIT')
    if (markOpening(db, path, isNew)) onRestored(path)
    return db
  } catch (thrown) {
    if (db?.isOpen) db.close()
    if (isBusy(thrown)) {
      throw new VarveError('log_in_use', `Another process has opened the log file ${path}.`, {
        cause: thrown,
        hint: 'One process writes a log file. Stop the other server first, or give this one a file of its own.',
      })
    }
    const failure = sqliteFailure(thrown)
    if (failure instanceof VarveError) throw failure
    throw new VarveError('storage_failed', `The log file ${path} cannot be opened: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}
