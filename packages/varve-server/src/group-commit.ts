/**
 * Group commit: writes that wait are run one after the other in one transaction, and flushed to disk once.
 *
 *   write a ─┐                 begin
 *   write b ─┼─ queue ──▸      a │ b ✗ │ c     each behind a savepoint: b fails alone
 *   write c ─┘                 commit ──▸ a, c resolve, b rejects
 *
 * A group starts when the event loop has handed over all that had arrived, so that the pushes of many sockets share
 * a flush. A read runs between groups: it never sees what is not on disk. Knows nothing of SQL or logs.
 */
import { assert, VarveError } from 'varve/core'

export interface WriteGround<Tx> {
  readonly tx: Tx
  begin(): void
  /** Runs one write; if it fails, leaves no trace of it in the transaction. */
  attempt<T>(fn: (tx: Tx) => Promise<T> | T): Promise<T>
  /** Flushes. If it throws, nothing of the group has become true. */
  commit(): void
  /** Ends a transaction that cannot be committed; harmless if it has ended by itself. */
  abort(): void
  /** False if a failure has ended the transaction as a whole, as a full disk does. */
  isOpen(): boolean
  close(): void
}

export interface GroupCommit<Tx> {
  write<T>(fn: (tx: Tx) => Promise<T> | T): Promise<T>
  read<T>(fn: () => T): Promise<T>
  close(): Promise<void>
}

export const groupWritesMax = 256

interface Job {
  readonly run: () => Promise<() => void>
  readonly reject: (error: unknown) => void
}

export function createGroupCommit<Tx>(ground: WriteGround<Tx>): GroupCommit<Tx> {
  let queue: Job[] = []
  /** Resolves when no group runs or is about to; null if none does. */
  let working: Promise<void> | null = null
  let closed: Promise<void> | null = null
  let isInGroup = false
  let endOfGroup: PromiseWithResolvers<void> | null = null

  function write<T>(fn: (tx: Tx) => Promise<T> | T): Promise<T> {
    if (closed !== null) return Promise.reject(closedError())
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = async (): Promise<() => void> => {
      const value = await ground.attempt(fn)
      return () => resolve(value)
    }
    queue.push({ run, reject })
    working ??= work()
    return promise
  }

  async function work(): Promise<void> {
    while (queue.length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      const jobs = queue.slice(0, groupWritesMax)
      queue = queue.slice(groupWritesMax)
      isInGroup = true
      endOfGroup = Promise.withResolvers()
      const settle = await runGroup(jobs)
      isInGroup = false
      endOfGroup.resolve()
      settle()
    }
    working = null
  }

  async function runGroup(jobs: readonly Job[]): Promise<() => void> {
    const settlements: (() => void)[] = []
    const rejectAll = (error: unknown) => (): void => {
      for (const job of jobs) job.reject(error)
    }
    try {
      ground.begin()
    } catch (error) {
      return rejectAll(error)
    }
    for (const [index, job] of jobs.entries()) {
      try {
        settlements.push(await job.run())
      } catch (error) {
        if (!ground.isOpen()) {
          // Those before are undone with it; those after have not begun, and have a chance of their own.
          queue = [...jobs.slice(index + 1), ...queue]
          return () => {
            for (const lost of jobs.slice(0, index + 1)) lost.reject(error)
          }
        }
        settlements.push(() => job.reject(error))
      }
    }
    try {
      ground.commit()
    } catch (error) {
      ground.abort()
      return rejectAll(error)
    }
    return () => {
      for (const settle of settlements) settle()
    }
  }

  async function read<T>(fn: () => T): Promise<T> {
    while (isInGroup) await endOfGroup?.promise
    if (closed !== null) throw closedError()
    return fn()
  }

  function close(): Promise<void> {
    closed ??= (async () => {
      await working
      assert(queue.length === 0, 'A log is closed only when its queue is empty.')
      ground.close()
    })()
    return closed
  }

  return Object.freeze({ write, read, close })
}

function closedError(): VarveError {
  return new VarveError('closed', 'This log is closed.', {
    hint: 'Writes after close() are lost: stop their source first.',
  })
}
