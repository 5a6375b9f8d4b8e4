/**
 * The log in memory: for tests, simulations and Node. It keeps the port's whole contract except durability: handles
 * on one disk see each other, a write happens as a whole or not at all, and nobody shares what is stored.
 */

import type { Entry } from '../core/commit.ts'
import type { LogId } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import { streamKey } from './codec.ts'
import { failures } from './failures.ts'
import { type MemoryDisk, memoryDisk, type OnMemoryWrite, type Staging, transact } from './memory-disk.ts'
import {
  frozenCopy,
  inboxKey,
  inboxOf,
  outboxOf,
  stageEntries,
  stageInbox,
  stageOutbox,
  stageRecord,
  stageReset,
} from './memory-staging.ts'
import { outboxChange } from './outbox-change.ts'
import type { StoreLog, StoreRecord } from './port.ts'
import {
  checkOutboxChange,
  type FirstOfStore,
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

export interface MemoryLogOptions {
  /** Test hook: see `OnMemoryWrite`. */
  readonly onWrite?: OnMemoryWrite
}

/** A log on a disk of its own, which is gone with it. */
export function memoryLog(options: MemoryLogOptions = {}): StoreLog {
  return openMemoryLog(memoryDisk(), options)
}

/**
 * One more handle on a disk, for one store: `openLocalStore(model, { log: openMemoryLog(disk) })`. What a store has
 * acknowledged is there for the next one, as after a reload; stores that are open together are tabs of one device (they
 * hear of each other at once if they have one `sync`, such as one `localWebSocket(url)`, and else when they write).
 */
export function openMemoryLog(disk: MemoryDisk, { onWrite = () => {} }: MemoryLogOptions = {}): StoreLog {
  const { tables } = disk
  let state: 'open' | 'gone' | 'closed' = 'open'
  /** The store that this handle has met first: it works on no other. */
  let identity: string | null = null
  const listeners = new Set<(code: 'store_gone' | 'store_newer') => void>()

  const stopWatching = disk.onErase(loseStore)

  function loseStore(): void {
    if (state !== 'open') return
    state = 'gone'
    for (const listener of [...listeners]) listener('store_gone')
  }

  function mustOpen(): void {
    if (state === 'closed') throw failures.closed()
    if (state === 'gone') throw failures.gone()
  }

  function mustRecord(): StoreRecord {
    mustOpen()
    const { record } = tables
    if (record === null || (identity !== null && record.store !== identity)) {
      if (identity !== null) loseStore()
      throw failures.gone()
    }
    identity = record.store
    return record
  }

  /** Every function is a transaction; what a fault hook throws is a failure of the storage. */
  async function run<T>(body: (staging: Staging) => T): Promise<T> {
    mustOpen()
    try {
      return transact(onWrite, body)
    } catch (cause) {
      throw cause instanceof VarveError ? cause : failures.failed(cause)
    }
  }

  function entriesAfter(log: LogId, after: number, max: number): readonly Entry[] {
    return (tables.entries.get(log) ?? []).slice(after, after + max)
  }

  return Object.freeze({
    ensureStore: (first: FirstOfStore) =>
      run((staging) => {
        const created = tables.record === null && identity === null
        const before = created ? newRecord(first) : mustRecord()
        const record = withLogs(before, first.logs)
        if (created || record !== before) stageRecord(staging, tables, record)
        identity = record.store
        return { record: frozenCopy(record), created }
      }),
    readRecord: () => run(mustRecord),
    mintLeader: (replica, fence) =>
      run((staging) => {
        const before = mustRecord()
        const record = withLeader(before, replica, fence)
        return record === before ? record : stageRecord(staging, tables, record).record
      }),

    appendCommits: (write) =>
      run((staging) => {
        const record = mustRecord()
        const refusal = refusalOf(record, write)
        if (refusal !== null) return { status: refusal, record }
        const head = headAfterAppend(mustHead(record, write.log), write)
        const commits = [...outboxOf(tables, write.log), ...write.commits.map(frozenCopy)]
        staging.stage('outbox', () => tables.outboxes.set(write.log, commits))
        stageInbox(staging, tables, write.inbox ?? [])
        return stageRecord(staging, tables, withHead(record, head))
      }),
    applyEntries: (write) =>
      run((staging) => {
        const record = mustRecord()
        const refusal = refusalOf(record, write)
        if (refusal !== null) return { status: refusal, record }
        const head = headAfterApply(mustHead(record, write.log), write)
        checkOutboxChange(write)
        if (write.entries.length > 0) stageEntries(staging, tables, write)
        const moved = stageOutbox(staging, tables, {
          log: write.log,
          change: outboxChange(write.placed, write.changed),
        })
        stageInbox(staging, tables, write.inbox)
        for (const dot of write.inboxGone) {
          staging.stage('inbox', () => tables.inbox.delete(inboxKey({ log: write.log, dot })))
        }
        return stageRecord(
          staging,
          tables,
          withHead(record, moved ? { ...head, outboxRevision: head.outboxRevision + 1 } : head),
        )
      }),
    reviseOutbox: (write) =>
      run((staging) => {
        const record = mustRecord()
        const refusal = refusalOf(record, write)
        if (refusal !== null) return { status: refusal, record }
        const head = mustHead(record, write.log)
        checkOutboxChange(write)
        const moved = stageOutbox(staging, tables, {
          log: write.log,
          change: outboxChange([], write.changed),
        })
        stageInbox(staging, tables, write.inbox)
        return moved
          ? stageRecord(
              staging,
              tables,
              withHead(record, { ...head, outboxRevision: head.outboxRevision + 1 }),
            )
          : { status: 'written', record }
      }),
    resetLog: (write) =>
      run((staging) => {
        const record = mustRecord()
        const refusal = refusalOf(record, write)
        if (refusal !== null) return { status: refusal, record }
        const head = headAfterReset(mustHead(record, write.log), write)
        checkOutboxChange({ ...write, changed: [] })
        stageReset(staging, tables, write)
        return stageRecord(
          staging,
          tables,
          withHead(record, { ...head, outboxRevision: head.outboxRevision + 1 }),
        )
      }),

    readEntries: (log, after, max) =>
      run(() => {
        mustHead(mustRecord(), log)
        return entriesAfter(log, after, max)
      }),
    readStreamEntries: (log, stream, after, max) =>
      run(() => {
        mustHead(mustRecord(), log)
        const positions = tables.streams.get(streamKey(log, stream)) ?? []
        const later = positions.filter((position) => position > after).slice(0, max)
        return later.flatMap((position) => entriesAfter(log, position - 1, 1))
      }),
    readOutbox: (log) =>
      run(() => {
        mustHead(mustRecord(), log)
        return outboxOf(tables, log)
      }),
    readNews: (after, entriesMax) =>
      run(() => {
        const record = mustRecord()
        const logs = Object.entries(after)
        for (const [log] of logs) mustHead(record, log)
        return {
          record,
          entries: Object.fromEntries(
            logs.map(([log, position]) => [log, entriesAfter(log, position, entriesMax)]),
          ),
          outboxes: Object.fromEntries(logs.map(([log]) => [log, outboxOf(tables, log)])),
          inbox: inboxOf(tables),
        }
      }),

    readInbox: () =>
      run(() => {
        mustRecord()
        return inboxOf(tables)
      }),

    dismissInbox: (log, dot) =>
      run(({ stage }) => {
        mustRecord()
        const key = inboxKey({ log, dot })
        const row = tables.inbox.get(key)
        if (row === undefined) return
        if (row.item.position === null)
          stage('inbox', () => tables.inbox.set(key, { ...row, dismissed: true }))
        else stage('inbox', () => tables.inbox.delete(key))
      }),

    saveSnapshots: (fence, snapshots) =>
      run(({ stage }) => {
        if (mustRecord().fence !== fence) return 'fenced'
        for (const snapshot of snapshots) {
          const copy = structuredClone(snapshot)
          stage('snapshots', () => tables.snapshots.set(copy.key, copy))
        }
        return 'written'
      }),
    readSnapshots: (keys) =>
      run(() => {
        mustRecord()
        const found = keys.flatMap((key) => tables.snapshots.get(key) ?? [])
        return found.map((snapshot) => structuredClone(snapshot))
      }),

    async close() {
      stopWatching()
      state = 'closed'
    },
    onGone(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } satisfies StoreLog)
}
