/**
 * The server's own hand: decides commands at the head of a log, inside the transaction that places them.
 *
 * Folded logs are kept as worlds at a committed position. A transaction works on a fork: it folds what the world lacks,
 * decides, places, folds that too. Only when the transaction is on disk is the fork absorbed; else it is dropped.
 *
 *   world @100 ── fork: fold 101…103, decide, place @104 ──▸ on disk: absorb, world @104
 *                                                       └──▸ failed: drop, world @100
 *
 * It writes as a replica of its own, drawn at each start and never used again: a server that came back from an older
 * backup must not use dots that it has used already.
 */
import {
  accept,
  assert,
  type Causation,
  type CommandRecord,
  type CommitRef,
  createWorld,
  type Decision,
  type LogId,
  type Model,
  type Position,
  rulesOf,
  type StreamName,
  sealCommit,
  VarveError,
  type World,
} from 'varve/core'
import { utf8Length, wireLimits } from 'varve/protocol'
import type { LogTx, ServerLog } from './log-port.ts'

export interface Wish {
  readonly log: LogId
  readonly commands: readonly CommandRecord[]
  readonly seed: string
}

export interface Signature {
  readonly principal: string
  readonly actor: string | null
  readonly causation: Causation | null
  /** Ms since 1970. */
  readonly now: number
}

export interface Written extends CommitRef {
  readonly position: Position
}

export type Carried =
  | { readonly ok: true; readonly written: readonly Written[] }
  | (Extract<Decision, { ok: false }> & { readonly wish: number })

/** The host's work within one transaction. */
export interface HostTx {
  /** The state of a stream at the head, as this transaction sees it. */
  read(log: LogId, stream: StreamName): Promise<unknown>
  /** The log at the head, as this transaction sees it: to be read, or forked. */
  world(log: LogId): Promise<World>
  /** Decides all wishes, in order, and places them if none is refused. */
  carryOut(wishes: readonly Wish[], signature: Signature): Promise<Carried>
  /** To be called once the transaction is on disk. */
  keep(): void
}

export interface Host {
  begin(tx: LogTx): HostTx
}

export interface HostOptions {
  readonly model: Model
  readonly kindOf: (log: LogId) => string | null
  readonly replica: string
  readonly worldsMax: number
}

/** Who the host's replica belongs to; no principal may write as it. */
const hostOwner = '(server)'
const foldPage = 500

interface KeptWorld {
  readonly epoch: string
  readonly world: World
  position: Position
}

interface Opened {
  readonly kept: KeptWorld
  readonly fork: World
  position: Position
}

