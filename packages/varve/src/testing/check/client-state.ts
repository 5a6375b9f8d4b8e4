/** What a client's store holds, as a value. */
import type { Commit, Entry } from '../../core/commit.ts'
import { dotKey, type ReplicaId } from '../../core/dot.ts'
import type { Hash } from '../../core/hash.ts'
import { historyStart } from '../../core/history.ts'
import { firstLineage, type Lineage } from '../../core/lineage.ts'
import { noSeats, type Seats, toyRules } from '../toy-rules.ts'
import { historyAfter } from './hashed.ts'
import type { Frame } from './server.ts'
import type { Protocol } from './switches.ts'

export interface Client {
  /** Of the device; replicas are named after it. */
  readonly name: string
  readonly epoch: string
  /** The log as far as it is applied. */
  readonly entries: readonly Entry[]
  readonly history: Hash
  readonly lineage: Lineage
  readonly issued: number
  readonly minted: number
  readonly outbox: readonly Commit[]
  readonly recent: readonly Entry[]
  readonly confirmed: Seats
  readonly pending: Seats
  /** The seeds of the wishes that were acknowledged. A retry of `a1` has the seed `a3/a1`. */
  readonly wishes: readonly string[]
  /** How many wishes were tried, with those refused at once; and how many of them were retries. */
  readonly tried: number
  readonly retried: number
  /** What a second tab of this store had read when it last looked. Without C2 it decides on that. */
  readonly tab: Pick<Client, 'entries' | 'pending'> | null
  /** Which of its commits were told as withdrawn when the server had lost entries, by dot, while it had no copy. */
  readonly toldBefore: ReadonlyMap<string, Told>
  /** There are copies of its store, or it is one. */
  readonly isCopied: boolean
  /** Without C13: the prev of each dot, of when it was made. */
  readonly prevs: ReadonlyMap<string, Hash>
}

export type Told = 'confirmed' | 'withdrawn'

export function newClient(name: string, epoch: string): Client {
  return {
    name,
    epoch,
    entries: [],
    history: historyStart,
    lineage: firstLineage(name),
    issued: 0,
    minted: 0,
    outbox: [],
    recent: [],
    confirmed: noSeats,
    pending: noSeats,
    wishes: [],
    tried: 0,
    retried: 0,
    tab: null,
    toldBefore: new Map(),
    isCopied: false,
    prevs: new Map(),
  }
}

/** Every frame that this client may send now: C13 says of each commit which history it continues. */
export function framesOf({ epoch, history, outbox, prevs }: Client): readonly Frame[] {
  let running = history
  return outbox.map((commit) => {
    const prev = prevs.get(dotKey(commit.dot)) ?? running
    running = historyAfter(running, commit)
    return { epoch, prev, commit }
  })
}

/**
 * Equal for clients that no step can tell apart.
 * @param numberOf a number for each text, so that keys stay short.
 */
export function clientKey(client: Client, numberOf: (text: string) => number): string {
  const { name, epoch, entries, history, lineage, issued, minted, outbox, wishes, tried, retried } = client
  const { confirmed, pending, tab, prevs, toldBefore } = client
  const texts = [
    ...[name, epoch, entries.at(-1)?.chain ?? '', history],
    ...[lineage, wishes, confirmed, pending, tab?.pending ?? noSeats, prevs, toldBefore].map(textOf),
    ...[tab === null ? '' : `${tab.entries.length}`],
    ...outbox.map((commit) => commit.content),
  ]
  return [
    entries.length,
    issued,
    minted,
    tried,
    retried,
    client.isCopied ? 1 : 0,
    ...texts.map(numberOf),
  ].join()
}

/** A number for each text that was ever asked about. */
export function createNumbering(): (text: string) => number {
  const numbers = new Map<string, number>()
  return (text) => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }
}

export function presentOf({ lineage }: Client): ReplicaId {
  return (lineage[0] as Lineage[number]).replica
}

export function reconcileInput(client: Client) {
  const { confirmed, entries, lineage, issued, outbox, recent } = client
  return { rules: toyRules, confirmed, position: entries.length, lineage, issued, outbox, recent }
}

/** The entries that `theirs` may be taken from. */
export function recentOf(entries: readonly Entry[], outbox: readonly Commit[]): readonly Entry[] {
  const oldest = Math.min(...outbox.map(({ born }) => born))
  return entries.filter(({ position }) => position > oldest)
}

export function fold(seats: Seats, commits: readonly Commit[]): Seats {
  return commits.reduce((state, commit) => toyRules.apply(state, commit), seats)
}

export function withPrevs(protocol: Protocol, client: Client): Client {
  if (protocol.off !== 'C13') return client
  const prevs = new Map(client.prevs)
  for (const { prev, commit } of framesOf({ ...client, prevs: new Map() }))
    if (!prevs.has(dotKey(commit.dot))) prevs.set(dotKey(commit.dot), prev)
  return { ...client, prevs }
}

/** Of a part that never changes, and is asked for often. */
function textOf(part: ReadonlyMap<unknown, unknown> | readonly unknown[]): string {
  const known = partTexts.get(part)
  if (known !== undefined) return known
  const text = JSON.stringify([...part])
  partTexts.set(part, text)
  return text
}

const partTexts = new WeakMap<object, string>()
