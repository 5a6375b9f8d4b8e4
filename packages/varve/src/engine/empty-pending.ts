/**
 * Empties a pending commit in place (rule C10: a cancel is a request; or the server will never place it), and decides
 * again what leaned on it. The dot stays and is pushed; if an old copy is placed first, the log's word stands (C9).
 */
import { sameDot } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { CommitRef } from '../core/query.ts'
import { reconcile } from '../core/reconcile.ts'
import { inboxAfter, newlyWithdrawn } from './inbox.ts'
import { stampOf } from './log-state.ts'
import { mustHeadOf } from './present.ts'
import { readRecent } from './recent.ts'
import { catchUp, roundsMax, type Writer } from './writer.ts'

/** False if there is no such pending commit, or it is withdrawn already. */
export async function emptyPending(writer: Writer, ref: CommitRef, reason: string): Promise<boolean> {
  for (let round = 0; round < roundsMax; round += 1) {
    await catchUp(writer)
    const done = await tryEmpty(writer, ref, reason)
    if (done !== 'moved') return done
  }
  throw new VarveError('busy', 'Other tabs kept writing while a commit was being withdrawn.', {
    hint: 'Nothing was stored. Try again.',
  })
}

async function tryEmpty(
  { log, present }: Writer,
  { log: id, dot }: CommitRef,
  reason: string,
): Promise<boolean | 'moved'> {
  const state = present.mustLog(id)
  const { head, outbox, rules, confirmed } = state
  const pending = outbox.find((commit) => sameDot(commit.dot, dot))
  if (pending === undefined || pending.withdrawn !== null) return false

  const { position, lineage, issued } = head
  const recent = await readRecent(log, state.recent, { log: id, position, outbox })
  const next = reconcile({
    rules,
    confirmed,
    position,
    lineage,
    issued,
    outbox,
    recent: recent.entries,
    page: [],
    empty: { dot, reason },
  })
  const items = newlyWithdrawn(id, next.changed)
  const { status, record } = await log.reviseOutbox({
    log: id,
    stamp: stampOf(state),
    changed: next.changed.map(({ after }) => after),
    inbox: items,
  })
  if (status !== 'written') return 'moved'
  present.settle(id, {
    head: mustHeadOf(record, id),
    entries: [],
    outbox: next.outbox,
    step: next.confirmed,
    pending: next.pending,
    recent,
    inbox: inboxAfter(present.inbox(), { items, gone: [] }),
  })
  return true
}
