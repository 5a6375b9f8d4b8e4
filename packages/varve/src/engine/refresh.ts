/**
 * Reads what other tabs wrote. A follower never reconciles: the leader did, in the transaction that stored the page,
 * so the outbox on disk fits the entries on disk. Both are read in one moment.
 *
 * If there is more than a page, all but the last round show the entries read so far with what is left of the outbox
 * known so far; nothing is decided in between, for this runs as one job.
 */
import { dotKey, type LogId } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { StoreRecord } from '../log/port.ts'
import { isSetBack } from '../log/record.ts'
import type { LogState } from './log-state.ts'
import { type LogNews, mustHeadOf, type Present, positionsOf } from './present.ts'
import { readEntriesMax } from './read-by-time.ts'
import { rebuild, wasReset } from './rebuild.ts'
import { roundsMax, type Writer } from './writer.ts'

export async function refresh(writer: Writer): Promise<void> {
  const { log, present } = writer
  for (let resets = 0; ; ) {
    const news = await log.readNews(positionsOf(present.logs()), readEntriesMax)
    mustNotBeSetBack(news.record, present)
    if (wasReset(present.logs(), news.record)) {
      if (resets === roundsMax) throw keptResetting()
      resets += 1
      await rebuild(writer)
      continue
    }
    const newsByLog = new Map<LogId, LogNews>()
    let whole = true
    for (const state of present.logs()) {
      const head = mustHeadOf(news.record, state.id)
      const entries = news.entries[state.id] ?? []
      const reached = entries.at(-1)?.position ?? state.head.position
      const outbox = news.outboxes[state.id] ?? []
      if (reached < head.position) whole = false
      newsByLog.set(state.id, reached < head.position ? partOf(state, entries) : { head, entries, outbox })
    }
    present.takeNews(newsByLog, whole ? news.inbox : present.inbox())
    if (whole) return
  }
}

/** INVARIANT: no write is decided on a store that lost what it had acknowledged; whoever notices says so. */
function mustNotBeSetBack(record: StoreRecord, present: Present): void {
  const seen = { ...record, heads: present.logs().map(({ head }) => head) }
  if (!setBack.has(present) && !isSetBack(record, seen)) return
  setBack.add(present)
  throw new VarveError('store_rolled_back', 'The browser has set this store back to an earlier state.', {
    hint: 'Reload the app. What the server has is safe; what was not sent and is no longer stored is lost.',
  })
}

/** For good: what other tabs write now brings the numbers of the record up again. */
const setBack = new WeakSet<Present>()

function keptResetting(): VarveError {
  return new VarveError('busy', 'Another tab kept resetting a log while it was being read.', {
    hint: 'Try again.',
  })
}

function partOf({ head, outbox }: LogState, entries: LogNews['entries']): LogNews {
  const placed = new Set(entries.map((entry) => dotKey(entry.commit.dot)))
  const last = entries.at(-1)
  return {
    head: last === undefined ? head : { ...head, position: last.position, chain: last.chain },
    entries,
    outbox: outbox.filter((commit) => !placed.has(dotKey(commit.dot))),
  }
}
