/** The server's SQLite file, read (and for the controls, damaged) while no server has it open. */
import { DatabaseSync } from 'node:sqlite'
import type { Entry } from 'varve/core'

/** Entries by the name of their log, by position. */
export type ServerLogs = ReadonlyMap<string, readonly Entry[]>

export function readLogFile(file: string): ServerLogs {
  return withFile(file, (db) => {
    const rows = db
      .prepare(
        'SELECT name, body FROM entries JOIN logs ON logs.id = entries.log ORDER BY name, entries.position',
      )
      .all() as { name: string; body: string }[]
    const entriesByLog = new Map<string, Entry[]>()
    for (const { name, body } of rows) {
      const entries = entriesByLog.get(name) ?? []
      entries.push(JSON.parse(body))
      entriesByLog.set(name, entries)
    }
    return entriesByLog
  })
}

/** Cuts the newest entry of a log off, and leaves no trace of it: what is left is a log without a fault. */
export function cutNewestEntry(file: string, log: string): void {
  withFile(file, (db) => {
    const { id, position } = db.prepare('SELECT id, position FROM logs WHERE name = ?').get(log) as {
      id: number
      position: number
    }
    for (const table of ['entries', 'commits', 'touches']) {
      db.prepare(`DELETE FROM ${table} WHERE log = ? AND position = ?`).run(id, position)
    }
    const before = db
      .prepare('SELECT chain FROM entries WHERE log = ? AND position = ?')
      .get(id, position - 1)
    db.prepare('UPDATE logs SET position = ?, chain = ? WHERE id = ?').run(
      position - 1,
      String(before?.chain ?? ''),
      id,
    )
  })
}

function withFile<T>(file: string, use: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file)
  try {
    return use(db)
  } finally {
    db.close()
  }
}
