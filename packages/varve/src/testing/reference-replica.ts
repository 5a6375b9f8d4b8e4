/**
 * A client reduced to its heart: no storage, no worker, no views. Core's reconcile does the work; this only keeps what
 * a store's database would keep. The simulation and core's tests drive it; the engine must behave like it.
 */
import { type CommandRecord, type Commit, type Entry, sealCommit } from '../core/commit.ts'
import type { Dot, LogId, Position, ReplicaId } from '../core/dot.ts'
import type { Hash } from '../core/hash.ts'
import { extendHistory, historyStart } from '../core/history.ts'
import {
  continueLineage,
  firstLineage,
  inLineage,
  type Lineage,
  parentOf,
  writtenBy,
} from '../core/lineage.ts'
import { type Reconciled, reconcile } from '../core/reconcile.ts'
import type { Decision, Rules } from '../core/rules.ts'
import type { StoredLog } from '../protocol/channel.ts'

export interface ReferenceReplica<S> {
  readonly lineage: () => Lineage
  readonly position: () => Position
  readonly outbox: () => readonly Commit[]
  readonly confirmed: () => S
  readonly pending: () => S
  /** What a sync session is shown. */
  readonly stored: () => StoredLog
  /** Decides at once on the pending state; a refusal changes nothing. */
  readonly dispatch: (wish: {
    readonly commands: readonly CommandRecord[]
    readonly now: number
    readonly seed: string
    readonly root?: Hash
  }) => Decision & { readonly dot?: Dot }
  /** Entries of the server's log; known ones are skipped. False if they leave a gap. */
  readonly receive: (epoch: string, entries: readonly Entry[]) => boolean
  readonly withdraw: (dot: Dot, reason: string) => void
  /** A new leader: the same store goes on under a new replica id. */
  readonly mint: (replica: ReplicaId) => void
  /** What the last `receive` did. */
  readonly last: () => Reconciled<S> | null
  /** The same store on another machine. */
  readonly clone: () => ReferenceReplica<S>
}

interface Memory<S> {
  readonly epoch: string | null
  readonly position: Position
  readonly chain: Hash
  readonly history: Hash
  readonly lineage: Lineage
  readonly issued: number
  readonly outbox: readonly Commit[]
  readonly recent: readonly Entry[]
  readonly confirmed: S
  readonly pending: S
  readonly last: Reconciled<S> | null
}

export interface ReplicaOptions<S> {
  readonly log: LogId
  readonly replica: ReplicaId
  readonly rules: Rules<S>
  readonly initial: S
  /** Test-only: switches a rule off, as a negative control. */
  readonly reconcileWith?: typeof reconcile
}

export function referenceReplica<S>(options: ReplicaOptions<S>): ReferenceReplica<S> {
  const { rules, initial } = options
  return replicaOf(options, {
    epoch: null,
    position: 0,
    chain: '',
    history: historyStart,
    lineage: firstLineage(options.replica),
    issued: 0,
    outbox: [],
    recent: [],
    confirmed: initial,
    pending: rules.fork(initial),
    last: null,
  })
}

function replicaOf<S>(options: ReplicaOptions<S>, start: Memory<S>): ReferenceReplica<S> {
  const { log, rules, reconcileWith = reconcile } = options
  let memory = start

  function dispatch(wish: Parameters<ReferenceReplica<S>['dispatch']>[0]): Decision & { readonly dot?: Dot } {
    const decision = rules.decide(memory.pending, wish, [])
    if (!decision.ok) return decision
    const replica = (memory.lineage[0] as Lineage[number]).replica
    const counter = memory.issued + 1
    const commit = sealCommit({
      log,
      dot: { replica, counter },
      base: memory.position,
      born: memory.position,
      parent: counter === 1 ? parentOf(memory.lineage) : null,
      guards: decision.guards,
      events: decision.events,
      withdrawn: null,
      actor: null,
      correlation: null,
      causation: null,
      ...wish,
    })
    memory = {
      ...memory,
      issued: counter,
      outbox: [...memory.outbox, commit],
      pending: rules.apply(memory.pending, commit),
    }
    return { ...decision, dot: commit.dot }
  }

  function receive(epoch: string, entries: readonly Entry[]): boolean {
    const page = entries.filter((entry) => entry.position > memory.position)
    const [first] = page
    if (first === undefined) return true
    if (first.position !== memory.position + 1) return false
    const { confirmed, position, lineage, issued, outbox, recent } = memory
    const last = reconcileWith({ rules, confirmed, position, lineage, issued, outbox, recent, page })
    const oldest = Math.min(...last.outbox.map((commit) => commit.born))
    memory = {
      ...memory,
      epoch,
      position: last.position,
      chain: page.at(-1)?.chain ?? memory.chain,
      history: page
        .filter((entry) => inLineage(writtenBy(lineage, issued), entry.commit.dot))
        .reduce((history, entry) => extendHistory(history, entry.commit), memory.history),
      outbox: last.outbox,
      recent: [...recent, ...page].filter((entry) => entry.position > oldest),
      confirmed: last.confirmed,
      pending: last.pending,
      last,
    }
    return true
  }

  function withdrawPending(dot: Dot, reason: string): void {
    const { confirmed, position, lineage, issued, outbox, recent } = memory
    const last = reconcileWith({
      rules,
      confirmed,
      position,
      lineage,
      issued,
      outbox,
      recent,
      page: [],
      empty: { dot, reason },
    })
    memory = { ...memory, outbox: last.outbox, pending: last.pending, last }
  }

  return Object.freeze({
    lineage: () => memory.lineage,
    position: () => memory.position,
    outbox: () => memory.outbox,
    confirmed: () => memory.confirmed,
    pending: () => memory.pending,
    stored: () => ({
      log,
      epoch: memory.epoch,
      position: memory.position,
      chain: memory.chain,
      history: memory.history,
      outbox: memory.outbox,
      resets: 0,
    }),
    dispatch,
    receive,
    withdraw: withdrawPending,
    mint(replica: ReplicaId) {
      memory = { ...memory, lineage: continueLineage(memory.lineage, memory.issued, replica), issued: 0 }
    },
    last: () => memory.last,
    clone: () => replicaOf(options, memory),
  })
}
