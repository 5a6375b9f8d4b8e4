/**
 * One log within a session, as a pure machine: what to pull, what to push, and what an answer means.
 *
 *            received ≤ handed          pushed commits, at most one push in flight
 *   log  ────────────────┬───────▸ head        outbox  a4 a5 │ a6 a7 a8 …
 *                     pull after                     placed   in flight
 *
 * Receipts and refusals are hints (rule C5): they move only the pointers here. A commit leaves the outbox when its
 * entry arrives, through reconcile, and by nothing else. So whatever is lost, doubled or reordered on the way is
 * mended by pulling and pushing again.
 */
import { type Commit, type Entry, outcomeOf, type WithdrawnFor } from '../core/commit.ts'
import { type Dot, dotKey, type LogId, type Position } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import { extendHistory } from '../core/history.ts'
import type { Problem } from '../core/query.ts'
import { type ForkSearch, isFound, narrowed, pointsToAsk, startForkSearch } from './fork-search.ts'
import type { ClientMessage, Entries, Located, Receipt, Refuse } from './messages.ts'
import { problemOf } from './problems.ts'

/** What a store holds of a log, of one moment. */
export interface StoredLog {
  readonly log: LogId
  readonly epoch: string | null
  readonly position: Position
  readonly chain: Hash
  readonly history: Hash
  readonly outbox: readonly Commit[]
  /** Grows when the store resets the log: then everything begins anew. */
  readonly resets: number
}

export interface Channel {
  readonly stored: StoredLog
  /** The server log's incarnation, from its welcome. */
  readonly epoch: string
  /** The server's head, as last heard. */
  readonly head: Position
  /** Entries up to here were received in order and handed to the store. */
  readonly handed: Position
  /** The credit given reaches up to here. */
  readonly creditTo: Position
  readonly pulledAtMs: number
  /** Dots of the push in flight, in order. */
  readonly inFlight: readonly string[]
  readonly pushedAtMs: number
  /** Up to where the store had applied the log when it was pushed. */
  readonly pushedFrom: Position
  /** For each dot that a receipt named: the outcome that was placed. */
  readonly receipts: ReadonlyMap<string, Hash>
  /** No push before the store has applied the log up to here. */
  readonly waitFor: Position
  /** No push before this time. */
  readonly holdUntilMs: number
  /** A commit that the store was told to empty or to rename: nothing is pushed before it has. */
  readonly emptying: string | null
  /** Looking for the fork; nothing is pulled or pushed meanwhile. */
  readonly search: ForkSearch | null
  /** The store was told to go back to the fork. */
  readonly isHealing: boolean
  /** Pushes refused in a row without anything placed, also across a change of names. */
  readonly refusals: number
  /** The code of the last of them. */
  readonly refusal: string | null
  readonly problem: Problem | null
}

export type ChannelOutput =
  | { readonly type: 'send'; readonly message: ClientMessage }
  | {
      readonly type: 'apply'
      readonly log: LogId
      readonly epoch: string
      readonly entries: readonly Entry[]
    }
  | { readonly type: 'withdraw'; readonly log: LogId; readonly commit: Commit; readonly why: WithdrawnFor }
  | { readonly type: 'rename'; readonly log: LogId; readonly from: Dot }
  /** Ask the server about the store's chains at these positions. */
  | { readonly type: 'locate'; readonly log: LogId; readonly positions: readonly Position[] }
  | { readonly type: 'heal'; readonly log: LogId; readonly epoch: string; readonly fork: Position }

export type ChannelStep = readonly [Channel, readonly ChannelOutput[]]

export const channelLimits = {
  credit: 1_000,
  pushCommitsMax: 128,
  /** Characters of JSON in a push, of which a frame holds at least as many bytes. */
  pushCharsMax: 512 * 1024,
  /** An answer that has not come after this long is asked for again. */
  answerMs: 10_000,
  refusedHoldMs: 200,
  refusedHoldMsMax: 10_000,
  /** Refusals in a row after which the log is said to be stuck. */
  refusalsMax: 20,
} as const

