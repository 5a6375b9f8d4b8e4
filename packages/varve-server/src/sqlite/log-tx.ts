/**
 * A write to the log file, as the log port asks for it. All statements are synchronous; the promises are the port's,
 * for databases that are not. Runs inside the transaction that group-commit.ts has begun.
 */
import type { DatabaseSync } from 'node:sqlite'
import {
  type AcceptFacts,
  assert,
  type Commit,
  chainOf,
  chainStart,
  type Entry,
  historyStart,
  type LogId,
  type Position,
  type ReplicaId,
  type StreamName,
  streamsWritten,
} from 'varve/core'
import type { LogHead, LogTx, Placing, TouchPage } from '../log-port.ts'
import { createPolicyBook } from './policy-book.ts'
import { createTouches } from './touches.ts'

interface LogRow extends LogHead {
  readonly id: number
}

interface CommitRow {
  readonly position: Position
  readonly intent: string
  readonly outcome: string
  readonly history: string
}

export interface LogRows {
  logRow(log: LogId): LogRow | undefined
  entryBodies(log: LogId, after: Position, max: number): Iterable<{ readonly body: string }>
}

/** Reads that a transaction and the log itself share. */
export function createLogRows(db: DatabaseSync): LogRows {
  const selectLog = db.prepare('SELECT id, epoch, position, chain, time FROM logs WHERE name = ?')
  const selectEntries = db.prepare(
    'SELECT body FROM entries WHERE log = (SELECT id FROM logs WHERE name = ?) AND position > ? ORDER BY position LIMIT ?',
  )
  return Object.freeze({
    logRow: (log: LogId) => selectLog.get(log) as LogRow | undefined,
    entryBodies: (log: LogId, after: Position, max: number) =>
      selectEntries.iterate(log, after, max) as unknown as Iterable<{ readonly body: string }>,
  })
}

export interface SqliteTx {
  readonly tx: LogTx
  /** What was written since the last call may have been undone. */
  forget(): void
}

