/** What SQLite throws, as failures of varve's own. */
import { VarveError } from 'varve/core'
import { messageOf } from '../message-of.ts'

const busy = 5
const full = 13
const notADatabase = 26

/** https://sqlite.org/rescode.html; the low byte of an extended code is its primary code. */
function primaryCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null
  return thrown.errcode & 0xff
}

/** A VarveError for what SQLite says; anything else unchanged. */
export function sqliteFailure(thrown: unknown): unknown {
  const code = primaryCode(thrown)
  if (code === null) return thrown
  if (code === full) {
    return new VarveError('storage_full', 'The disk that holds the log is full.', {
      cause: thrown,
      hint: 'Nothing of this write was kept. Make room; the server goes on by itself.',
    })
  }
  return new VarveError('storage_failed', `SQLite: ${messageOf(thrown)}`, {
    cause: thrown,
    hint:
      code === notADatabase ? 'The file is damaged or no SQLite file.' : 'Nothing of this write was kept.',
  })
}

export function isFull(thrown: unknown): boolean {
  return primaryCode(thrown) === full
}

export function isBusy(thrown: unknown): boolean {
  return primaryCode(thrown) === busy
}
