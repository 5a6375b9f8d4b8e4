/**
 * The log on IndexedDB, through Dexie. All tabs of a browser profile share one database; the read-write transaction is
 * the lock between them, and what each is told is what its transaction has seen.
 *
 * Every function is one transaction. A write checks inside it that the store is the one that this handle has met, in a
 * format that it knows, and that its stamp and fence hold; packing is done before it starts.
 */
import type { Commit, Entry } from '../core/commit.ts'
import { deepFreeze } from '../core/deep-freeze.ts'
import type { Dot, LogId } from '../core/dot.ts'
import { barrier } from './barrier.ts'
import { packPages } from './codec.ts'
import { type LogWrite, openConnection } from './dexie-connection.ts'
import { dropEntriesAfter, packEntries, readEntriesAfter, readStreamAfter } from './dexie-entries.ts'
import { hideInboxItem, putInboxItems, readInboxItems, writeInboxItems } from './dexie-inbox.ts'
import { addOutboxRows, packRuns, readOutboxOf, replaceOutbox, writeOutboxChange } from './dexie-outbox.ts'
import { dropSnapshotsAfter, readStore, writeHead, writeLineage, writeStore } from './dexie-record.ts'
import type { Database, DatabaseOptions, TableName } from './dexie-schema.ts'
import { failures } from './failures.ts'
import { outboxChange } from './outbox-change.ts'
import type {
  AppendCommits,
  ApplyEntries,
  LogHead,
  ResetLog,
  ReviseOutbox,
  StoreLog,
  StoreRecord,
  Written,
} from './port.ts'
import {
  checkOutboxChange,
  headAfterAppend,
  headAfterApply,
  headAfterReset,
  mustHead,
  newRecord,
  refusalOf,
  withHead,
  withLeader,
  withLogs,
} from './record.ts'

export type DexieLogOptions = DatabaseOptions

