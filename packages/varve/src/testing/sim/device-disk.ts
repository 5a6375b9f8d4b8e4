/**
 * The disk of one device, as its tabs' logs see it: the real log in memory behind a door that may be slow, may fail
 * (quota, abort), may die between the transaction and its answer, and that tells the auditor what each tab has seen.
 *
 *   strict ─ relaxed ─ relaxed ─╳ power fails      what is relaxed is lost from the last strict transaction on
 *
 * All that varve writes is strict (L18), so that nothing is lost there; a control makes it otherwise.
 */
import type { Commit } from '../../core/commit.ts'
import type { LogId, Position } from '../../core/dot.ts'
import type { Hash } from '../../core/hash.ts'
import { openMemoryLog } from '../../log/memory.ts'
import { type MemoryDisk, memoryDisk } from '../../log/memory-disk.ts'
import type { ReviseOutbox, StoreLog, Written } from '../../log/port.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { createWriteAudit, type WriteAudit } from './auditor/write-audit.ts'
import type { Realm } from './realm.ts'
import type { Scheduler } from './scheduler.ts'

/** What a tab holds of each log in memory, as of its last read or write. */
export interface SeenLog {
  readonly position: Position
  /** Chain at the position: it names everything up to there. */
  readonly chain: Hash
  readonly outbox: readonly Commit[]
}

export type Seen = Map<LogId, SeenLog>

export const nothingSeen: SeenLog = { position: 0, chain: '', outbox: [] }

/** What becomes of a tab at one of its coming calls of the disk. */
export interface CallPlan {
  /** 0 is the next call. */
  calls: number
  readonly side: 'before' | 'after'
  readonly happen: () => void
}

export interface DiskUser {
  readonly realm: Realm
  readonly seen: Seen
  /** Calls that have not been answered. */
  waiting: number
  plan: CallPlan | null
}

export interface DeviceDisk {
  disk: MemoryDisk
  /** Each call takes up to so long; 0: none takes any time. */
  slowMsMax: number
  /** `full`: nothing is written. `unsure`: it is written, and said to have failed. */
  quota: 'room' | 'full' | 'unsure'
  /** How often a transaction whose requests all succeeded is aborted in the end. */
  abort: number
  /** Copies from before each of the last transactions that wrote, oldest first; null: none are kept. */
  undo: MemoryDisk[] | null
  /** What is not on the platter yet is gone. */
  loseTail(): void
  openLog(user: DiskUser): StoreLog
}

type Fenced = Pick<ReviseOutbox, 'fence'>
type Call = Exclude<keyof StoreLog, 'close' | 'onGone'>

export interface DiskGround {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  /** After each transaction that wrote. */
  readonly onWritten: () => void
  readonly fail: (what: string) => void
  /** Test-only: a log that breaks its promises. */
  readonly broken?: ((log: StoreLog) => StoreLog) | undefined
  /** Test-only: what is written with relaxed durability. */
  readonly relaxed?: readonly Call[] | undefined
}

const undoMax = 8