export function createHost({ model, kindOf, replica, worldsMax }: HostOptions): Host {
  /** In the order of their last use. */
  const kept = new Map<LogId, KeptWorld>()

  function begin(tx: LogTx): HostTx {
    const opened = new Map<LogId, Opened>()

    async function open(log: LogId): Promise<Opened> {
      // Looking creates nothing; what is placed makes another epoch of it, and then the world is folded anew.
      const { epoch, position } = (await tx.head(log)) ?? { epoch: '', position: 0 }
      const already = opened.get(log)
      const found = already ?? openOn(log, epoch, position)
      opened.set(log, found)
      while (found.position < position) {
        for (const entry of await tx.entries(log, found.position, foldPage)) {
          found.fork.apply(entry.commit.events)
          found.position = entry.position
        }
      }
      return found
    }

    async function carryOut(wishes: readonly Wish[], signature: Signature): Promise<Carried> {
      const trials = new Map<LogId, World>()
      const decided: { wish: Wish; decision: Extract<Decision, { ok: true }> }[] = []
      for (const [index, wish] of wishes.entries()) {
        const { fork } = await open(wish.log)
        const trial = trials.get(wish.log) ?? fork.fork()
        trials.set(wish.log, trial)
        const { commands, seed } = wish
        const decision = rulesOf(model, kindFor(wish.log)).decide(
          trial,
          { commands, seed, now: signature.now },
          [],
        )
        if (!decision.ok) return { ...decision, wish: index }
        // Before anything is placed, so that a refusal leaves nothing behind.
        if (isTooLarge(wish, decision)) return { ok: false, reason: 'commit_too_large', wish: index }
        trial.apply(decision.events)
        decided.push({ wish, decision })
      }
      const written: Written[] = []
      for (const { wish, decision } of decided) written.push(await place(wish, decision, signature))
      return { ok: true, written }
    }

    async function place(
      { log, commands, seed }: Wish,
      { guards, events }: Extract<Decision, { ok: true }>,
      signature: Signature,
    ) {
      await tx.ensureLog(log)
      const at = await open(log)
      await tx.claim(replica, hostOwner)
      const { now, actor, causation, principal } = signature
      const draft = {
        log,
        base: at.position,
        born: at.position,
        parent: null,
        guards,
        events,
        withdrawn: null,
      }
      const sealed = (counter: number) =>
        sealCommit({
          ...draft,
          dot: { replica, counter },
          commands,
          now,
          seed,
          actor,
          correlation: null,
          causation,
        })
      // The counter comes from the facts, and the facts are asked with a commit: the first guess is never placed.
      const { counter } = await tx.facts(sealed(1), new Set())
      const commit = sealed(counter + 1)
      const facts = await tx.facts(commit, new Set())
      const verdict = accept({ epoch: facts.epoch, prev: facts.history, commit }, facts)
      assert(verdict.kind === 'place', `What is decided at the head can be placed; this is ${verdict.kind}.`)
      const entry = await tx.place({
        commit,
        history: verdict.history,
        outcome: verdict.outcome,
        principal,
        time: now,
      })
      at.fork.apply(events)
      at.position = entry.position
      return { log, dot: commit.dot, position: entry.position }
    }

    return Object.freeze({
      read: async (log: LogId, stream: StreamName) => (await open(log)).fork.get(stream).state,
      world: async (log: LogId) => (await open(log)).fork,
      carryOut,
      keep(): void {
        for (const [log, { kept: world, fork, position }] of opened) {
          // Another transaction of the same group may have been kept first, and come further.
          if (position > world.position) {
            fork.absorb()
            world.position = position
          }
          remember(log, world)
        }
      },
    })
  }

  function openOn(log: LogId, epoch: string, head: Position): Opened {
    const known = kept.get(log)
    const isUsable = known !== undefined && known.epoch === epoch && known.position <= head
    const base = isUsable ? known : { epoch, world: createWorld(model, kindFor(log)), position: 0 }
    return { kept: base, fork: base.world.fork(), position: base.position }
  }

  function kindFor(log: LogId): string {
    const kind = kindOf(log)
    if (kind !== null && model.logKinds.includes(kind)) return kind
    throw new VarveError('unknown_log', `The model ${model.name} has no kind of log for ${log}.`, {
      hint: 'kindOf says which kind of the model a log is of.',
    })
  }

  function remember(log: LogId, world: KeptWorld): void {
    kept.delete(log)
    kept.set(log, world)
    for (const oldest of kept.keys()) {
      if (kept.size <= worldsMax) return
      kept.delete(oldest)
    }
  }

  return Object.freeze({ begin })
}

/** One transaction in which the host works; what it folded is kept when that is on disk. */
export async function writeAs<T>(
  host: Host,
  log: ServerLog,
  fn: (hostTx: HostTx, tx: LogTx) => Promise<T>,
): Promise<T> {
  let hostTx: HostTx | null = null
  const result = await log.write((tx) => {
    hostTx = host.begin(tx)
    return fn(hostTx, tx)
  })
  ;(hostTx as HostTx | null)?.keep()
  return result
}

/** What a commit holds besides: dots, hashes, names. */
const envelopeBytesMax = 4 * 1024

function isTooLarge({ commands }: Wish, { events, guards }: Extract<Decision, { ok: true }>): boolean {
  const { commitBytesMax, commitEventsMax, commitGuardsMax } = wireLimits
  if (events.length > commitEventsMax || commands.length > commitEventsMax || guards.length > commitGuardsMax)
    return true
  return utf8Length(JSON.stringify([commands, events, guards])) + envelopeBytesMax > commitBytesMax
}