export function createLogTx(db: DatabaseSync, rows: LogRows, newEpoch: (log: LogId) => string): SqliteTx {
  const insertLog = db.prepare('INSERT INTO logs (name, epoch, position, chain, time) VALUES (?, ?, 0, ?, 0)')
  const updateLog = db.prepare('UPDATE logs SET position = ?, chain = ?, time = ? WHERE id = ?')
  const insertEntry = db.prepare('INSERT INTO entries (log, position, chain, body) VALUES (?, ?, ?, ?)')
  const insertCommit = db.prepare(
    'INSERT INTO commits (log, replica, counter, position, intent, outcome, history, principal) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const selectCommit = db.prepare(
    'SELECT position, intent, outcome, history FROM commits WHERE log = ? AND replica = ? AND counter = ?',
  )
  const selectCounter = db.prepare('SELECT counter FROM lineages WHERE log = ? AND replica = ?')
  const upsertLineage = db.prepare(
    'INSERT INTO lineages (log, replica, counter, parent, bound) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET counter = excluded.counter',
  )
  const selectOwner = db.prepare('SELECT owner FROM replicas WHERE replica = ?')
  const insertOwner = db.prepare('INSERT INTO replicas (replica, owner) VALUES (?, ?)')
  const selectApplied = db.prepare('SELECT position FROM applied WHERE log = ? AND root = ?')
  const insertApplied = db.prepare('INSERT INTO applied (log, root, position) VALUES (?, ?, ?)')
  const touches = createTouches(db)
  const policyBook = createPolicyBook(db)

  const commitRow = (log: number, replica: ReplicaId, counter: number): CommitRow | undefined =>
    selectCommit.get(log, replica, counter) as CommitRow | undefined
  const counterOf = (log: number, replica: ReplicaId): number =>
    (selectCounter.get(log, replica) as { readonly counter: number } | undefined)?.counter ?? 0
  const mustRow = (log: LogId): LogRow => {
    const row = rows.logRow(log)
    assert(row !== undefined, `The log ${log} is created before it is asked about.`)
    return row
  }

  async function ensureLog(log: LogId): Promise<LogHead> {
    if (rows.logRow(log) === undefined) insertLog.run(log, newEpoch(log), chainStart)
    return headOf(mustRow(log))
  }

  async function facts(commit: Commit, held: ReadonlySet<StreamName>): Promise<AcceptFacts> {
    const { dot, parent } = commit
    const { id, epoch, position } = mustRow(commit.log)
    const known = commitRow(id, dot.replica, dot.counter)
    const counter = counterOf(id, dot.replica)
    const before = counter > 0 ? { replica: dot.replica, counter } : parent
    const isNext = known === undefined && dot.counter === counter + 1
    return {
      epoch,
      head: position,
      known:
        known === undefined
          ? null
          : { position: known.position, intent: known.intent, outcome: known.outcome },
      counter,
      parentCounter: parent === null ? 0 : counterOf(id, parent.replica),
      history:
        (before === null ? undefined : commitRow(id, before.replica, before.counter)?.history) ??
        historyStart,
      // Of a commit that is known or out of order nobody asks.
      disturbedAt: isNext ? touches.disturbedAt(id, commit) : new Map(),
      appliedAt: isNext ? appliedAt(id, commit) : null,
      held,
    }
  }

  function appliedAt(log: number, { root }: Commit): Position | null {
    const row = selectApplied.get(log, root) as { readonly position: Position } | undefined
    return row?.position ?? null
  }

  async function place({ commit, history, outcome, principal, time }: Placing): Promise<Entry> {
    const { id, position: head, chain, time: lastTime } = mustRow(commit.log)
    const { dot, parent } = commit
    const unchained = { position: head + 1, commit, principal, time: Math.max(time, lastTime) }
    const entry: Entry = { ...unchained, chain: chainOf(chain, unchained) }
    insertEntry.run(id, entry.position, entry.chain, JSON.stringify(entry))
    insertCommit.run(id, dot.replica, dot.counter, entry.position, commit.intent, outcome, history, principal)
    if (commit.events.length > 0) insertApplied.run(id, commit.root, entry.position)
    touches.add(id, streamsWritten(commit), commit, entry.position)
    upsertLineage.run(id, dot.replica, dot.counter, parent?.replica ?? null, parent?.counter ?? null)
    updateLog.run(entry.position, entry.chain, entry.time, id)
    return entry
  }

  async function claim(replica: ReplicaId, owner: string): Promise<void> {
    const row = selectOwner.get(replica) as { readonly owner: string } | undefined
    if (row === undefined) insertOwner.run(replica, owner)
    else assert(row.owner === owner, 'A replica that writes for somebody is not claimed for another.')
  }

  const tx: LogTx = Object.freeze({
    head: async (log: LogId) => {
      const row = rows.logRow(log)
      return row === undefined ? null : headOf(row)
    },
    ensureLog,
    entries: async (log: LogId, after: Position, max: number) => entriesOf(rows.entryBodies(log, after, max)),
    facts,
    lastForeign: async (commit: Commit, stream: StreamName, after: Position) =>
      touches.lastForeign(mustRow(commit.log).id, stream, commit, after),
    touching: async (commit: Commit, stream: StreamName, page: TouchPage) =>
      touches.touching(mustRow(commit.log).id, stream, commit, page),
    owner: async (replica: ReplicaId) =>
      (selectOwner.get(replica) as { readonly owner: string } | undefined)?.owner,
    claim,
    place,
    ...policyBook,
  })
  return { tx, forget: touches.forget }
}

export function headOf({ epoch, position, chain, time }: LogHead): LogHead {
  return { epoch, position, chain, time }
}

export function entriesOf(bodies: Iterable<{ readonly body: string }>): readonly Entry[] {
  return Array.from(bodies, ({ body }) => JSON.parse(body) as Entry)
}
