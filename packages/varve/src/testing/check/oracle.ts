/**
 * The oracle: what must hold whatever the protocol does, said with lists, sets and replays. It shares nothing with core
 * but the shape of a commit, so that it cannot be wrong in the same way. Each function gives the first fault, or null.
 */
import type { Commit, Entry } from '../../core/commit.ts'
import type { Dot } from '../../core/dot.ts'
import { type Seats, toyRules } from '../toy-rules.ts'

type Log = readonly Entry[]

/** What a client shows of itself. */
export interface Shown {
  readonly name: string
  readonly epoch: string
  readonly entries: Log
  readonly outbox: readonly Commit[]
  readonly confirmed: Seats
  readonly pending: Seats
  /** The seeds of the wishes that were acknowledged here. */
  readonly wishes: readonly string[]
}

/** Of a log by itself: names, causes, one serial order, nothing twice. */
export function logFault(log: Log): string | null {
  return (
    nameFault(log) ?? visibleFault(log) ?? serialFault(log) ?? twiceFault(log.map(({ commit }) => commit))
  )
}

/** Of a client: what it has read is the log, what it shows is that and its outbox, and nothing kept is outdated. */
export function clientFault(client: Shown, log: Log, epoch: string): string | null {
  const { name, outbox, entries } = client
  const isRead = entries.every(({ chain }, index) => chain === log[index]?.chain)
  if (client.epoch === epoch && !isRead) return `${name} has read what the log does not hold`
  const confirmed = fold(entries.map(({ commit }) => commit))
  if (text(confirmed) !== text(client.confirmed)) return `${name} does not show the log as confirmed`
  if (text(fold(outbox, confirmed)) !== text(client.pending))
    return `${name} does not show log and outbox as pending`
  let seats = confirmed
  for (const commit of outbox) {
    const fault = replayFault(seats, commit)
    if (fault !== null) return `${name} keeps ${nameOf(commit.dot)}, which ${fault}`
    seats = fold([commit], seats)
  }
  return null
}

/** No acknowledged wish is nowhere: each is held by its author or in the log. */
export function lostFault(clients: readonly Shown[], log: Log): string | null {
  const placed = log.map(({ commit }) => commit)
  for (const { name, wishes, outbox, entries } of clients) {
    const held = [...placed, ...outbox, ...entries.map(({ commit }) => commit)]
    const kept = new Set(held.map(({ seed }) => seed))
    const lost = wishes.find((seed) => !kept.has(seed))
    if (lost !== undefined) return `${name} was told that ${lost} is kept, and it is nowhere`
  }
  return null
}

/**
 * When nothing is on its way any more: all agree, and every acknowledged wish ended exactly once. Only where a copy of a
 * store was copied again, two devices may have held a wish whose name was taken from both: then it has two names, and
 * ends under each, but is applied once, and under the other it says so.
 */
export function endFault(clients: readonly Shown[], log: Log): string | null {
  for (const { name, outbox, entries, wishes } of clients) {
    if (outbox.length > 0)
      return `${name} never gets rid of ${outbox.map(({ dot }) => nameOf(dot)).join(', ')}`
    if (entries.length !== log.length) return `${name} never gets beyond ${entries.length} of ${log.length}`
    for (const seed of wishes) {
      const ends = log.filter(({ commit }) => commit.seed === seed)
      const told = ends.filter(({ commit }) => commit.withdrawn?.reason !== 'already_applied')
      if (ends.length === 0 || (told.length > 1 && clients.length < 4))
        return `the wish ${seed} ended ${ends.length} times`
    }
  }
  const shown = new Set(clients.map(({ confirmed }) => text(confirmed)))
  return shown.size > 1 ? 'clients that have read the same log show different seats' : null
}

