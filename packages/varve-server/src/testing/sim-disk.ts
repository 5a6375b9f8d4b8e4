/**
 * What a simulated server writes to: a log that its process may be killed on, that is backed up and set back. In memory,
 * or a SQLite file, of which each life, each backup and each restore is a file of its own.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { accept, assert, type Entry, type LogId, VarveError } from 'varve/core'
import type { ServerLog } from '../log-port.ts'
import { type SqliteLog, sqliteLog } from '../sqlite/index.ts'
import { memoryLog } from './memory-log.ts'

export interface SimDisk {
  /** As the process sees it that runs on it, or the next one. */
  log(): ServerLog
  /** A second process is started while this one lives. */
  contend(): void
  /** The process is killed: what it has not committed is gone. */
  kill(): void
  /** Remembers what is committed, to be called while nothing is written. */
  backup(): Promise<void>
  /** While no process runs: back to the last backup, or to nothing; all logs have new epochs. */
  restore(): Promise<void>
}

/** A process in memory leaves all that it was told to write: it dies before or after, never in between. */
export function memoryDisk(logs: readonly LogId[]): SimDisk {
  let log = memoryLog()
  let backups = new Map<LogId, readonly Entry[]>()

  async function entriesOf(name: LogId): Promise<[LogId, readonly Entry[]]> {
    return [name, await log.entries(name, 0, Number.MAX_SAFE_INTEGER)]
  }

  return {
    log: () => log,
    // What is in memory nobody else can open.
    contend: () => undefined,
    kill: () => undefined,
    async backup() {
      backups = new Map(await Promise.all(logs.map(entriesOf)))
    },
    restore() {
      log = memoryLog()
      return log.write(async (tx) => {
        for (const [name, entries] of backups) {
          const { epoch } = await tx.ensureLog(name)
          for (const { commit, principal, time } of entries) {
            const facts = await tx.facts(commit, new Set())
            const verdict = accept({ epoch, prev: facts.history, commit }, facts)
            assert(verdict.kind === 'place', `A backup can be replayed; this is ${verdict.kind}.`)
            await tx.place({ ...verdict, commit, principal, time })
          }
        }
      })
    },
  }
}

/** The file, what was committed since its last checkpoint, and what tells that it was restored. */
const parts = ['', '-wal', '.witness']

export interface SqliteDisks {
  /** A new one; the one before is not used any more. */
  next(): SimDisk
  /** How many second processes were refused. */
  refused(): number
  /** Removes their files. */
  close(): Promise<void>
}

/**
 * @param base an existing folder for their files.
 * @param kept for a control: which of a file's parts outlive the process.
 */
export function sqliteDisks(base: string, kept: readonly string[] = parts): SqliteDisks {
  const folder = mkdtempSync(join(base, 'sim-'))
  let files = 0
  let last: SqliteLog | null = null
  let refused = 0
  const closing = new Set<Promise<void>>()

  const newPath = (): string => join(folder, `${++files}.db`)

  /** What a dead process has open. What it was about to write goes to a file that nobody reads. */
  function drop(log: SqliteLog): void {
    const closed: Promise<void> = log.close().finally(() => closing.delete(closed))
    closing.add(closed)
  }

  /** The death of a process is not that of a machine: what was written is kept without waiting for a disk. */
  function open(path: string, isRestored: boolean): SqliteLog {
    let told = 0
    last = sqliteLog(path, { isUnflushed: true, onRestored: () => (told += 1) })
    assert(told === (isRestored ? 1 : 0), 'A log file knows whether it was restored (V33).')
    return last
  }

  function next(): SimDisk {
    if (last !== null) drop(last)
    let path = newPath()
    let log = open(path, false)
    let backup: string | null = null

    return {
      log: () => log,
      /** To SQLite another connection of this process is as another process. */
      contend() {
        let code = ''
        try {
          sqliteLog(path, { lockWaitMs: 0 })
        } catch (thrown) {
          code = thrown instanceof VarveError ? thrown.code : String(thrown)
        }
        assert(code === 'log_in_use', `A second process is refused while the first one lives (V7): ${code}.`)
        refused += 1
      },
      kill() {
        const left = newPath()
        for (const part of kept) if (existsSync(path + part)) copyFileSync(path + part, left + part)
        drop(log)
        path = left
        log = open(path, false)
      },
      async backup() {
        backup = newPath()
        await log.backup(backup)
      },
      async restore() {
        drop(log)
        path = newPath()
        if (backup !== null) copyFileSync(backup, path)
        log = open(path, backup !== null)
      },
    }
  }

  return {
    next,
    refused: () => refused,
    async close() {
      if (last !== null) drop(last)
      last = null
      await Promise.all(closing)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