export function openDexieLog(options: DexieLogOptions): StoreLog {
  /** The store that this handle has met first: it works on no other. */
  let identity: string | null = null
  const pendingByLog = new Map<
    LogId,
    { readonly outboxRevision: number; readonly commits: readonly Commit[] }
  >()
  const connection = openConnection({
    ...options,
    isKnown: () => identity !== null,
    visit: () => connection.read(['meta'], mustStore),
  })

  async function mustStore(database: Database): Promise<StoreRecord> {
    const record = await readStore(database)
    if (record === null || (identity !== null && record.store !== identity)) throw failures.gone()
    return record
  }

  /** Remembers whom we have met; only what has been read in a whole transaction counts. */
  function met(record: StoreRecord): StoreRecord {
    identity ??= record.store
    return record
  }

  /** A read-only transaction in which the store is there and, if named, the log. */
  async function read<T>(
    tables: readonly TableName[],
    log: LogId | null,
    body: (database: Database, record: StoreRecord) => Promise<T>,
  ): Promise<T> {
    const { record, result } = await connection.read(['meta', ...tables], async (database) => {
      const record = await mustStore(database)
      if (log !== null) mustHead(record, log)
      return { record, result: await body(database, record) }
    })
    met(record)
    return result
  }

  /** A read-write transaction that is done only while its stamp and fence hold. */
  async function write(
    { name, tables }: LogWrite,
    request: AppendCommits | ApplyEntries | ResetLog | ReviseOutbox,
    body: (database: Database, head: LogHead) => Promise<LogHead>,
  ): Promise<Written> {
    const written = await connection.write({ name, tables: ['meta', ...tables] }, async (database) => {
      const record = await mustStore(database)
      const refusal = refusalOf(record, request)
      if (refusal !== null) return { status: refusal, record }
      const before = mustHead(record, request.log)
      const head = await body(database, before)
      barrier('before the head', name)
      if (head !== before) await writeHead(database, head)
      return { status: 'written' as const, record: withHead(record, head) }
    })
    met(written.record)
    return written
  }

  /** The revision grows with every change of the outbox: what was read at the same one is the same. */
  async function readPending(
    database: Database,
    { log, outboxRevision }: LogHead,
  ): Promise<readonly Commit[]> {
    const known = pendingByLog.get(log)
    if (known?.outboxRevision === outboxRevision) return known.commits
    const commits = deepFreeze(await readOutboxOf(database, log))
    pendingByLog.set(log, { outboxRevision, commits })
    return commits
  }

  async function changePending(
    database: Database,
    head: LogHead,
    { placed, request }: PendingChange,
  ): Promise<LogHead> {
    const change = outboxChange(placed, request.changed)
    const dots = [...placed, ...request.changed.map((commit) => commit.dot)]
    const moved = await writeOutboxChange(database, { log: head.log, dots, change })
    barrier('pending: outbox changed')
    await writeInboxItems(database, request.inbox)
    return moved ? { ...head, outboxRevision: head.outboxRevision + 1 } : head
  }

  return Object.freeze({
    async ensureStore(first) {
      const ensured = await connection.write({ name: 'ensureStore', tables: ['meta'] }, async (database) => {
        const before = await readStore(database)
        const created = before === null && identity === null
        const record = withLogs(created ? newRecord(first) : await mustStore(database), first.logs)
        if (created || record.heads.length !== before?.heads.length)
          await writeStore(database, record, created)
        return { record, created }
      })
      met(ensured.record)
      return ensured
    },
    readRecord: () => read([], null, async (_database, record) => record),
    async mintLeader(replica, fence) {
      const record = await connection.write({ name: 'mintLeader', tables: ['meta'] }, async (database) => {
        const before = await mustStore(database)
        const record = withLeader(before, replica, fence)
        if (record !== before) await writeStore(database, record, false)
        return record
      })
      return met(record)
    },

    async appendCommits(request) {
      const { commits, inbox = [] } = request
      const pages = packPages(commits)
      const tables: TableName[] = inbox.length === 0 ? ['outbox'] : ['outbox', 'inbox']
      return write({ name: 'appendCommits', tables }, request, async (database, before) => {
        const head = headAfterAppend(before, request)
        await addOutboxRows(database, { log: head.log, seq: head.outboxRevision, pages })
        barrier('append: commits added')
        await writeInboxItems(database, inbox)
        // A revision for each row, so that the next append finds its numbers free.
        return { ...head, outboxRevision: head.outboxRevision + pages.length - 1 }
      })
    },
    async applyEntries(request) {
      const rows = packEntries(request.log, request.entries)
      const tables: TableName[] = ['outbox', 'entries', 'inbox']
      return write({ name: 'applyEntries', tables }, request, async (database, before) => {
        checkOutboxChange(request)
        const head = headAfterApply(before, request)
        if (rows.length > 0) await database.entries.bulkAdd(rows)
        barrier('apply: entries added')
        await database.inbox.bulkDelete(request.inboxGone.map((dot) => [head.log, dot.replica, dot.counter]))
        barrier('apply: inbox cleared')
        return changePending(database, head, { placed: request.placed, request })
      })
    },
    reviseOutbox: (request) =>
      write({ name: 'reviseOutbox', tables: ['outbox', 'inbox'] }, request, async (database, head) => {
        checkOutboxChange(request)
        return changePending(database, head, { placed: [], request })
      }),
    resetLog(request) {
      const pages = packRuns(request.outbox)
      const tables: TableName[] = ['outbox', 'entries', 'inbox', 'snapshots']
      return write({ name: 'resetLog', tables }, request, async (database, before) => {
        checkOutboxChange({ ...request, changed: [] })
        const head = headAfterReset(before, request)
        const { log, position } = request
        await dropEntriesAfter(database, log, position)
        barrier('reset: entries dropped')
        await dropSnapshotsAfter(database, log, position)
        barrier('reset: snapshots dropped')
        await replaceOutbox(database, { log, seq: head.outboxRevision, pages })
        barrier('reset: outbox replaced')
        await database.inbox.bulkDelete(request.inboxGone.map((dot) => [log, dot.replica, dot.counter]))
        await putInboxItems(database, request)
        barrier('reset: inbox changed')
        await writeLineage(database, head)
        return { ...head, outboxRevision: head.outboxRevision + pages.length + 1 }
      })
    },

    readEntries: (log, after, max) =>
      read(['entries'], log, (database) => readEntriesAfter(database, log, after, max)),
    readStreamEntries: (log, stream, after, max) =>
      read(['entries'], log, (database) => readStreamAfter(database, { log, stream, after, max })),
    readOutbox: (log) =>
      read(['outbox'], log, (database, record) => readPending(database, mustHead(record, log))),
    readNews: (after, entriesMax) =>
      read(['entries', 'outbox', 'inbox'], null, async (database, record) => {
        const entries: Record<LogId, readonly Entry[]> = {}
        const outboxes: Record<LogId, readonly Commit[]> = {}
        for (const [log, position] of Object.entries(after)) {
          const head = mustHead(record, log)
          entries[log] =
            head.position > position ? await readEntriesAfter(database, log, position, entriesMax) : []
          outboxes[log] = await readPending(database, head)
        }
        return { record, entries, outboxes, inbox: await readInboxItems(database) }
      }),

    readInbox: () => read(['inbox'], null, readInboxItems),

    async dismissInbox(log, dot) {
      const record = await connection.write(
        { name: 'dismissInbox', tables: ['meta', 'inbox'] },
        async (database) => {
          const record = await mustStore(database)
          await hideInboxItem(database, log, dot)
          return record
        },
      )
      met(record)
    },

    async saveSnapshots(fence, snapshots) {
      const tables: TableName[] = ['meta', 'snapshots']
      const { record, status } = await connection.write(
        { name: 'saveSnapshots', tables },
        async (database) => {
          const record = await mustStore(database)
          if (record.fence !== fence) return { record, status: 'fenced' as const }
          await database.snapshots.bulkPut(snapshots)
          return { record, status: 'written' as const }
        },
      )
      met(record)
      return status
    },
    readSnapshots: (keys) =>
      read(['snapshots'], null, async ({ snapshots }) => {
        const rows = await snapshots.bulkGet([...keys])
        return rows.filter((row) => row !== undefined)
      }),

    close: connection.close,
    onGone: connection.onGone,
  } satisfies StoreLog)
}

interface PendingChange {
  readonly placed: readonly Dot[]
  readonly request: Pick<ReviseOutbox, 'changed' | 'inbox'>
}