/** What was once told as final is never told otherwise. */
export function fateFault(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | null {
  for (const [dot, fate] of before) {
    const now = after.get(dot)
    if (now !== undefined && now !== fate) return `${dot} was told as ${fate}, and then as ${now}`
  }
  return null
}

function nameFault(log: Log): string | null {
  const counters = new Map<string, number>()
  for (const [index, { position, commit }] of log.entries()) {
    const { dot, parent } = commit
    if (position !== index + 1) return `@${position} stands in place ${index + 1}`
    const before = counters.get(dot.replica) ?? 0
    if (dot.counter !== before + 1) return `${nameOf(dot)} comes after number ${before}`
    if (parent !== null && (counters.get(parent.replica) ?? 0) < parent.counter)
      return `${nameOf(dot)} comes before its parent ${nameOf(parent)}`
    counters.set(dot.replica, dot.counter)
  }
  return null
}

/** Whatever stands before a commit on a stream that it leaned on, its author had seen. */
function visibleFault(log: Log): string | null {
  for (const { position, commit } of log) {
    if (commit.base >= position) return `@${position} claims to have seen @${commit.base}`
    const own = ownBefore(log, commit.dot)
    const serial = new Set(commit.guards.filter(({ kind }) => kind === 'serial').map(({ stream }) => stream))
    for (const other of log.slice(commit.base, position - 1)) {
      if (own.has(nameOf(other.commit.dot))) continue
      const stream = other.commit.events.find((event) => serial.has(event.stream))?.stream
      if (stream !== undefined)
        return `@${position} leaned on ${stream} without having seen @${other.position}, which changed it`
    }
  }
  return null
}

/** The names of all commits before this one in its lineage. */
function ownBefore(log: Log, { replica, counter }: Dot): ReadonlySet<string> {
  const own = new Set<string>()
  const parents = new Map(log.map(({ commit }) => [nameOf(commit.dot), commit.parent]))
  for (let at: Dot | null = { replica, counter }; at !== null; ) {
    own.add(nameOf(at))
    at = at.counter > 1 ? { replica: at.replica, counter: at.counter - 1 } : (parents.get(nameOf(at)) ?? null)
  }
  return own
}

/** Everybody could have decided one after the other, in the log's order, and come to the same. */
function serialFault(log: Log): string | null {
  let seats: Seats = new Map()
  for (const { position, commit } of log) {
    const fault = replayFault(seats, commit)
    if (fault !== null) return `@${position} (${nameOf(commit.dot)}) ${fault}`
    for (const { kind, stream, revision } of commit.guards) {
      if (kind === 'serial' && revision !== (seats.get(stream)?.revision ?? 0))
        return `@${position} counted ${revision} events on ${stream}`
    }
    seats = fold([commit], seats)
  }
  return null
}

function replayFault(seats: Seats, commit: Commit): string | null {
  if (commit.withdrawn !== null) return null
  const again = toyRules.decide(seats, commit, [])
  if (!again.ok) return `would be refused there: ${again.reason}`
  return JSON.stringify(again.events) === JSON.stringify(commit.events)
    ? null
    : 'would be decided otherwise there'
}

/** Whatever name it goes by and however often it is tried again, a wish happens once. */
function twiceFault(commits: readonly Commit[]): string | null {
  const applied = new Set<string>()
  for (const { seed, events } of commits) {
    if (events.length === 0) continue
    const wish = seed.slice(seed.indexOf('/') + 1)
    if (applied.has(wish)) return `the wish ${wish} is applied twice`
    applied.add(wish)
  }
  return null
}

function fold(commits: readonly Commit[], from: Seats = new Map()): Seats {
  const seats = new Map(from)
  for (const { events } of commits) {
    for (const { stream, data } of events)
      seats.set(stream, { taker: data as string | null, revision: (seats.get(stream)?.revision ?? 0) + 1 })
  }
  return seats
}

function text(seats: Seats): string {
  return JSON.stringify([...seats].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function nameOf({ replica, counter }: Dot): string {
  return `${replica}:${counter}`
}
