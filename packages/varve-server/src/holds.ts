/**
 * Rule A8: a commit that met too many conflicts gets its streams to itself for a moment.
 *
 * A writer far away may lose every race against near ones: each time its commit arrives, somebody was faster. After a
 * few conflicts of one dot it stands in line for the serial streams it leans on. The first in line has its turn: others'
 * commits on the stream are answered `held`, and wait. Near ones may meet as many conflicts, so a turn that is only
 * taken when nobody has one would again be won by who is near; in line nobody is overtaken.
 *
 *   stream   ann a7 ─── ben b2 ─── cem c9     a turn ends when its commit is placed, or after holdMs
 *            turn       waits      waits
 *
 * In memory only, and short: what is forgotten in a crash is asked for again.
 */
import { type Commit, dotKey, type LogId, type ReplicaId, type StreamName } from 'varve/core'

export interface Holds {
  /** Streams of the log that are held for another replica. */
  heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName>
  /** When a commit that a stream is held against may come again, in ms from now. */
  retryAfterMs(commit: Commit, stream: StreamName, nowMs: number): number
  conflicted(commit: Commit, nowMs: number): void
  placed(commit: Commit): void
}

export interface HoldLimits {
  readonly conflictsBeforeHold: number
  readonly holdMs: number
}

interface Claim {
  readonly replica: ReplicaId
  readonly dot: string
  /** When its author was last here. */
  seenAtMs: number
}

interface Place {
  readonly claim: Claim
  /** Null before its turn. */
  untilMs: number | null
}

/** Dots whose conflicts are counted; the oldest are forgotten first. */
const countedDotsMax = 10_000
/** One commit cannot hold a whole log. */
const heldStreamsMax = 64
/** Who finds a longer line has no claim yet, and counts anew. */
const inLineMax = 100
/** Who stands in line comes to look so often in a turn: the one before may be done early. */
const looksPerTurn = 8
/** Who was not here for so many turns has gone. */
const turnsUntilGone = 2

export function createHolds({ conflictsBeforeHold, holdMs }: HoldLimits): Holds {
  const conflicts = new Map<string, number>()
  const linesByLog = new Map<LogId, Map<StreamName, Place[]>>()

  /** Whose turn it is now. */
  function firstOf(line: Place[], nowMs: number): Place | undefined {
    for (let first = line[0]; first !== undefined; first = line[0]) {
      const isGone = nowMs - first.claim.seenAtMs > turnsUntilGone * holdMs
      if (first.untilMs === null && !isGone) first.untilMs = nowMs + holdMs
      if (first.untilMs !== null && first.untilMs > nowMs) return first
      // Counted anew after this: who does not come within the time has no lasting claim.
      line.shift()
    }
    return undefined
  }

  function heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName> {
    const held = new Set<StreamName>()
    const lines = linesByLog.get(log)
    if (lines === undefined) return held
    for (const [stream, line] of lines) {
      for (const { claim } of line) if (claim.replica === replica) claim.seenAtMs = nowMs
      const first = firstOf(line, nowMs)
      if (first === undefined) lines.delete(stream)
      else if (first.claim.replica !== replica) held.add(stream)
    }
    if (lines.size === 0) linesByLog.delete(log)
    return held
  }

  function conflicted(commit: Commit, nowMs: number): void {
    const key = keyOf(commit)
    const count = (conflicts.get(key) ?? 0) + 1
    conflicts.delete(key)
    if (count < conflictsBeforeHold) {
      conflicts.set(key, count)
      if (conflicts.size > countedDotsMax) conflicts.delete(conflicts.keys().next().value as string)
      return
    }
    const lines = linesByLog.get(commit.log) ?? new Map<StreamName, Place[]>()
    linesByLog.set(commit.log, lines)
    const claim: Claim = { replica: commit.dot.replica, dot: key, seenAtMs: nowMs }
    for (const { stream } of commit.guards.filter(({ kind }) => kind === 'serial').slice(0, heldStreamsMax)) {
      const line = lines.get(stream) ?? []
      lines.set(stream, line)
      if (line.length < inLineMax && !line.some(({ claim: { dot } }) => dot === key))
        line.push({ claim, untilMs: null })
      firstOf(line, nowMs)
    }
  }

  function placed(commit: Commit): void {
    const key = keyOf(commit)
    conflicts.delete(key)
    const lines = linesByLog.get(commit.log)
    if (lines === undefined) return
    for (const [stream, line] of lines) {
      const others = line.filter(({ claim }) => claim.dot !== key)
      if (others.length === 0) lines.delete(stream)
      else lines.set(stream, others)
    }
    if (lines.size === 0) linesByLog.delete(commit.log)
  }

  function retryAfterMs({ log, dot }: Commit, stream: StreamName, nowMs: number): number {
    const line = linesByLog.get(log)?.get(stream) ?? []
    const remainingMs = Math.max(0, (line[0]?.untilMs ?? nowMs) - nowMs)
    const isInLine = line.some(({ claim }) => claim.replica === dot.replica)
    return Math.ceil(isInLine ? Math.min(remainingMs, holdMs / looksPerTurn) : remainingMs)
  }

  return Object.freeze({ heldAgainst, retryAfterMs, conflicted, placed })
}

function keyOf({ log, dot }: Commit): string {
  return `${dotKey(dot)} ${log}`
}
