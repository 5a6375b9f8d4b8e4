/**
 * A client as a value: what its store holds, and what each step makes of it. Core decides; this only keeps the books,
 * as the engine does (C1, C2, C5, C9, C10, C11 and C13 are about how they are kept).
 */
import { type Commit, type Entry, sealCommit } from '../../core/commit.ts'
import { type Dot, dotKey, type ReplicaId } from '../../core/dot.ts'
import type { Hash } from '../../core/hash.ts'
import { heal } from '../../core/heal.ts'
import { extendHistory, historyStart } from '../../core/history.ts'
import {
  continueLineage,
  firstLineage,
  inLineage,
  type Lineage,
  parentOf,
  writtenBy,
} from '../../core/lineage.ts'
import { rename } from '../../core/rename.ts'
import type { Rules } from '../../core/rules.ts'
import { fateOf } from '../../engine/fates.ts'
import { noSeats, type Seats, type ToyCommand, toy, toyRules } from '../toy-rules.ts'
import type { Frame, Log } from './server.ts'
import { keepingAll, type Protocol } from './switches.ts'

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
  /** How many wishes were tried, with those refused at once. */
  readonly tried: number
  /** What a second tab of this store had read when it last looked. Without C2 it decides on that. */
  readonly tab: Pick<Client, 'entries' | 'pending'> | null
  /** What was told of its commits, by dot, when the server had lost entries. */
  readonly toldBefore: ReadonlyMap<string, Told>
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
    tab: null,
    toldBefore: new Map(),
    prevs: new Map(),
  }
}

export interface Wish {
  readonly command: ToyCommand
  /** A withdrawn commit that this tries again. */
  readonly again?: Commit
  /** In a second tab, which last looked when `tab` was read. */
  readonly inTab?: boolean
}

/** Decides at once; what is refused leaves nothing but the count. */
export function create(protocol: Protocol, client: Client, { command, again, inTab = false }: Wish): Client {
  const tried = client.tried + 1
  const refused = { ...client, tried }
  const seed = `${client.name}${tried}${again === undefined ? '' : `/${wishOf(again)}`}`
  const root = again === undefined || protocol.off === 'C11' ? undefined : again.root
  const isApplied = (commit: Commit): boolean => commit.root === root && commit.events.length > 0
  // C11
  const inView = [...client.outbox, ...client.entries.map((entry) => entry.commit)]
  if (root !== undefined && inView.some(isApplied)) return refused
  // C2: a tab that is behind folds what is new first; then it stands where the store stands.
  const seen = protocol.off === 'C2' && inTab ? (client.tab ?? client) : client
  const wish = { commands: [toy(command)], now: 0, seed }
  const decision = toyRules.decide(seen.pending, wish, [])
  if (!decision.ok) return refused
  const counter = client.issued + 1
  const commit = sealCommit({
    ...wish,
    log: 'toy',
    dot: { replica: presentOf(client), counter },
    base: seen.entries.length,
    born: seen.entries.length,
    parent: counter === 1 ? parentOf(client.lineage) : null,
    guards: decision.guards,
    events: decision.events,
    withdrawn: null,
    actor: null,
    correlation: null,
    causation: null,
    ...(root === undefined ? {} : { root }),
  })
  return withPrevs(protocol, {
    ...refused,
    issued: counter,
    wishes: [...client.wishes, seed],
    outbox: [...client.outbox, commit],
    pending: toyRules.apply(client.pending, commit),
  })
}

/** The name of the wish that a commit is about, whatever tries it again. */
export function wishOf({ seed }: { readonly seed: string }): string {
  return seed.slice(seed.indexOf('/') + 1)
}

