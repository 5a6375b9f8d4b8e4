/**
 * Two ways in which a log is not what this store took it for. Both are found by the server's word, end in one
 * transaction, and leave every intent of ours pending; memory is folded anew from what is stored then (rebuild.ts).
 *
 *   fork        the server came back from an older backup: back to what both have in common (rule C7)
 *   collision   somebody else writes under our name: what is pending gets another one (rule C8)
 */
import type { Entry } from '../core/commit.ts'
import { type Dot, type LogId, type Position, sameDot } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import { heal } from '../core/heal.ts'
import { extendHistory, historyStart } from '../core/history.ts'
import { inLineage, writtenBy } from '../core/lineage.ts'
import { rename } from '../core/rename.ts'
import type { World } from '../core/world.ts'
import { barrier } from '../log/barrier.ts'
import type { ResetLog, StoreLog, Written } from '../log/port.ts'
import { isUpTo } from './fates.ts'
import { foldTo } from './fold-to.ts'
import { resetInbox } from './inbox.ts'
import { type LogState, replicaOf, stampOf } from './log-state.ts'
import { readPages } from './read-by-time.ts'
import { noRecent, readRecent } from './recent.ts'
import type { Writer } from './writer.ts'

/** `moved`: another tab was faster, or there is nothing to do on what is stored now. */
export type ResetStatus = Written['status']

/** Back to `fork`, the last position at which this log and the server's of that epoch are the same. */
export async function healLog(
  { model, log, present, freeze }: Writer,
  {
    log: id,
    epoch,
    fork,
    fence,
  }: { readonly log: LogId; readonly epoch: string; readonly fork: Position; readonly fence: number },
): Promise<ResetStatus> {
  const state = present.mustLog(id)
  const { head, rules, outbox } = state
  assert(fork <= head.position, 'What two logs have in common is in both.')
  const { worlds } = await foldTo(log, {
    scope: { model, logs: [state], heads: [head] },
    cut: { [id]: fork },
    freeze,
    only: { projections: new Set(), worlds: true },
  })
  const lost = await readAll(log, { log: id, after: fork, upTo: head.position })
  const own = writtenBy(head.lineage, head.issued)
  const ours = lost.filter(({ commit }) => inLineage(own, commit.dot)).map(({ commit }) => commit)
  const { entries } = await readRecent(log, noRecent, {
    log: id,
    position: fork,
    outbox: [...ours, ...outbox],
  })
  const { lineage, issued } = head
  const next = heal<World>({
    ...{ rules, confirmed: worlds.get(id) as World, position: fork },
    ...{ lineage, issued, outbox, lost, recent: entries },
  })
  const last = ours.at(-1)
  const isAgain = outbox.some(({ dot }) => head.reverted !== undefined && sameDot(dot, head.reverted))
  barrier('heal: decided')
  const written = await log.resetLog({
    ...resetOf(state, fence),
    // What was set back before and is still pending stands behind what is set back now.
    ...(last === undefined || isAgain ? {} : { reverted: last.dot }),
    ...{ epoch, position: fork, ...(await readStanding(log, state, fork)) },
    outbox: next.outbox,
    ...resetInbox({
      log: id,
      inbox: present.inbox(),
      outbox: next.outbox,
      changed: next.changed,
      placed: ours,
      wasPlaced: (dot) => isUpTo(outbox, head.reverted, dot),
    }),
  })
  return written.status
}

/** From `from` on, what is pending bears the name of the present replica, which must not have been used yet. */
export async function renameFrom(
  { log, present }: Writer,
  { log: id, from, fence }: { readonly log: LogId; readonly from: Dot; readonly fence: number },
): Promise<ResetStatus> {
  const state = present.mustLog(id)
  const { head, rules, confirmed, outbox } = state
  if (head.issued > 0 || !outbox.some(({ dot }) => sameDot(dot, from))) return 'moved'
  const { position, lineage } = head
  const { entries } = await readRecent(log, state.recent, { log: id, position, outbox })
  const next = rename({
    ...{ rules, confirmed, position, lineage, outbox, from },
    ...{ recent: entries, replica: replicaOf(head) },
  })
  const renamed = next.changed.find(({ before }) => head.reverted && sameDot(before.dot, head.reverted))
  barrier('rename: decided')
  const written = await log.resetLog({
    ...resetOf(state, fence),
    ...(renamed === undefined ? {} : { reverted: renamed.after.dot }),
    ...{ lineage: next.lineage, issued: next.issued, outbox: next.outbox },
    ...resetInbox({
      log: id,
      inbox: present.inbox(),
      outbox: next.outbox,
      changed: next.changed,
      placed: [],
      wasPlaced: (dot) => isUpTo(outbox, head.reverted, dot),
    }),
  })
  return written.status
}

function resetOf(
  state: LogState,
  fence: number,
): Omit<ResetLog, 'outbox' | 'inbox' | 'inboxHidden' | 'inboxGone'> {
  const { epoch, position, chain, history, lineage, issued } = state.head
  return { log: state.id, stamp: stampOf(state), fence, epoch, position, chain, history, lineage, issued }
}

/** Chain and own history at a position. */
async function readStanding(
  log: StoreLog,
  { id, head }: LogState,
  upTo: Position,
): Promise<Pick<ResetLog, 'chain' | 'history'>> {
  const own = writtenBy(head.lineage, head.issued)
  let history = historyStart
  let chain = ''
  for await (const page of readPages(log, { log: id, after: 0, upTo })) {
    for (const { commit } of page) if (inLineage(own, commit.dot)) history = extendHistory(history, commit)
    chain = page.at(-1)?.chain ?? chain
  }
  return { chain, history }
}

async function readAll(
  log: StoreLog,
  range: { readonly log: LogId; readonly after: Position; readonly upTo: Position },
) {
  const all: Entry[] = []
  for await (const page of readPages(log, range)) all.push(...page)
  return all
}
