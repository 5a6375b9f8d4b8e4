/**
 * The end of every reconciliation, whatever the news was: decide what it means for the outbox and the inbox, have that
 * stored in one transaction (rule C1), and show it once it is.
 */
import type { Entry } from '../core/commit.ts'
import type { Dot } from '../core/dot.ts'
import { reconcile as coreReconcile, type Reconciled } from '../core/reconcile.ts'
import type { World } from '../core/world.ts'
import type { ReviseOutbox, Written } from '../log/port.ts'
import { isUpTo } from './fates.ts'
import { inboxAfter, newlyWithdrawn, placedInbox } from './inbox.ts'
import { type LogState, stampOf } from './log-state.ts'
import { mustHeadOf } from './present.ts'
import { growRecent, readRecent } from './recent.ts'
import type { Writer } from './writer.ts'

/** What has happened (entries came, or a pending commit is to be emptied), and how it is stored. */
export interface Occasion {
  readonly page: readonly Entry[]
  readonly empty?: { readonly dot: Dot; readonly reason: string }
  /** Null: it cannot be stored as it is, and nothing was. */
  readonly store: (revision: Revision) => Promise<Written | null>
}

/** What the transaction has to say in any case; inbox items whose commits were placed after all go. */
export interface Revision {
  readonly next: Reconciled<World>
  readonly revised: ReviseOutbox
  readonly inboxGone: readonly Dot[]
}

/** Memory is swapped only if `store` says `written`; what `store` throws is thrown on, and nothing has changed. */
export async function reconcileLog(
  { log, present, reconcile = coreReconcile }: Writer,
  state: LogState,
  { store, ...news }: Occasion,
): Promise<{ readonly status: Written['status'] | null; readonly next: Reconciled<World> }> {
  const { id, rules, confirmed, outbox, head } = state
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
    ...news,
  })
  const known = [...recent.entries, ...news.page]
  const wasPlaced = (dot: Dot): boolean => isUpTo(outbox, head.reverted, dot)
  const placed = placedInbox(next.placed, { inbox: present.inbox(), known, wasPlaced })
  const items = [...newlyWithdrawn(id, next.changed, wasPlaced), ...placed.items]
  const changed = next.changed.map(({ after }) => after)
  const written = await store({
    next,
    revised: { log: id, stamp: stampOf(state), changed, inbox: items },
    inboxGone: placed.gone,
  })
  if (written?.status === 'written') {
    present.settle(id, {
      head: mustHeadOf(written.record, id),
      entries: news.page,
      outbox: next.outbox,
      step: next.confirmed,
      pending: next.pending,
      recent: growRecent(recent, news.page),
      inbox: inboxAfter(present.inbox(), {
        items: items.filter((item) => !placed.hidden.has(item)),
        gone: placed.gone.map((dot) => ({ log: id, dot })),
      }),
    })
  }
  return { status: written?.status ?? null, next }
}