/** `page`: the log's next entries. */
export function receive(
  protocol: Protocol,
  before: Client,
  page: readonly Entry[],
  rules: Rules<Seats> = toyRules,
): Client {
  const client = renamed(protocol, before, page)
  const { entries, lineage, issued, recent } = client
  const next = protocol.reconcile({ ...reconcileInput(client), rules, page })
  const own = writtenBy(lineage, issued)
  const after = withPrevs(protocol, {
    ...client,
    entries: [...entries, ...page],
    history: page
      .filter(({ commit }) => inLineage(own, commit.dot))
      .reduce((history, { commit }) => extendHistory(history, commit), client.history),
    outbox: next.outbox,
    recent: recentOf([...recent, ...page], next.outbox),
    confirmed: next.confirmed,
    pending: next.pending,
  })
  // C8: somebody else writes under our name.
  return next.unissued.length > 0 ? lead(protocol, after) : after
}

/** C8: with new names from the first dot on under which the log holds somebody else's commit. */
function renamed(protocol: Protocol, client: Client, page: readonly Entry[]): Client {
  if (protocol.off === 'C8' || protocol.off === 'C8 collision') return client
  const intents = new Map(page.map(({ commit }) => [dotKey(commit.dot), commit.intent]))
  const from = client.outbox.find(({ dot, intent }) => (intents.get(dotKey(dot)) ?? intent) !== intent)?.dot
  if (from === undefined) return client
  const minted = client.minted + 1
  const replica = `${client.name}.${minted}`
  const { outbox, lineage, issued, pending } = rename({ ...reconcileInput(client), from, replica })
  return { ...client, minted, outbox, lineage, issued, pending }
}

/** C7: the server has come back from a backup, under another epoch. */
export function healed(protocol: Protocol, client: Client, { epoch, entries: theirs }: Log): Client {
  const isSame = ({ chain }: Entry, index: number): boolean => chain === theirs[index]?.chain
  const fork = client.entries.findIndex((entry, index) => !isSame(entry, index))
  const entries = fork < 0 ? client.entries : client.entries.slice(0, fork)
  const lost = client.entries.slice(entries.length)
  const own = writtenBy(client.lineage, client.issued)
  const commits = entries.map(({ commit }) => commit)
  const confirmed = fold(noSeats, commits)
  const recent = recentOf(entries, [...lost.map(({ commit }) => commit), ...client.outbox])
  const { lineage, issued, outbox } = client
  const next = heal({
    rules: protocol.off === 'C7' ? keepingAll(toyRules) : toyRules,
    ...{ confirmed, position: entries.length, lineage, issued, outbox, recent, lost },
  })
  return {
    ...client,
    epoch,
    entries,
    history: commits.filter(({ dot }) => inLineage(own, dot)).reduce(extendHistory, historyStart),
    outbox: next.outbox,
    recent: recentOf(entries, next.outbox),
    confirmed,
    pending: next.pending,
    toldBefore: new Map([...client.toldBefore, ...toldFates(protocol, client)]),
  }
}

/** A crash while a page is stored. C1: one transaction, so nothing has happened. */
export function crashReceiving(protocol: Protocol, client: Client, page: readonly Entry[]): Client {
  if (protocol.off !== 'C1') return client
  const { outbox } = client
  const after = receive(protocol, { ...client, outbox: [] }, page)
  const recent = recentOf([...client.recent, ...page], outbox)
  return { ...after, outbox, recent, pending: fold(after.confirmed, outbox) }
}

/** C5: a receipt is a hint, and moves nothing here. */
export function acknowledge(protocol: Protocol, client: Client, dot: Dot): Client {
  if (protocol.off !== 'C5') return client
  const outbox = client.outbox.filter((commit) => dotKey(commit.dot) !== dotKey(dot))
  return { ...client, outbox, pending: fold(client.confirmed, outbox) }
}

export function cancel(protocol: Protocol, client: Client, dot: Dot): Client {
  const empty = { dot, reason: 'cancelled' }
  const next = protocol.reconcile({ ...reconcileInput(client), page: [], empty })
  return { ...client, outbox: next.outbox, pending: next.pending }
}

