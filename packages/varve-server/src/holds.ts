/**
 * Rule A8: a commit that came too late too often gets its streams to itself for a moment.
 *
 * A writer far away may lose every race against near ones: each time its commit arrives, somebody was faster. After a
 * few misses of one dot it stands in line for the serial streams it leans on. The first in line has its turn: others'
 * commits on the stream are answered `held`, and wait. Near ones may miss as often, so a turn that is only taken when
 * nobody has one would again be won by who is near; in line nobody is overtaken.
 *
 *   stream x   ann a7 ─── ben b2 ─── cem c9     a turn ends when its commit is placed, or after holdMs
 *              turn       waits      waits
 *   stream y   ben b2 ─── dan d4                 ben's begins when he is the first in all his lines
 *              waits      waits
 *
 * All lines of a log are in one order, that of the claims, so nobody waits for each other: of those whose turn has not
 * begun the oldest is the first in all its lines, but for turns that have, and those end by themselves.
 *
 * In memory only, and short: what is forgotten in a crash is asked for again.
 */
import { type Commit, dotKey, type LogId, type ReplicaId, type StreamName } from 'varve/core'

export interface Holds {
  /** Streams of the log that are held for another replica. */
  heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName>
  /** When a commit that a stream is held against may come again, in ms from now. */
  retryAfterMs(commit: Commit, stream: StreamName, nowMs: number): number
  /** It would have been placed, had nobody been faster and were nothing held. */
  missed(commit: Commit, nowMs: number): void
  placed(commit: Commit): void
  /** Logs that somebody stands in line for. */
  logsInLine(): number
}

export interface HoldLimits {
  readonly conflictsBeforeHold: number
  readonly holdMs: number
}

interface Claim {
  /** The older, the lower. */
  readonly number: number
  readonly replica: ReplicaId
  readonly dot: string
  readonly streams: Set<StreamName>
  /** When its author was last here. */
  seenAtMs: number
  /** Null before its turn. */
  untilMs: number | null
}

/** Of one log: claims by dot, the oldest first, and the lines in which they stand. */
interface Lines {
  readonly claims: Map<string, Claim>
  readonly byStream: Map<StreamName, Claim[]>
}

/** Dots whose misses are counted; the oldest are forgotten first. */
const countedDotsMax = 10_000
/** One commit cannot hold a whole log. */
const heldStreamsMax = 64
/** Who finds a longer line has no claim yet, and counts anew. */
const inLineMax = 100
/** Who is next comes to look so often, for the one before may be done early; who is further behind, as much less often. */
const lookEveryMs = 50
/** Who was not here for so many turns has gone. */
const turnsUntilGone = 2

export function createHolds({ conflictsBeforeHold, holdMs }: HoldLimits): Holds {
  const misses = new Map<string, number>()
  const linesByLog = new Map<LogId, Lines>()
  let claimed = 0

  function heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName> {
    const held = new Set<StreamName>()
    const lines = linesByLog.get(log)
    if (lines === undefined) return held
    for (const claim of lines.claims.values()) if (claim.replica === replica) claim.seenAtMs = nowMs
    moveOn(log, lines, nowMs)
    for (const [stream, [first]] of lines.byStream)
      if (first !== undefined && first.replica !== replica) held.add(stream)
    return held
  }

  /** Ends what is over and begins what can begin. */
  function moveOn(log: LogId, lines: Lines, nowMs: number): void {
    for (const claim of [...lines.claims.values()]) {
      const isOver =
        claim.untilMs === null ? nowMs - claim.seenAtMs > turnsUntilGone * holdMs : claim.untilMs <= nowMs
      // Counted anew after this: who does not come within the time has no lasting claim.
      if (isOver) leave(lines, claim)
    }
    for (const claim of lines.claims.values()) {
      const isFirst = () => [...claim.streams].every((stream) => lines.byStream.get(stream)?.[0] === claim)
      if (claim.untilMs === null && isFirst()) claim.untilMs = nowMs + holdMs
    }
    if (lines.claims.size === 0) linesByLog.delete(log)
  }

  function leave({ claims, byStream }: Lines, claim: Claim): void {
    claims.delete(claim.dot)
    for (const stream of claim.streams) {
      const others = (byStream.get(stream) ?? []).filter((other) => other !== claim)
      if (others.length === 0) byStream.delete(stream)
      else byStream.set(stream, others)
    }
  }

  function missed(commit: Commit, nowMs: number): void {
    const key = keyOf(commit)
    const count = (misses.get(key) ?? 0) + 1
    misses.delete(key)
    if (count < conflictsBeforeHold) {
      misses.set(key, count)
      if (misses.size > countedDotsMax) misses.delete(misses.keys().next().value as string)
      return
    }
    claim(commit, key, nowMs)
  }

  function claim({ log, dot, guards }: Commit, key: string, nowMs: number): void {
    const lines = linesByLog.get(log) ?? newLines(log, nowMs)
    const mine = lines.claims.get(key) ?? newClaim(dot.replica, key, nowMs)
    lines.claims.set(key, mine)
    for (const { stream } of guards.filter(({ kind }) => kind === 'serial')) {
      const line = lines.byStream.get(stream) ?? []
      if (mine.streams.has(stream) || mine.streams.size >= heldStreamsMax || line.length >= inLineMax)
        continue
      mine.streams.add(stream)
      // Decided again, a commit may lean on other streams than when it came into line.
      const isBefore = (other: Claim) => other.untilMs === null && mine.number < other.number
      const place = line.findIndex(isBefore)
      lines.byStream.set(stream, line.toSpliced(place < 0 ? line.length : place, 0, mine))
    }
    moveOn(log, lines, nowMs)
  }

  function newClaim(replica: ReplicaId, dot: string, nowMs: number): Claim {
    claimed += 1
    return { number: claimed, replica, dot, streams: new Set(), seenAtMs: nowMs, untilMs: null }
  }

  /** It may be that nobody ever writes to a log again: with each new one the two that were looked after longest ago are. */
  function newLines(log: LogId, nowMs: number): Lines {
    for (let n = 0; n < 2; n++) {
      const [oldest] = linesByLog
      if (oldest === undefined) break
      const [old, lines] = oldest
      linesByLog.delete(old)
      linesByLog.set(old, lines)
      moveOn(old, lines, nowMs)
    }
    const lines: Lines = { claims: new Map(), byStream: new Map() }
    linesByLog.set(log, lines)
    return lines
  }

  function placed(commit: Commit): void {
    const key = keyOf(commit)
    misses.delete(key)
    const lines = linesByLog.get(commit.log)
    const claim = lines?.claims.get(key)
    if (lines === undefined || claim === undefined) return
    leave(lines, claim)
    if (lines.claims.size === 0) linesByLog.delete(commit.log)
  }

  function retryAfterMs({ log, dot }: Commit, stream: StreamName, nowMs: number): number {
    const line = linesByLog.get(log)?.byStream.get(stream) ?? []
    const place = line.findIndex(({ replica }) => replica === dot.replica)
    const ahead = place < 0 ? line.length : place
    const turnMs = Math.max(0, (line[0]?.untilMs ?? nowMs + holdMs) - nowMs)
    // Its own turn may have come since it was refused.
    if (ahead === 0) return 0
    return Math.ceil(Math.min(ahead * lookEveryMs, turnMs + (ahead - 1) * holdMs))
  }

  return Object.freeze({ heldAgainst, retryAfterMs, missed, placed, logsInLine: () => linesByLog.size })
}

function keyOf({ log, dot }: Commit): string {
  return `${dotKey(dot)} ${log}`
}
