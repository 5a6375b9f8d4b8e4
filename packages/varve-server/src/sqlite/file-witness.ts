/**
 * Notices that a log file was restored: put back as it was earlier, or in the place of another.
 *
 * Each time the file is opened or closed it gets a new mark, in the file and then in a witness beside it. A file whose
 * witness names another mark is not the one that was left here. `markBefore` is what the witness says until it is written
 * anew: a crash in between, or a full disk, is no restore. A backup knows by itself that it is one, wherever it is opened.
 *
 *   file  B │ C    C restored as B:  witness says C, the file knows B and what was before B ──▸ restored
 *   witness B │ C
 *
 * Does not notice a copy of both together, nor one without a witness: there only the clients can tell (W10).
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { VarveError } from 'varve/core'
import { messageOf } from '../message-of.ts'
import { drawEpochs } from './schema.ts'
import { isFull } from './sqlite-failure.ts'

const witnessOf = (path: string): string => `${path}.witness`

/** To be asked once the file is ours. True if it was restored: then all its logs have new epochs. */
export function markOpening(db: DatabaseSync, path: string, isNew: boolean): boolean {
  if (path === ':memory:') return false
  const said = existsSync(witnessOf(path)) ? readFileSync(witnessOf(path), 'utf8') : null
  const known = [readMeta(db, 'mark'), readMeta(db, 'markBefore')]
  const isRestored = !isNew && (readMeta(db, 'copy') !== null || (said !== null && !known.includes(said)))
  mark(db, path, { said, isRestored })
  return isRestored
}

export function markClosing(db: DatabaseSync, path: string): void {
  if (path !== ':memory:') mark(db, path, { said: readMeta(db, 'mark'), isRestored: false })
}

/** Writes a whole copy that knows that it is one. The file appears only when it is complete. */
export function copyLogFile(db: DatabaseSync, path: string): void {
  if (existsSync(path)) throw new VarveError('storage_failed', `There is a file already: ${path}.`)
  const part = `${path}.part`
  rmSync(part, { force: true })
  db.prepare('VACUUM INTO ?').run(part)
  const copy = new DatabaseSync(part)
  try {
    writeMeta(copy, 'copy', randomUUID())
  } finally {
    copy.close()
  }
  renameSync(part, path)
  syncFile(dirname(path))
}

/** Gives every log a new epoch, those to come as well: a backup may lack some that had been written to. */
export function renewEpochsOf(db: DatabaseSync): void {
  drawEpochs(db)
  const renew = db.prepare('UPDATE logs SET epoch = ? WHERE id = ?')
  for (const { id } of db.prepare('SELECT id FROM logs').all() as { readonly id: number }[])
    renew.run(randomUUID(), id)
}

function mark(
  db: DatabaseSync,
  path: string,
  { said, isRestored }: { readonly said: string | null; readonly isRestored: boolean },
): void {
  const drawn = randomUUID()
  try {
    db.exec('BEGIN IMMEDIATE')
    if (isRestored) renewEpochsOf(db)
    db.exec("DELETE FROM meta WHERE key = 'copy'")
    writeMeta(db, 'mark', drawn)
    writeMeta(db, 'markBefore', said ?? drawn)
    db.exec('COMMIT')
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK')
    // A log on a full disk can still be read. One that was restored must not be, under its old epochs.
    if (isFull(thrown) && !isRestored) return
    throw thrown
  }
  try {
    writeWitness(path, drawn)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') return
    throw new VarveError('storage_failed', `${witnessOf(path)} cannot be written: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'It lies beside the log file and tells when that was restored from a backup.',
    })
  }
}

function writeWitness(path: string, text: string): void {
  const part = `${witnessOf(path)}.part`
  writeFileSync(part, text, { flush: true })
  renameSync(part, witnessOf(path))
  syncFile(dirname(path))
}

function syncFile(path: string): void {
  // Windows opens no folders, and keeps a rename by itself.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readMeta(db: DatabaseSync, key: string): string | null {
  const row = db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as
    | { readonly value: string }
    | undefined
  return row?.value ?? null
}

function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(key, value)
}