/** Another tab takes over, or the same one after a restart (C8). */
export function lead(protocol: Protocol, client: Client): Client {
  if (protocol.off === 'C8') return client
  const minted = client.minted + 1
  const lineage = continueLineage(client.lineage, client.issued, `${client.name}.${minted}`)
  return { ...client, minted, lineage, issued: 0 }
}

/** The same store on another device, where it runs on as it is (a copied machine). */
export function twinOf(client: Client, name: string): Client {
  return { ...client, name, minted: 0, tried: 0, wishes: [] }
}

/** The same store on another device, opened there (a copied profile): so it is led there. */
export function cloneOf(protocol: Protocol, client: Client, name: string): Client {
  return lead(protocol, twinOf(client, name))
}

/** A second tab looks at what is stored. */
export function lookInTab(protocol: Protocol, client: Client): Client {
  const { entries, pending } = client
  return protocol.off === 'C2' ? { ...client, tab: { entries, pending } } : client
}

/** Every frame that this client may send now: C13 says of each commit which history it continues. */
export function framesOf({ epoch, history, outbox, prevs }: Client): readonly Frame[] {
  let running = history
  return outbox.map((commit) => {
    const prev = prevs.get(dotKey(commit.dot)) ?? running
    running = extendHistory(running, commit)
    return { epoch, prev, commit }
  })
}

/** What is told about the ends of a client's commits, by dot. C9: only of what is placed, and only by the log. */
export function toldFates(protocol: Protocol, client: Client): ReadonlyMap<string, Told> {
  const own = writtenBy(client.lineage, client.issued)
  const told = new Map<string, Told>()
  for (const entry of client.entries) {
    if (inLineage(own, entry.commit.dot)) told.set(dotKey(entry.commit.dot), statusOf(entry))
  }
  if (protocol.off === 'C9') {
    for (const { dot, withdrawn } of client.outbox) if (withdrawn !== null) told.set(dotKey(dot), 'withdrawn')
  }
  return told
}

function statusOf(entry: Entry): Told {
  const { status } = fateOf(entry)
  return status === 'confirmed' ? 'confirmed' : 'withdrawn'
}

/** Equal for clients that no step can tell apart. */
export function clientKey(client: Client): string {
  const { name, epoch, entries, history, lineage, issued, minted, outbox, wishes, tried } = client
  const shown = [client.confirmed, client.pending, client.tab?.pending ?? []].map((seats) => [...seats])
  const contents = outbox.map((commit) => commit.content)
  return JSON.stringify([
    ...[
      name,
      epoch,
      entries.length,
      entries.at(-1)?.chain,
      history,
      lineage,
      issued,
      minted,
      contents,
      wishes,
      tried,
    ],
    ...[shown, client.tab?.entries.length, [...client.prevs], [...client.toldBefore]],
  ])
}

export function presentOf({ lineage }: Client): ReplicaId {
  return (lineage[0] as Lineage[number]).replica
}

function reconcileInput(client: Client) {
  const { confirmed, entries, lineage, issued, outbox, recent } = client
  return { rules: toyRules, confirmed, position: entries.length, lineage, issued, outbox, recent }
}

/** The entries that `theirs` may be taken from. */
function recentOf(entries: readonly Entry[], outbox: readonly Commit[]): readonly Entry[] {
  const oldest = Math.min(...outbox.map(({ born }) => born))
  return entries.filter(({ position }) => position > oldest)
}

function fold(seats: Seats, commits: readonly Commit[]): Seats {
  return commits.reduce((state, commit) => toyRules.apply(state, commit), seats)
}

function withPrevs(protocol: Protocol, client: Client): Client {
  if (protocol.off !== 'C13') return client
  const prevs = new Map(client.prevs)
  for (const { prev, commit } of framesOf({ ...client, prevs: new Map() }))
    if (!prevs.has(dotKey(commit.dot))) prevs.set(dotKey(commit.dot), prev)
  return { ...client, prevs }
}
