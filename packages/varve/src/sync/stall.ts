/**
 * Names work that is stuck: the first pending commit of a log that has not got on for 30 s though the session is live.
 *
 * Counted in beats of this thread, not in time: a device that slept or a tab that was frozen has not waited meanwhile.
 * A commit gets on when the server says that it has it, and while the entries come that it waits for (its own, or the
 * news that it is to be decided again on) unless it is refused again and again. Offline and halted are not stuck: the
 * status says so already.
 */
import type { Commit } from '../core/commit.ts'
import { dotKey, type LogId } from '../core/dot.ts'
import type { StallReport } from '../engine/sync-port.ts'
import type { Channel } from '../protocol/channel.ts'
import type { SessionState } from '../protocol/session-state.ts'
import { beatEveryMs } from './follow.ts'

export const stalledBeatsMin = 30
/** The first conflicts are everyday life. */
const ordinaryRefusals = 3

export interface StallWatch {
  /** Call it at each beat. */
  beat(state: SessionState): void
  /** The one that is stuck for longest, if it still is. */
  get(state: SessionState): StallReport | null
}

interface Front {
  readonly mark: string
  readonly beats: number
}

export function watchStalls(): StallWatch {
  let fronts: ReadonlyMap<LogId, Front> = new Map()

  return Object.freeze({
    beat(state: SessionState) {
      const next = new Map<LogId, Front>()
      for (const [log, channel] of channelsOf(state)) {
        const mark = markOf(channel)
        const before = fronts.get(log)
        if (mark !== null) next.set(log, { mark, beats: before?.mark === mark ? before.beats + 1 : 0 })
      }
      fronts = next
    },
    get(state: SessionState) {
      let longest: StallReport | null = null
      for (const [log, channel] of channelsOf(state)) {
        const { mark = '', beats = 0 } = fronts.get(log) ?? {}
        const [first] = channel.stored.outbox
        if (first === undefined || beats < stalledBeatsMin || mark !== markOf(channel)) continue
        const forMs = beats * beatEveryMs
        if (longest === null || forMs > longest.forMs)
          longest = { log, dot: first.dot, why: whyOf(channel, first), forMs }
      }
      return longest
    },
  })
}

function channelsOf(state: SessionState): ReadonlyMap<LogId, Channel> {
  return state.phase === 'live' ? state.channels : new Map()
}

/** Changes whenever the first pending commit gets on; null if there is none, or a problem says why it does not. */
function markOf({ stored, receipts, waitFor, refusals, problem }: Channel): string | null {
  const [first] = stored.outbox
  if (first === undefined || problem !== null) return null
  const hasReceipt = receipts.has(dotKey(first.dot))
  const waits = (hasReceipt || stored.position < waitFor) && refusals <= ordinaryRefusals
  return `${dotKey(first.dot)} ${hasReceipt} ${waits ? stored.position : ''}`
}

function whyOf({ receipts, refusal }: Channel, { dot }: Commit): string {
  return receipts.has(dotKey(dot)) ? 'no_entry' : (refusal ?? 'no_answer')
}
