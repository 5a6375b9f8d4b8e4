/** From a commit to the events that projections and histories see. */
import type { Commit, Entry, EventRecord } from './commit.ts'
import { type LogId, parseStreamName, type StreamName } from './dot.ts'
import { messageOf } from './errors.ts'
import { upcast } from './event.ts'
import type { LogEvent } from './log-event.ts'
import type { Model } from './model.ts'

export interface ProjectedEvent extends LogEvent {
  /** Why no handler may be given it: it stands on another type's stream, or `data` could not be brought to its newest shape. */
  readonly fault?: string
  /** The fault is that a newer program wrote it. */
  readonly newer?: true
}

/**
 * The events of an entry, or of a commit that is still pending. Types that the model does not know are left out: no
 * projection can handle them. Where the shape is not understood the event has a `fault`.
 */
export function projectedEvents(model: Model, source: Entry | Commit, log: LogId): readonly ProjectedEvent[] {
  const placed = 'commit' in source
  const commit = placed ? source.commit : source
  const revisionOf = revisionCounter(commit)
  const events: ProjectedEvent[] = []
  for (const record of commit.events) {
    const revision = revisionOf(record.stream)
    const read = readData(model, record)
    if (read === null) continue
    events.push({
      type: record.type,
      data: read.data,
      streamId: parseStreamName(record.stream).id,
      stream: record.stream,
      log,
      position: placed ? source.position : null,
      time: placed ? source.time : null,
      now: commit.now,
      replica: commit.dot.replica,
      ...(revision === null ? undefined : { revision }),
      ...(read.fault === null ? undefined : { fault: read.fault, ...(read.newer && { newer: true }) }),
    })
  }
  return events
}

/** Gives each event of the commit its revision. A `commute` stream may hold events that the author had not seen. */
function revisionCounter(commit: Commit): (stream: StreamName) => number | null {
  const next = new Map<StreamName, number>()
  for (const { stream, revision, kind } of commit.guards) if (kind === 'serial') next.set(stream, revision)
  return (stream) => {
    const revision = next.get(stream)
    if (revision === undefined) return null
    next.set(stream, revision + 1)
    return revision
  }
}

function readData(
  model: Model,
  record: EventRecord,
): { readonly data: unknown; readonly fault: string | null; readonly newer?: true } | null {
  const known = model.eventOf(record.type)
  if (known === undefined) return null
  if (!record.stream.startsWith(known.streamPrefix)) {
    return { data: record.data, fault: `${record.type} stands on ${record.stream}.` }
  }
  const newest = known.definition.versions.length
  if (record.version > newest) {
    return {
      data: record.data,
      fault: `${record.type} has version ${record.version}, and this app knows it up to ${newest}.`,
      newer: true,
    }
  }
  try {
    return { data: upcast(known.definition, record.version, record.data), fault: null }
  } catch (thrown) {
    // Application code: its fault belongs to this event and to those who read it.
    return { data: record.data, fault: `${record.type}: ${messageOf(thrown)}` }
  }
}
