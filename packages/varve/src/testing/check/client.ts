/**
 * What a client does. Core decides; this only keeps the books, as the engine does (C1, C2, C5, C10 and C11 are about how
 * they are kept).
 */
import { type Commit, type Entry, sealCommit } from '../../core/commit.ts'
import { type Dot, dotKey } from '../../core/dot.ts'
import { inLineage, parentOf, writtenBy } from '../../core/lineage.ts'
import { type ToyCommand, toy, toyRules } from '../toy-rules.ts'
import { type Client, fold, presentOf, recentOf, reconcileInput, withPrevs } from './client-state.ts'
import { historyAfter } from './hashed.ts'
import { lead, renamed } from './identity.ts'
import type { Protocol } from './switches.ts'

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
  const refused = { ...client, tried, retried: client.retried + (again === undefined ? 0 : 1) }
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
export function receive(protocol: Protocol, before: Client, page: readonly Entry[]): Client {
  const client = renamed(protocol, before, page)
  const { entries, lineage, issued, recent } = client
  const next = protocol.reconcile({ ...reconcileInput(client), page })
  const own = writtenBy(lineage, issued)
  const after = withPrevs(protocol, {
    ...client,
    entries: [...entries, ...page],
    history: page
      .filter(({ commit }) => inLineage(own, commit.dot))
      .reduce((history, { commit }) => historyAfter(history, commit), client.history),
    outbox: next.outbox,
    recent: recentOf([...recent, ...page], next.outbox),
    confirmed: next.confirmed,
    pending: next.pending,
  })
  // C8: somebody else writes under our name.
  return next.unissued.length > 0 ? lead(protocol, after) : after
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

/** A second tab looks at what is stored. */
export function lookInTab(protocol: Protocol, client: Client): Client {
  const { entries, pending } = client
  return protocol.off === 'C2' ? { ...client, tab: { entries, pending } } : client
}
