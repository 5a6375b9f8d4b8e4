/**
 * The log in one SQLite file: the default of a server on one machine.
 *
 * Keeps: what a write returned is on disk (synchronous=FULL), one process per file, positions gapless. A full or failing
 * disk fails the writes at hand and nothing else: the transaction is rolled back and the log lives on.
 */
import type { DatabaseSync } from 'node:sqlite'
import { chainStart, hashOf, type LogId, type Position } from 'varve/core'
import { createGroupCommit, type WriteGround } from '../group-commit.ts'
import type { LogName, LogTx, PolicyFailure, ServerLog } from '../log-port.ts'
import { copyLogFile, markClosing, renewEpochsOf } from './file-witness.ts'
import { createLogRows, createLogTx, entriesOf, headOf, type SqliteTx } from './log-tx.ts'
import { openLogFile } from './open.ts'
import { checkpointOf } from './policy-book.ts'
import { isFull, sqliteFailure } from './sqlite-failure.ts'

export interface SqliteLog extends ServerLog {
  /** Writes a consistent copy to a file that must not exist yet. Writes wait meanwhile. Opened, it gets new epochs. */
  backup(path: string): Promise<void>
  /**
   * Gives every log a new epoch. To be called once after a restore that the file cannot notice by itself: when the witness
   * beside it was restored with it, as with a snapshot of a whole disk.
   */
  renewEpochs(): Promise<void>
}

export interface SqliteLogOptions {
  /**
   * Told when the file is not as it was left here: it was restored from a backup, or put in the place of another. Its logs
   * have new epochs already, so that every client finds what it has in common with them. Default: one line to
   * console.error.
   */
  readonly onRestored?: (path: string) => void
  /** How long, in ms, the opening waits for a process that has the file and is just ending. Default: 1 s. */
  readonly lockWaitMs?: number
  /** For tests of a full disk: the largest file, in pages of 4096 bytes. */
  readonly pagesMax?: number
  /** For the control of a test only: never waits for the disk, so that a crash of the machine loses what was acknowledged. */
  readonly isUnflushed?: boolean
}

