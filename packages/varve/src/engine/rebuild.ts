/** Memory folded anew from the disk, when a log was reset: what was folded before is not what the log holds. */
import type { StoreRecord } from '../log/port.ts'
import type { EndedCommit } from './change.ts'
import { readEnded } from './fates.ts'
import { foldStored } from './fold-stored.ts'
import { type LogState, refolded, startLog } from './log-state.ts'
import { mustHeadOf } from './present.ts'
import type { Writer } from './writer.ts'

export function wasReset(logs: readonly LogState[], record: StoreRecord): boolean {
  return logs.some(({ id, head }) => head.resets !== mustHeadOf(record, id).resets)
}

/** Shows nothing new if a log was reset again while it was read: whoever calls looks again in any case. */
export async function rebuild({ model, log, present, freeze }: Writer): Promise<void> {
  const logs = present.logs()
  const nothingAfter = Object.fromEntries(logs.map(({ id }) => [id, Number.MAX_SAFE_INTEGER]))
  const { record, outboxes, inbox } = await log.readNews(nothingAfter, 1)
  const heads = logs.map(({ id }) => mustHeadOf(record, id))
  const folded = await foldStored(log, { model, logs, heads, freeze })
  if (folded === null) return
  const states = logs.flatMap(({ id, kind, rules }) => {
    const confirmed = folded.worlds.get(id)
    if (confirmed === undefined) return []
    const head = mustHeadOf(record, id)
    return refolded(startLog({ id, kind, rules, head, confirmed }), {
      head,
      outbox: outboxes[id] ?? [],
      entries: [],
    })
  })
  present.rebuild({ states, views: folded.views, times: folded.times, inbox, ended: await readMissed() })

  /** Of what was pending here and is no more; whatever it was called meanwhile. */
  async function readMissed(): Promise<readonly EndedCommit[]> {
    const awaiting = logs.flatMap(({ id, outbox }) => outbox.map(({ dot, seed }) => ({ log: id, dot, seed })))
    return readEnded(log, awaiting, { logs: () => states, inbox: () => inbox })
  }
}
