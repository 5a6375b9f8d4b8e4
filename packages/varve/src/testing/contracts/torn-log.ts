/**
 * A negative control: a log that does in two transactions what the port says is one. It works as long as nothing
 * fails; crash enumeration must catch it.
 */
import type { StoreLog, StoreRecord, Written } from '../../log/port.ts'
import { stampOf } from './log-fixtures.ts'

export function tornLog(log: StoreLog): StoreLog {
  const next = (written: Written): StoreRecord => written.record
  return {
    ...log,
    async appendCommits(write) {
      const [first, ...rest] = write.commits
      if (first === undefined || rest.length === 0) return log.appendCommits(write)
      const half = await log.appendCommits({ ...write, commits: [first] })
      return log.appendCommits({ ...write, stamp: stampOf(next(half), write.log), commits: rest })
    },
    async applyEntries(write) {
      const page = await log.applyEntries({ ...write, placed: [], changed: [], inbox: [], inboxGone: [] })
      return log.applyEntries({ ...write, stamp: stampOf(next(page), write.log), entries: [] })
    },
    async reviseOutbox(write) {
      const outbox = await log.reviseOutbox({ ...write, inbox: [] })
      return log.reviseOutbox({ ...write, stamp: stampOf(next(outbox), write.log), changed: [] })
    },
  }
}