/** Opens or creates the file. Throws `log_in_use`, `store_newer` or `storage_failed`. */
export function sqliteLog(path: string, options: SqliteLogOptions = {}): SqliteLog {
  const db = openLogFile(path, { ...options, onRestored: options.onRestored ?? sayRestored })
  if (options.pagesMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(options.pagesMax)}`)
  if (options.isUnflushed === true) db.exec('PRAGMA synchronous = OFF')
  const rows = createLogRows(db)
  const group = createGroupCommit(groundOf(db, createLogTx(db, rows, newEpoch), path))
  const selectSecret = db.prepare("SELECT value FROM meta WHERE key = 'epochs'")
  const selectChain = db.prepare(
    'SELECT chain FROM entries WHERE log = (SELECT id FROM logs WHERE name = ?) AND position = ?',
  )
  const selectLogs = db.prepare('SELECT name AS log, position AS head FROM logs ORDER BY id')
  const selectCheckpoint = db.prepare('SELECT position FROM checkpoints WHERE policy = ? AND log = ?')
  // A log is never removed, so the last one's number is how many there are.
  const selectLogCount = db.prepare('SELECT coalesce(max(id), 0) AS n FROM logs')
  const selectFailures = db.prepare(
    'SELECT * FROM policy_failures WHERE policy = ? ORDER BY time, log, position LIMIT ?',
  )
  const selectFailureCount = db.prepare(
    'SELECT count(*) AS n FROM (SELECT 1 FROM policy_failures WHERE policy = ? LIMIT ?)',
  )
  function newEpoch(log: LogId): string {
    return hashOf([(selectSecret.get() as { readonly value: string }).value, log])
  }

  const read = async <T>(fn: () => T): Promise<T> =>
    group.read(() => {
      try {
        return fn()
      } catch (thrown) {
        throw sqliteFailure(thrown)
      }
    })

  return Object.freeze({
    write: group.write,
    head: (log: LogId) =>
      read(() => {
        const row = rows.logRow(log)
        return row === undefined ? null : headOf(row)
      }),
    epochOf: (log: LogId) => read(() => rows.logRow(log)?.epoch ?? newEpoch(log)),
    entries: (log: LogId, after: Position, max: number) =>
      read(() => entriesOf(rows.entryBodies(log, after, max))),
    entryTexts: (
      log: LogId,
      after: Position,
      { max, charsMax }: { readonly max: number; readonly charsMax: number },
    ) => read(() => textsOf(rows.entryBodies(log, after, max), charsMax)),
    chainAt: (log: LogId, position: Position) =>
      read(() => {
        if (position === 0) return chainStart
        return (selectChain.get(log, position) as { readonly chain: string } | undefined)?.chain ?? null
      }),
    logs: () => read(() => selectLogs.all().map((row) => ({ ...row }) as unknown as LogName)),
    checkpoint: (policy: string, log: LogId) => read(() => checkpointOf(selectCheckpoint.get(policy, log))),
    logCount: () => read(() => (selectLogCount.get() as { readonly n: number }).n),
    failures: (policy: string, max: number) =>
      read(() => (selectFailures.all(policy, max) as unknown as FailureRow[]).map(failureOf)),
    failureCount: (policy: string, max: number) =>
      read(() => (selectFailureCount.get(policy, max) as { readonly n: number }).n),
    backup: (to: string) => read(() => copyLogFile(db, to)),
    renewEpochs: () => group.write(() => renewEpochsOf(db)),
    close: group.close,
  })
}

function groundOf(db: DatabaseSync, { tx, forget }: SqliteTx, path: string): WriteGround<LogTx> {
  const exec = (sql: string): void => {
    try {
      db.exec(sql)
    } catch (thrown) {
      throw sqliteFailure(thrown)
    }
  }
  return {
    tx,
    begin: () => exec('BEGIN IMMEDIATE'),
    async attempt(fn) {
      // The attempt before, or its whole group, may have been undone.
      forget()
      db.exec('SAVEPOINT write')
      try {
        const value = await fn(tx)
        db.exec('RELEASE write')
        return value
      } catch (thrown) {
        // SQLite has ended the whole transaction by itself if the disk failed: see isOpen.
        if (db.isTransaction) exec('ROLLBACK TO write; RELEASE write')
        throw sqliteFailure(thrown)
      }
    },
    commit: () => exec('COMMIT'),
    abort: () => {
      if (db.isTransaction) exec('ROLLBACK')
    },
    isOpen: () => db.isTransaction,
    close: () => {
      try {
        markClosing(db, path)
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      } catch (thrown) {
        // On a full disk what was acknowledged stays in the write-ahead log, which the next opening reads.
        if (!isFull(thrown)) throw sqliteFailure(thrown)
      } finally {
        db.close()
      }
    },
  }
}

function sayRestored(path: string): void {
  console.error(
    `varve-server: ${path} is not as it was left here: restored from a backup? Its logs have new epochs.`,
  )
}

function textsOf(bodies: Iterable<{ readonly body: string }>, charsMax: number): readonly string[] {
  const texts: string[] = []
  let chars = 0
  for (const { body } of bodies) {
    chars += body.length
    if (texts.length > 0 && chars > charsMax) break
    texts.push(body)
  }
  return texts
}

interface FailureRow {
  readonly policy: string
  readonly log: LogId
  readonly replica: string
  readonly counter: number
  readonly position: Position
  readonly reason: string
  readonly message: string
  readonly time: number
}

function failureOf({
  policy,
  log,
  replica,
  counter,
  position,
  reason,
  message,
  time,
}: FailureRow): PolicyFailure {
  return { policy, trigger: { log, dot: { replica, counter } }, position, reason, message, time }
}
