/** A stream's history in pages: what the log holds, in order, then what is still pending. */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId, Position, Revision, StreamName } from '../core/dot.ts'
import type { Model } from '../core/model.ts'
import { projectedEvents } from '../core/projected-events.ts'
import type { HistoryEvent, HistoryPage } from '../core/query.ts'
import type { StoreLog } from '../log/port.ts'

export const historyEntriesMax = 200

export interface HistoryRequest {
  readonly model: Model
  readonly log: LogId
  readonly stream: StreamName
  readonly from: { readonly after: Position; readonly revision: Revision } | null
  /** Up to where the log counts; `outbox` is of the same moment. */
  readonly upTo: Position
  readonly outbox: readonly Commit[]
}

export async function readHistory(log: StoreLog, request: HistoryRequest): Promise<HistoryPage> {
  const { model, stream, upTo, outbox } = request
  const after = request.from?.after ?? 0
  const read = await log.readStreamEntries(request.log, stream, after, historyEntriesMax)
  const entries = read.filter((entry) => entry.position <= upTo)
  const events: HistoryEvent[] = []
  let revision = request.from?.revision ?? 0
  const add = (source: Entry | Commit): void => {
    for (const event of historyOf(model, source, { stream, revision })) {
      events.push(event)
      revision += 1
    }
  }
  for (const entry of entries) add(entry)
  const last = entries.at(-1)
  if (last !== undefined && entries.length === historyEntriesMax) {
    return { events, next: { after: last.position, revision } }
  }
  for (const commit of outbox) add(commit)
  return { events, next: null }
}

function historyOf(
  model: Model,
  source: Entry | Commit,
  { stream, revision }: { readonly stream: StreamName; readonly revision: Revision },
): readonly HistoryEvent[] {
  const placed = 'commit' in source
  const commit = placed ? source.commit : source
  return commit.events
    .filter((event) => event.stream === stream)
    .map((event, index) => {
      // One by one: what the model does not know is shown as it is stored instead of being left out.
      const [known] = projectedEvents(model, { ...commit, events: [event] }, commit.log)
      return {
        type: event.type,
        data: known === undefined ? event.data : known.data,
        stream,
        revision: revision + index,
        dot: commit.dot,
        position: placed ? source.position : null,
        time: placed ? source.time : null,
        now: commit.now,
        principal: placed ? source.principal : null,
        actor: commit.actor,
        causation: commit.causation,
      }
    })
}