export function openChannel(stored: StoredLog, epoch: string, head: Position): Channel {
  const isFork = (stored.epoch !== null && stored.epoch !== epoch) || stored.position > head
  return {
    stored,
    epoch,
    head,
    handed: stored.position,
    creditTo: 0,
    pulledAtMs: 0,
    inFlight: [],
    pushedAtMs: 0,
    pushedFrom: 0,
    receipts: new Map(),
    waitFor: 0,
    holdUntilMs: 0,
    emptying: null,
    search: isFork ? startForkSearch(stored.position) : null,
    isHealing: false,
    refusals: 0,
    refusal: null,
    problem: null,
  }
}

/** The store changed: entries were applied, commits were decided, or both. */
export function restored(channel: Channel, stored: StoredLog): Channel {
  if (stored.resets !== channel.stored.resets || isOfAnotherLog(channel, stored)) {
    const opened = openChannel(stored, channel.epoch, channel.head)
    const { emptying, refusals, refusal, holdUntilMs } = channel
    return emptying === null ? opened : { ...opened, refusals, refusal, holdUntilMs }
  }
  const pending = new Set(stored.outbox.map((commit) => dotKey(commit.dot)))
  const isFull = stored.outbox.some(
    ({ dot, withdrawn }) => dotKey(dot) === channel.emptying && withdrawn === null,
  )
  return {
    ...channel,
    stored,
    handed: Math.max(channel.handed, stored.position),
    // While the fork is looked for, what is stored is of another log, and says nothing of where this one ends.
    head: channel.search === null ? Math.max(channel.head, stored.position) : channel.head,
    receipts: new Map([...channel.receipts].filter(([key]) => pending.has(key))),
    inFlight: channel.inFlight.filter((key) => pending.has(key)),
    emptying: isFull ? channel.emptying : null,
  }
}

/** A page that was said to have failed was stored all the same, and the server has come back from a backup since. */
function isOfAnotherLog(channel: Channel, { epoch }: StoredLog): boolean {
  return epoch !== channel.stored.epoch && epoch !== null && epoch !== channel.epoch
}

/** The store did not take what was handed to it: go on from what it holds. */
export function rewound(channel: Channel): Channel {
  const reread = { ...channel, handed: channel.stored.position, creditTo: 0, emptying: null }
  return channel.search === null ? reread : lost(reread)
}

/** Our copy is not of the server's log: find out how much of it is. */
export function lost(channel: Channel): Channel {
  return { ...channel, search: startForkSearch(channel.stored.position), isHealing: false }
}

export function receivedLocated(channel: Channel, { epoch, position }: Located): Channel {
  if (channel.search === null || channel.isHealing) return channel
  const search = narrowed(channel.search, position)
  const isWhole = isFound(search) && search.common === channel.stored.position
  // The log was doubted, and it is all there: whoever said otherwise may say so a few times.
  if (isWhole && epoch === channel.stored.epoch)
    return stuckAfterMany({ ...channel, epoch, search: null, creditTo: 0, refusals: channel.refusals + 1 })
  // What was heard of the end of the log before is not of this one.
  return { ...channel, epoch, search, head: epoch === channel.epoch ? channel.head : position }
}

export function receivedEntries(channel: Channel, { epoch, entries, head }: Entries): ChannelStep {
  if (channel.search !== null) return [channel, []]
  if (epoch !== channel.epoch) return [lost(channel), []]
  const known = { ...channel, head: Math.max(channel.head, head) }
  const fresh = entries.filter((entry) => entry.position > channel.handed)
  const first = fresh[0]
  if (first === undefined) return [known, []]
  // A frame before this one is lost or late: pull from where we are.
  if (first.position !== channel.handed + 1) return [{ ...known, creditTo: 0 }, []]
  const handed = channel.handed + fresh.length
  return [
    { ...known, handed, head: Math.max(known.head, handed) },
    [{ type: 'apply', log: channel.stored.log, epoch, entries: fresh }],
  ]
}

export function receivedReceipt(channel: Channel, { placed }: Receipt): Channel {
  const receipts = new Map(channel.receipts)
  const pending = new Map(channel.stored.outbox.map((commit) => [dotKey(commit.dot), commit]))
  let { waitFor } = channel
  for (const { dot, position, outcome } of placed) {
    const commit = pending.get(dotKey(dot))
    if (commit === undefined) continue
    receipts.set(dotKey(dot), outcome)
    // Another copy of ours was placed than the one we hold: what comes after must know it first.
    if (outcomeOf(commit) !== outcome) waitFor = Math.max(waitFor, position)
  }
  const answered = new Set(placed.map(({ dot }) => dotKey(dot)))
  const inFlight = channel.inFlight.filter((key) => !answered.has(key))
  return { ...channel, receipts, inFlight, waitFor, refusals: 0, refusal: null }
}

