/** Who a client is, and what becomes of it when that changes: new leaders, copies, a server that has lost entries (C7, C8). */
import type { Entry } from '../../core/commit.ts'
import { dotKey } from '../../core/dot.ts'
import { heal } from '../../core/heal.ts'
import { historyStart } from '../../core/history.ts'
import { continueLineage, inLineage, writtenBy } from '../../core/lineage.ts'
import { rename } from '../../core/rename.ts'
import { noSeats, toyRules } from '../toy-rules.ts'
import { type Client, fold, recentOf, reconcileInput } from './client-state.ts'
import { historyAfter } from './hashed.ts'
import type { Log } from './server.ts'
import { keepingAll, type Protocol } from './switches.ts'
import { toldFates } from './told-fates.ts'

/** Another tab takes over, or the same one after a restart (C8). */
export function lead(protocol: Protocol, client: Client): Client {
  if (protocol.off === 'C8') return client
  const minted = client.minted + 1
  const lineage = continueLineage(client.lineage, client.issued, `${client.name}.${minted}`)
  return { ...client, minted, lineage, issued: 0 }
}

/** A client whose store somebody else has too: what it was told does not bind the other one (see `fatesFault`). */
export function copied(client: Client): Client {
  return { ...client, isCopied: true, toldBefore: new Map() }
}

/** The same store on another device, where it runs on as it is (a copied machine). */
export function twinOf(client: Client, name: string): Client {
  return { ...copied(client), name, minted: 0, tried: 0, retried: 0, wishes: [] }
}

/** The same store on another device, opened there (a copied profile): so it is led there. */
export function cloneOf(protocol: Protocol, client: Client, name: string): Client {
  return lead(protocol, twinOf(client, name))
}

/** C8: with new names from the first dot on under which the log holds somebody else's commit. */
export function renamed(protocol: Protocol, client: Client, page: readonly Entry[]): Client {
  if (protocol.off === 'C8' || protocol.off === 'C8 collision') return client
  const intents = new Map(page.map(({ commit }) => [dotKey(commit.dot), commit.intent]))
  const from = client.outbox.find(({ dot, intent }) => (intents.get(dotKey(dot)) ?? intent) !== intent)?.dot
  if (from === undefined) return client
  const minted = client.minted + 1
  const replica = `${client.name}.${minted}`
  const { outbox, lineage, issued, pending } = rename({ ...reconcileInput(client), from, replica })
  return { ...client, minted, outbox, lineage, issued, pending }
}

/**
 * After a crash between two transactions: what the disk holds is as it was, all else is folded from it. When it next
 * writes, it is as a new leader, see `lead`.
 */
export function reopened(client: Client): Client {
  const { entries, outbox, lineage, issued } = client
  const commits = entries.map(({ commit }) => commit)
  const own = writtenBy(lineage, issued)
  const confirmed = fold(noSeats, commits)
  return {
    ...client,
    history: commits.filter(({ dot }) => inLineage(own, dot)).reduce(historyAfter, historyStart),
    recent: recentOf(entries, outbox),
    confirmed,
    pending: fold(confirmed, outbox),
    tab: null,
  }
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
    history: commits.filter(({ dot }) => inLineage(own, dot)).reduce(historyAfter, historyStart),
    outbox: next.outbox,
    recent: recentOf(entries, next.outbox),
    confirmed,
    pending: next.pending,
    toldBefore: client.isCopied ? client.toldBefore : withdrawnBefore(protocol, client),
  }
}

function withdrawnBefore(protocol: Protocol, client: Client): Client['toldBefore'] {
  const told = [...toldFates(protocol, client)].filter(([, fate]) => fate === 'withdrawn')
  return new Map([...client.toldBefore, ...told])
}
