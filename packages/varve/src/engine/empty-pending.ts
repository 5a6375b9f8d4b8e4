/**
 * Empties a pending commit in place (rule C10: a cancel is a request; or the server will never place it), and decides
 * again what leaned on it. The dot stays and is pushed; if an old copy is placed first, the log's word stands (C9).
 */
import type { WithdrawnFor } from '../core/commit.ts'
import { sameDot } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { CommitRef } from '../core/query.ts'
import { reconcileLog } from './reconcile-log.ts'
import { refresh } from './refresh.ts'
import { roundsMax, type Writer } from './writer.ts'

export interface Emptying extends WithdrawnFor {
  /** Given by a leader, which acts for the server. */
  readonly fence?: number
}

/** False if there is no such pending commit, or it is withdrawn already. */
export async function emptyPending(
  writer: Writer,
  ref: CommitRef,
  emptying: Emptying,
): Promise<boolean | 'fenced'> {
  for (let round = 0; round < roundsMax; round += 1) {
    await refresh(writer)
    const done = await tryEmpty(writer, ref, emptying)
    if (done !== 'moved') return done
  }
  throw new VarveError('busy', 'Other tabs kept writing while a commit was being withdrawn.', {
    hint: 'Nothing was stored. Try again.',
  })
}

async function tryEmpty(
  writer: Writer,
  { log: id, dot }: CommitRef,
  { fence, ...why }: Emptying,
): Promise<boolean | 'moved' | 'fenced'> {
  const state = writer.present.mustLog(id)
  const pending = state.outbox.find((commit) => sameDot(commit.dot, dot))
  if (pending === undefined || pending.withdrawn !== null) return false
  const { status } = await reconcileLog(writer, state, {
    page: [],
    empty: { dot, ...why },
    store: ({ revised }) =>
      writer.log.reviseOutbox({ ...revised, ...(fence === undefined ? null : { fence }) }),
  })
  if (status === 'fenced') return status
  return status === 'written' ? true : 'moved'
}