export function createDeviceDisk({
  scheduler,
  random,
  onWritten,
  fail,
  broken,
  relaxed = [],
}: DiskGround): DeviceDisk {
  let busyUntilMs = 0
  /** One that is set back goes on with the fences that it had. */
  const audits = new WeakMap<MemoryDisk, WriteAudit>()
  /** From before the first relaxed transaction that no strict one came after. */
  let tail: MemoryDisk | null = null

  const device: DeviceDisk = {
    disk: memoryDisk(),
    slowMsMax: 0,
    quota: 'room',
    abort: 0,
    undo: null,
    loseTail() {
      device.disk = tail ?? device.disk
      tail = null
    },
    openLog,
  }

  /** A transaction has written; `before` is a copy from before it, if one is needed. */
  function remember(name: Call, before: MemoryDisk | null): void {
    tail = relaxed.includes(name) ? (tail ?? before) : null
    if (device.undo === null || before === null) return
    device.undo.push(before)
    if (device.undo.length > undoMax) device.undo.shift()
  }

  function openLog(user: DiskUser): StoreLog {
    const { realm, seen } = user
    const { disk } = device
    const writes = audits.get(disk) ?? createWriteAudit()
    audits.set(disk, writes)
    let hasWritten = false
    const memory = openMemoryLog(disk, {
      onWrite(write) {
        if (write === 'complete' && device.abort > 0 && random.chance(device.abort))
          throw new Error('aborted')
        if (device.quota === 'full' && write !== 'complete' && write !== 'acknowledge')
          throw new Error('quota')
        if (write === 'complete') hasWritten = true
        if (device.quota === 'unsure' && write === 'acknowledge') throw new Error('quota')
      },
    })
    const log = broken === undefined ? memory : broken(memory)
    realm.onKill(() => void memory.close())

    /** `logs`: those of which the tab's memory will hold what is on disk, once this call is answered well. */
    function call<T>(name: Call, run: () => Promise<T>, logs?: (value: T) => readonly LogId[]): Promise<T> {
      return new Promise((resolve, reject) => {
        user.waiting += 1
        const answer = (settle: () => void): void => {
          const enter = () =>
            realm.enter(() => {
              user.waiting -= 1
              settle()
            })
          if (device.slowMsMax > 0) later(enter)
          else enter()
        }
        const begin = (): void => {
          if (!realm.isAlive()) return
          const plan = due(user)
          if (plan?.side === 'before') plan.happen()
          if (!realm.isAlive()) return
          const before = device.undo !== null || relaxed.includes(name) ? disk.clone() : null
          const result = run()
          if (hasWritten) remember(name, before)
          tellWritten()
          // Of this very moment: other tabs may write before the promise settles.
          let now = logs === undefined ? null : seenNow(disk)
          if (plan?.side === 'after') plan.happen()
          result.then(
            (value) => {
              if (broken !== undefined) {
                tellWritten()
                now = logs === undefined ? null : seenNow(disk)
              }
              answer(() => {
                for (const id of logs?.(value) ?? []) seen.set(id, now?.get(id) ?? nothingSeen)
                resolve(value)
              })
            },
            (thrown: unknown) => answer(() => reject(thrown)),
          )
        }
        if (device.slowMsMax > 0) later(begin)
        else begin()
      })
    }

    function tellWritten(): void {
      if (!hasWritten) return
      hasWritten = false
      onWritten()
    }

    function written(
      name: Call,
      write: Fenced & { readonly log: LogId },
      run: () => Promise<Written>,
    ): Promise<Written> {
      const noted = (): Promise<Written> => {
        const { record } = disk.tables
        return run().then((result) => {
          const fault = result.status === 'written' ? writes.look(write.fence, record, realm) : null
          if (fault !== null) fail(fault)
          return result
        })
      }
      return call(name, noted, ({ status }) => (status === 'written' ? [write.log] : []))
    }

    return Object.freeze({
      ensureStore: (first) => call('ensureStore', () => log.ensureStore(first)),
      readRecord: () => call('readRecord', () => log.readRecord()),
      mintLeader: (replica, fence) =>
        call('mintLeader', () =>
          // A copied machine: its leader has that name already.
          replica === disk.tables.record?.replica ? log.readRecord() : log.mintLeader(replica, fence),
        ),
      appendCommits: (write) => written('appendCommits', write, () => log.appendCommits(write)),
      applyEntries: (write) => written('applyEntries', write, () => log.applyEntries(write)),
      reviseOutbox: (write) => written('reviseOutbox', write, () => log.reviseOutbox(write)),
      resetLog: (write) => written('resetLog', write, () => log.resetLog(write)),
      readEntries: (id, after, max) => call('readEntries', () => log.readEntries(id, after, max)),
      readStreamEntries: (id, stream, after, max) =>
        call('readStreamEntries', () => log.readStreamEntries(id, stream, after, max)),
      readOutbox: (id) => call('readOutbox', () => log.readOutbox(id)),
      readNews: (after, max) =>
        call(
          'readNews',
          () => log.readNews(after, max),
          () => Object.keys(after),
        ),
      readInbox: () => call('readInbox', () => log.readInbox()),
      dismissInbox: (id, dot) => call('dismissInbox', () => log.dismissInbox(id, dot)),
      saveSnapshots: (fence, snapshots) => call('saveSnapshots', () => log.saveSnapshots(fence, snapshots)),
      readSnapshots: (keys) => call('readSnapshots', () => log.readSnapshots(keys)),
      close: () => log.close(),
      onGone: (listener) => log.onGone((code) => realm.enter(() => listener(code))),
    } satisfies StoreLog)
  }

  /** Transactions of one disk run in the order in which they were asked for. */
  function later(callback: () => void): void {
    busyUntilMs = Math.max(busyUntilMs, scheduler.now()) + random.below(device.slowMsMax)
    scheduler.at(busyUntilMs, callback)
  }

  return device
}

function due(user: DiskUser): CallPlan | null {
  const { plan } = user
  if (plan === null) return null
  if (plan.calls > 0) {
    plan.calls -= 1
    return null
  }
  user.plan = null
  return plan
}

function seenNow({ tables }: MemoryDisk): Seen {
  return new Map(
    (tables.record?.heads ?? []).map(({ log, position, chain }) => [
      log,
      { position, chain, outbox: tables.outboxes.get(log) ?? [] },
    ]),
  )
}