export function receivedRefusal(channel: Channel, refuse: Refuse, nowMs: number): ChannelStep {
  const refusals = channel.refusals + 1
  const hold = Math.min(channelLimits.refusedHoldMs * 2 ** (refusals - 1), channelLimits.refusedHoldMsMax)
  /** The first time it may be news that crossed the push. */
  const holdUntilMs = refusals > 1 ? nowMs + hold : 0
  const settled: Channel = { ...channel, inFlight: [], refusals, refusal: refuse.code }
  switch (refuse.code) {
    case 'conflict': {
      const head = refuse.head ?? 0
      const waiting = {
        ...settled,
        head: Math.max(channel.head, head),
        waitFor: Math.max(channel.waitFor, head),
      }
      // Everyday life: the news is on its way, no need to wait for longer than it takes.
      if (head > channel.pushedFrom) return [waiting, []]
      return [stuckAfterMany({ ...waiting, holdUntilMs }), []]
    }
    case 'gap':
    case 'stale': {
      const waitFor = Math.max(channel.waitFor, refuse.head ?? 0)
      return [stuckAfterMany({ ...settled, receipts: new Map(), waitFor, holdUntilMs }), []]
    }
    case 'forbidden':
    case 'commit_too_large':
    case 'invalid_commit':
      return withdrawRefused(channel, settled, { refuse, holdUntilMs: nowMs + hold })
    case 'fork':
      // Whether it was said without reason is counted when that is known: `receivedLocated`.
      return [channel.search === null ? lost({ ...settled, refusals: channel.refusals }) : channel, []]
    case 'collision':
      return collided(channel, { ...settled, holdUntilMs }, refuse)
    case 'forbidden_log':
    case 'unknown_log':
      return [{ ...settled, problem: problemOf(refuse.code) }, []]
    case 'held':
      // Others have their turn (rule A8): that is no failure, however often it is said.
      return [
        { ...settled, refusals: channel.refusals, holdUntilMs: nowMs + (refuse.retryAfterMs ?? hold) },
        [],
      ]
    default:
      return [{ ...settled, holdUntilMs: nowMs + (refuse.retryAfterMs ?? hold) }, []]
  }
}

/** Somebody else writes under our name (rule C8). */
function collided(before: Channel, channel: Channel, { dot }: Refuse): ChannelStep {
  const key = dot === undefined ? null : dotKey(dot)
  const isOurs = channel.stored.outbox.some((pending) => dotKey(pending.dot) === key)
  if (dot === undefined || !isOurs || !before.inFlight.includes(dotKey(dot))) return [before, []]
  const counted = stuckAfterMany(channel)
  if (counted.problem !== null) return [counted, []]
  return [{ ...channel, emptying: key }, [{ type: 'rename', log: channel.stored.log, from: dot }]]
}

function withdrawRefused(
  before: Channel,
  channel: Channel,
  { refuse, holdUntilMs }: { readonly refuse: Refuse; readonly holdUntilMs: number },
): ChannelStep {
  const { dot, code, message } = refuse as Refuse & {
    readonly code: 'forbidden' | 'commit_too_large' | 'invalid_commit'
  }
  const key = dot === undefined ? null : dotKey(dot)
  const commit = channel.stored.outbox.find((pending) => dotKey(pending.dot) === key)
  // A refusal that came twice, or for a commit that is not pending (any more): there is nothing to withdraw.
  if (key === null || commit === undefined || !before.inFlight.includes(key)) {
    return [{ ...channel, inFlight: before.inFlight, holdUntilMs }, []]
  }
  if (commit.withdrawn !== null) return [{ ...channel, problem: problemOf(code) }, []]
  return [
    { ...channel, emptying: key },
    [{ type: 'withdraw', log: channel.stored.log, commit, why: { reason: code, details: { message } } }],
  ]
}

function stuckAfterMany(channel: Channel): Channel {
  return channel.refusals >= channelLimits.refusalsMax ? { ...channel, problem: problemOf('stuck') } : channel
}

