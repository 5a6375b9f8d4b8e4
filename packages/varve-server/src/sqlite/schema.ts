/**
 * The tables of a log file. `logs.id` stands for the log's name everywhere else, so that rows stay small.
 *
 *   entries      what was placed: the whole entry as JSON
 *   commits      for each dot where it stands, and its author's history after it (rules A2, A6)
 *   touches      for each stream the entries that wrote to it, and the last one before that is foreign to its author (rule A5)
 *   applied      for each root intent that is applied, where (rule A5)
 *   lineages     for each replica of a log its last counter, and whom it continues (rules A3, A4)
 *   replicas     who writes as a replica, over all logs
 *   checkpoints, runs, origins, failures: the policies' book
 *   meta         the version of all this, the secret that new logs' epochs are made of, and what tells a
 *                restored file (file-witness.ts)
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Dot, type Position, type StreamName, VarveError } from 'varve/core'
import { createLineages } from './lineages.ts'
import { createTouches } from './touches.ts'

/** The oldest failures of a policy are tried again first. */
const indexes = `
CREATE INDEX IF NOT EXISTS failures_by_time ON policy_failures (policy, time, log, position);
`

interface OldTouch extends Dot {
  readonly log: number
  readonly stream: StreamName
  readonly position: Position
}

export const schemaVersion = 3

const touchesTable = `
CREATE TABLE touches (
  log INTEGER NOT NULL, stream TEXT NOT NULL, position INTEGER NOT NULL,
  replica TEXT NOT NULL, counter INTEGER NOT NULL, foreign_at INTEGER,
  PRIMARY KEY (log, stream, position)
) STRICT, WITHOUT ROWID;
`

const appliedTable = `
CREATE TABLE applied (
  log INTEGER NOT NULL, root TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (log, root)
) STRICT, WITHOUT ROWID;
`

const tables = `
CREATE TABLE logs (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
  position INTEGER NOT NULL, chain TEXT NOT NULL, time INTEGER NOT NULL
) STRICT;
CREATE TABLE entries (
  log INTEGER NOT NULL, position INTEGER NOT NULL, chain TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (log, position)
) STRICT;
CREATE TABLE commits (
  log INTEGER NOT NULL, replica TEXT NOT NULL, counter INTEGER NOT NULL, position INTEGER NOT NULL,
  intent TEXT NOT NULL, outcome TEXT NOT NULL, history TEXT NOT NULL, principal TEXT,
  PRIMARY KEY (log, replica, counter)
) STRICT, WITHOUT ROWID;
${touchesTable}
${appliedTable}
CREATE TABLE lineages (
  log INTEGER NOT NULL, replica TEXT NOT NULL, counter INTEGER NOT NULL,
  parent TEXT, bound INTEGER,
  PRIMARY KEY (log, replica)
) STRICT, WITHOUT ROWID;
CREATE TABLE replicas (replica TEXT PRIMARY KEY, owner TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  policy TEXT NOT NULL, log TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (policy, log)
) STRICT, WITHOUT ROWID;
CREATE TABLE policy_runs (
  policy TEXT NOT NULL, log TEXT NOT NULL, replica TEXT NOT NULL, counter INTEGER NOT NULL, depth INTEGER NOT NULL,
  PRIMARY KEY (policy, log, replica, counter)
) STRICT, WITHOUT ROWID;
CREATE TABLE policy_origins (
  log TEXT NOT NULL, replica TEXT NOT NULL, counter INTEGER NOT NULL, policy TEXT NOT NULL, depth INTEGER NOT NULL,
  trigger_log TEXT NOT NULL, trigger_replica TEXT NOT NULL, trigger_counter INTEGER NOT NULL,
  PRIMARY KEY (log, replica, counter)
) STRICT, WITHOUT ROWID;
CREATE TABLE policy_failures (
  policy TEXT NOT NULL, log TEXT NOT NULL, replica TEXT NOT NULL, counter INTEGER NOT NULL,
  position INTEGER NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY (policy, log, replica, counter)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '${schemaVersion}');
`

/**
 * Makes a new file's tables, upgrades an old file's; refuses that of a newer program with `store_newer`. Runs inside a
 * transaction. True if the file is new.
 */
export function ensureSchema(db: DatabaseSync): boolean {
  const known = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get() as {
    readonly n: number
  }
  if (known.n === 0) {
    db.exec(tables + indexes)
    drawEpochs(db)
    return true
  }
  const isOurs =
    db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get() !== undefined
  const row = isOurs
    ? (db.prepare("SELECT value FROM meta WHERE key = 'schema'").get() as
        | { readonly value: string }
        | undefined)
    : undefined
  if (row === undefined) {
    throw new VarveError('storage_failed', 'This SQLite file holds something else than a log.', {
      hint: 'Give the log a file of its own.',
    })
  }
  if (Number(row.value) > schemaVersion) {
    throw new VarveError(
      'store_newer',
      `The log file has schema ${row.value}; this program knows schema ${schemaVersion}.`,
      {
        hint: 'A newer varve-server has written to it: start that one.',
      },
    )
  }
  const from = Number(row.value)
  if (from < 2) writeTouchesAnew(db)
  if (from < 3) writeApplied(db)
  if (from < schemaVersion) db.exec(`UPDATE meta SET value = '${schemaVersion}' WHERE key = 'schema'`)
  return false
}

/**
 * A log's first epoch is a hash of this and of its name, so that it can be told before the log is there. It must be
 * drawn anew in a file that was restored.
 */
export function drawEpochs(db: DatabaseSync): void {
  db.prepare("INSERT OR REPLACE INTO meta VALUES ('epochs', ?)").run(randomUUID())
}

/** Schema 1 kept with each touch the last one before by another replica, ancestors too: they are written anew. */
function writeTouchesAnew(db: DatabaseSync): void {
  db.exec(`ALTER TABLE touches RENAME TO touches_1; ${touchesTable}`)
  const touches = createTouches(db)
  const rows = db.prepare(
    'SELECT log, stream, position, replica, counter FROM touches_1 ORDER BY log, position',
  )
  const { parentOf } = createLineages(db)
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<OldTouch>) {
    const { log, stream, position, replica, counter } = row
    const parent = parentOf(log, replica)
    touches.add(log, [stream], { dot: { replica, counter }, parent }, position)
  }
  drawEpochs(db)
  db.exec(`${indexes} DROP TABLE touches_1`)
}

/** Schema 2 knew no roots. A wish that it let in twice has its first place. */
function writeApplied(db: DatabaseSync): void {
  db.exec(`${appliedTable}
    INSERT OR IGNORE INTO applied
    SELECT log, json_extract(body, '$.commit.root'), position FROM entries
    WHERE json_array_length(body, '$.commit.events') > 0 ORDER BY log, position`)
}
