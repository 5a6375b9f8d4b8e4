/**
 * The log has grown: reconcile with it and store everything in one transaction (rule C1): the page, what it says about
 * our commits, the decisions made again, the inbox. Only the tab that leads does this; the others read the result.
 */
import type { Entry } from '../core/commit.ts'
import type { Dot, LogId } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import { extendHistory } from '../core/history.ts'
import { inLineage, writtenBy } from '../core/lineage.ts'
import type { PlacedCommit } from '../core/reconcile.ts'
import { barrier } from '../log/barrier.ts'
import type { LogHead } from '../log/port.ts'
import { newEntries } from './check-page.ts'
import { reconcileLog } from './reconcile-log.ts'
import { refresh } from './refresh.ts'
import { roundsMax, type Writer } from './writer.ts'

export interface PageOf {
  readonly log: LogId
  readonly epoch: string
  /** At most `applyEntriesMax`. */
  readonly entries: readonly Entry[]
  readonly fence: number
}

export type Applied =
  | { readonly status: 'applied'; readonly entries: number }
  | { readonly status: 'gap' }
  /** Somebody else writes under our replica's name: it needs another one first (rule C8). Nothing was stored. */
  | { readonly status: 'name_taken' }
  /** The log holds another command under this dot than we do (rule C8). Nothing was stored. */
  | { readonly status: 'collision'; readonly dot: Dot }
  | { readonly status: 'fenced' }

export async function applyPage(writer: Writer, page: PageOf): Promise<Applied> {
  for (let round = 0; round < roundsMax; round += 1) {
    const applied = await tryPage(writer, page)
    if (applied !== 'moved') return applied
    await refresh(writer)
  }
  throw new VarveError('busy', 'Other tabs kept writing while entries were being applied.', {
    hint: 'Nothing was stored. They are applied when they come again.',
  })
}

async function tryPage(
  writer: Writer,
  { log: id, epoch, entries, fence }: PageOf,
): Promise<Applied | 'moved'> {
  const { log, present } = writer
  const state = present.mustLog(id)
  const { head } = state
  const page = newEntries(head, { epoch, entries })
  if (page === 'gap') return { status: 'gap' }
  // Without entries there is still the epoch to be remembered, once.
  if (page.length === 0 && head.epoch === epoch) return { status: 'applied', entries: 0 }

  const { status, next } = await reconcileLog(writer, state, {
    page,
    store({ next: { placed, unissued }, revised, inboxGone }) {
      if (collisionIn(placed) !== undefined || unissued.length > 0) return Promise.resolve(null)
      barrier('apply: decided')
      return log.applyEntries({
        ...revised,
        inboxGone,
        fence,
        epoch,
        entries: page,
        history: historyAfter(head, page),
        placed: placed.map(({ entry }) => entry.commit.dot),
      })
    },
  })
  const collision = collisionIn(next.placed)
  if (collision !== undefined) return { status: 'collision', dot: collision.held.dot }
  if (next.unissued.length > 0) return { status: 'name_taken' }
  if (status === 'fenced') return { status }
  if (status !== 'written') return 'moved'
  return { status: 'applied', entries: page.length }
}

/** C3 lets the log's outcome win, but not another intent: that would drop a command without a word. */
function collisionIn(placed: readonly PlacedCommit[]): PlacedCommit | undefined {
  return placed.find(({ entry, held }) => entry.commit.intent !== held.intent)
}

/** Over our own commits, in the log's order: what the server keeps of this lineage too. */
function historyAfter(head: LogHead, page: readonly Entry[]): LogHead['history'] {
  const own = writtenBy(head.lineage, head.issued)
  return page
    .filter(({ commit }) => inLineage(own, commit.dot))
    .reduce((history, { commit }) => extendHistory(history, commit), head.history)
}