/** Whatever is due: an answer asked for again, a pull, a push. Call it after each change. */
export function proceed(channel: Channel, nowMs: number): ChannelStep {
  if (channel.problem !== null) return [channel, []]
  if (channel.search !== null) return proceedSearch(channel, channel.search, nowMs)
  const [pulled, pull] = proceedPull(channel, nowMs)
  const [pushed, push] = proceedPush(pulled, nowMs)
  return [pushed, [...pull, ...push]]
}

function proceedSearch(channel: Channel, search: ForkSearch, nowMs: number): ChannelStep {
  const { log } = channel.stored
  if (channel.isHealing || nowMs - search.askedAtMs < channelLimits.answerMs) return [channel, []]
  if (isFound(search)) {
    const heal = { type: 'heal', log, epoch: channel.epoch, fork: search.common } as const
    return [{ ...channel, isHealing: true }, [heal]]
  }
  const asked = { ...channel, search: { ...search, askedAtMs: nowMs } }
  return [asked, [{ type: 'locate', log, positions: pointsToAsk(search) }]]
}

function proceedPull(channel: Channel, nowMs: number): ChannelStep {
  const isSilent = channel.head > channel.handed && nowMs - channel.pulledAtMs >= channelLimits.answerMs
  const isLow = channel.creditTo - channel.handed < channelLimits.credit / 2
  if (!isSilent && !isLow) return [channel, []]
  const { credit } = channelLimits
  return [
    { ...channel, creditTo: channel.handed + credit, pulledAtMs: nowMs },
    [{ type: 'send', message: { type: 'pull', log: channel.stored.log, after: channel.handed, credit } }],
  ]
}

function proceedPush(channel: Channel, nowMs: number): ChannelStep {
  const { stored, receipts } = channel
  if (channel.inFlight.length > 0 && nowMs - channel.pushedAtMs < channelLimits.answerMs) return [channel, []]
  if (stored.position < channel.waitFor || nowMs < channel.holdUntilMs) return [channel, []]
  if (channel.emptying !== null) return [channel, []]

  // Receipts come in the order of the dots; what follows the first hole is pushed (again).
  const next = stored.outbox.findIndex((commit) => !receipts.has(dotKey(commit.dot)))
  if (next < 0) return [channel, []]
  let prev = stored.history
  for (const commit of stored.outbox.slice(0, next)) prev = extendHistory(prev, commit)
  // Who stands in line asks often, and what follows the first commit would only be sent for nothing.
  const left = stored.outbox.slice(next)
  const commits = channel.refusal === 'held' ? left.slice(0, 1) : firstOf(left)
  return [
    {
      ...channel,
      inFlight: commits.map((commit) => dotKey(commit.dot)),
      pushedAtMs: nowMs,
      pushedFrom: stored.position,
    },
    [{ type: 'send', message: { type: 'push', log: stored.log, epoch: channel.epoch, prev, commits } }],
  ]
}

/** As many as fit in one push, at least one. */
function firstOf(commits: readonly Commit[]): readonly Commit[] {
  let chars = 0
  const batch: Commit[] = []
  for (const commit of commits.slice(0, channelLimits.pushCommitsMax)) {
    chars += JSON.stringify(commit).length
    if (batch.length > 0 && chars > channelLimits.pushCharsMax) break
    batch.push(commit)
  }
  return batch
}

/** The next time after `nowMs` at which `proceed` may have something to do by itself. */
export function channelWakeAtMs(channel: Channel, nowMs: number): number {
  if (channel.problem !== null) return Number.POSITIVE_INFINITY
  const times = [channel.holdUntilMs]
  if (channel.search !== null) times.push(channel.search.askedAtMs + channelLimits.answerMs)
  if (channel.head > channel.handed) times.push(channel.pulledAtMs + channelLimits.answerMs)
  if (channel.inFlight.length > 0) times.push(channel.pushedAtMs + channelLimits.answerMs)
  return Math.min(Number.POSITIVE_INFINITY, ...times.filter((at) => at > nowMs))
}

/** The last of the pending commits that have a receipt each, from the first on; null if the first has none. */
export function sentOf({ stored, receipts }: Channel): Dot | null {
  let sent: Dot | null = null
  for (const { dot } of stored.outbox) {
    if (!receipts.has(dotKey(dot))) break
    sent = dot
  }
  return sent
}

export function isSynced(channel: Channel): boolean {
  return (
    channel.problem === null &&
    channel.search === null &&
    channel.stored.outbox.length === 0 &&
    channel.stored.position >= channel.head
  )
}
