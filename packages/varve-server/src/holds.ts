/**
 * Rule A8: a commit that met too many conflicts gets its streams to itself for a moment.
 *
 * A writer far away may lose every race against near ones: each time its commit arrives, somebody was faster. After a
 * few conflicts of one dot the serial streams it leans on are held for its replica; others' commits on them are
 * answered `held`, and wait. In memory only, and short: what is forgotten in a crash is asked for again.
 */
import { type Commit, dotKey, type LogId, type ReplicaId, type StreamName } from 'varve/core'

export interface Holds {
  /** Streams of the log that are held for another replica. */
  heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName>
  /** Until when, in ms from now. */
  remainingMs(log: LogId, stream: StreamName, nowMs: number): number
  conflicted(commit: Commit, nowMs: number): void
  placed(commit: Commit): void
}

export interface HoldLimits {
  readonly conflictsBeforeHold: number
  readonly holdMs: number
}

interface Hold {
  readonly replica: ReplicaId
  readonly dot: string
  readonly untilMs: number
}

/** Dots whose conflicts are counted; the oldest are forgotten first. */
const countedDotsMax = 10_000
/** One commit cannot hold a whole log. */
const heldStreamsMax = 64

export function createHolds({ conflictsBeforeHold, holdMs }: HoldLimits): Holds {
  const conflicts = new Map<string, number>()
  const holdsByLog = new Map<LogId, Map<StreamName, Hold>>()

  function heldAgainst(log: LogId, replica: ReplicaId, nowMs: number): ReadonlySet<StreamName> {
    const held = new Set<StreamName>()
    const holds = holdsByLog.get(log)
    if (holds === undefined) return held
    for (const [stream, hold] of holds) {
      if (hold.untilMs <= nowMs) holds.delete(stream)
      else if (hold.replica !== replica) held.add(stream)
    }
    if (holds.size === 0) holdsByLog.delete(log)
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
    // Counted anew after this: who does not come within the time has no lasting claim.
    const holds = holdsByLog.get(commit.log) ?? new Map<StreamName, Hold>()
    holdsByLog.set(commit.log, holds)
    const hold: Hold = { replica: commit.dot.replica, dot: key, untilMs: nowMs + holdMs }
    for (const { stream } of commit.guards.filter(({ kind }) => kind === 'serial').slice(0, heldStreamsMax)) {
      const other = holds.get(stream)
      if (other === undefined || other.untilMs <= nowMs) holds.set(stream, hold)
    }
  }

  function placed(commit: Commit): void {
    const key = keyOf(commit)
    conflicts.delete(key)
    const holds = holdsByLog.get(commit.log)
    if (holds === undefined) return
    for (const [stream, hold] of holds) if (hold.dot === key) holds.delete(stream)
    if (holds.size === 0) holdsByLog.delete(commit.log)
  }

  return Object.freeze({
    heldAgainst,
    remainingMs: (log: LogId, stream: StreamName, nowMs: number) =>
      Math.max(0, (holdsByLog.get(log)?.get(stream)?.untilMs ?? nowMs) - nowMs),
    conflicted,
    placed,
  })
}

function keyOf({ log, dot }: Commit): string {
  return `${dotKey(dot)} ${log}`
}
