/**
 * The server's log, entry by entry as it becomes durable: places without gaps, names used once, counters without holes,
 * a chain that adds up, and no decision that leaned on what a stranger had changed, found by looking at everything.
 */
import type { Commit, Entry } from '../../../core/commit.ts'
import type { Dot, LogId, StreamName } from '../../../core/dot.ts'
import { hashOf } from '../../../core/hash.ts'
import type { Model } from '../../../core/model.ts'
import { folded, type NaiveFold, nothing, streamIn } from './naive-fold.ts'
import { createVectors, type Vectors } from './vectors.ts'

export interface ServerAudit {
  /** Null, or what is wrong with the new entries. */
  look(entries: readonly Entry[]): string | null
  /** The server came back from an older backup: its log goes on from these entries. */
  restart(entries: readonly Entry[]): string | null
  readonly entries: () => readonly Entry[]
  /** The log up to the entry with this chain, in whatever life of it, as this build of the model folds it. */
  foldAt(model: Model, chain: string): NaiveFold
  /** Whether an entry with this chain ever was durable. */
  hasHeld(chain: string): boolean
  /** Whether this wish ever stood in the log. */
  hasPlaced(seed: string): boolean
  entryOf(key: string): Entry | undefined
  /** How often commits of this wish stand in the log. */
  ofSeed(seed: string): readonly Entry[]
  /** The same in all lives of the log, once for each life. */
  everOfSeed(seed: string): readonly Entry[]
  readonly vectors: () => Vectors
}

/**
 * Asked after each entry of each log what must hold there, by the newest build: null, or what does not. `read` gives the
 * state of a stream, its initial one if it has no events.
 */
export type Invariant = (read: (stream: StreamName) => unknown, log: LogId) => string | null

export interface ServerAuditGround {
  /** The builds of the model that are about, the newest first. */
  readonly models: readonly [Model, ...Model[]]
  /** Up to where its author knew the log when this outcome was stored; undefined if nobody ever stored it. */
  readonly knownAt: (commit: Commit) => number | undefined
  readonly isWished: (seed: string) => boolean
  /** Whether the store that holds the wish was copied or set back: each life of it may bring it under a name of its own. */
  readonly mayStandAgain: (seed: string) => boolean
  readonly onFold: (model: Model, fold: NaiveFold) => void
  readonly invariant: Invariant | undefined
  /** Whether a build may not understand an event that stands, or stood, on the stream. */
  readonly mayFreeze: (stream: StreamName) => boolean
}

export function dotText({ replica, counter }: Dot): string {
  return `${replica}:${counter}`
}

export function createServerAudit({
  models,
  knownAt,
  isWished,
  mayStandAgain,
  mayFreeze,
  onFold,
  invariant,
}: ServerAuditGround): ServerAudit {
  const [newest] = models
  /** By chain, of all lives of the log, and then by model. */
  const folds = new Map<string, ReadonlyMap<Model, NaiveFold>>([['', new Map()]])
  /** By seed, in all lives of the log, once for each. */
  const placed = new Map<string, Entry[]>()
  let entries: Entry[] = []
  let byDot = new Map<string, Entry>()
  let bySeed = new Map<string, Entry[]>()
  let roots = new Set<string>()
  let counters = new Map<string, number>()
  let parents = new Map<string, Dot>()
  let vectors = createVectors()

  function restart(log: readonly Entry[]): string | null {
    entries = []
    byDot = new Map()
    bySeed = new Map()
    roots = new Set()
    counters = new Map()
    parents = new Map()
    vectors = createVectors()
    return look(log)
  }

  function foldAt(model: Model, chain: string): NaiveFold {
    return folds.get(chain)?.get(model) ?? nothing
  }

  const foldNow = (model: Model): NaiveFold => foldAt(model, entries.at(-1)?.chain ?? '')

  function look(log: readonly Entry[]): string | null {
    while (entries.length < log.length) {
      const entry = log[entries.length] as Entry
      const fault = faultOf(entry)
      if (fault !== null) return `@${entry.position} ${dotText(entry.commit.dot)}: ${fault}`
      take(entry)
      const broken = invariantFault(entry)
      if (broken !== null) return `@${entry.position} ${dotText(entry.commit.dot)}: ${broken}`
    }
    return null
  }

  function invariantFault({ commit: { log } }: Entry): string | null {
    const fold = foldNow(newest)
    try {
      return invariant?.((stream) => streamIn(newest, fold, stream).state, log) ?? null
    } catch (thrown) {
      return `the invariant threw ${String(thrown)}`
    }
  }

  function faultOf({ position, commit, principal, time, chain }: Entry): string | null {
    const { dot, parent, base, born, withdrawn, events, guards } = commit
    const place = entries.length + 1
    if (position !== place) return `it stands in place ${place}`
    if (byDot.has(dotText(dot))) return 'its name was placed before'
    if (dot.counter !== (counters.get(dot.replica) ?? 0) + 1) return 'the counters before it have a hole'
    if (dot.counter === 1 && parent !== null && (counters.get(parent.replica) ?? 0) < parent.counter)
      return `it continues ${dotText(parent)}, which is not placed`
    if (base >= position || born > base) return `base ${base} and born ${born} are beyond it`
    const before = entries.at(-1)
    if (time < (before?.time ?? 0)) return 'the time runs backwards'
    if (hashOf([before?.chain ?? '', position, commit.content, principal, time]) !== chain)
      return 'the chain does not add up'
    if (!isWished(commit.seed)) return 'nobody wished it'
    const known = knownAt(commit)
    if (known === undefined) return 'its outcome was pushed and is on no disk'
    if (known !== base) return `its base is ${base}, and its author had applied the log up to ${known}`
    if (withdrawn !== null && events.length + guards.length > 0) return 'it is withdrawn and has an outcome'
    if (withdrawn?.reason === 'frozen' && !isFrozenBy(withdrawn.details))
      return 'it was withdrawn as frozen, and every build understands its streams'
    const twin = bySeed.get(commit.seed)?.[0]
    if (twin !== undefined && !mayStandAgain(commit.seed)) return `the same wish stands at @${twin.position}`
    if (events.length > 0 && roots.has(commit.root)) return 'its root was applied before'
    return strangerFault(commit, position)
  }

  function isFrozenBy(details: unknown): boolean {
    return mayFreeze(String((details as { readonly stream?: unknown } | undefined)?.stream))
  }

  /** Brute force: whoever wrote in between, and whether the stream is as the decision saw it. */
  function strangerFault(commit: Commit, position: number): string | null {
    const serial = commit.guards.filter((guard) => guard.kind === 'serial')
    const streams = new Set<StreamName>(serial.map(({ stream }) => stream))
    for (const other of entries.slice(commit.base, position - 1)) {
      if (isOwn(commit.dot.replica, commit.parent, other.commit.dot)) continue
      const clash = other.commit.events.find((event) => streams.has(event.stream))
      if (clash !== undefined) return `it leaned on ${clash.stream}, which @${other.position} had changed`
    }
    for (const { stream, revision } of serial) {
      const present = foldNow(newest).streams.get(stream)?.revision ?? 0
      if (present !== revision)
        return `it was decided on ${revision} events of ${stream}, and there are ${present}`
    }
    return null
  }

  function isOwn(author: string, parent: Dot | null, dot: Dot): boolean {
    if (dot.replica === author) return true
    for (let at = parents.get(author) ?? parent; at !== null; at = parents.get(at.replica) ?? null) {
      if (at.replica === dot.replica) return dot.counter <= at.counter
    }
    return false
  }

  function take(entry: Entry): void {
    const { commit } = entry
    const { dot, parent } = commit
    if (!folds.has(entry.chain)) {
      const next = models.map((model) => [model, folded(model, foldNow(model), [entry])] as const)
      folds.set(entry.chain, new Map(next))
      for (const [model, fold] of next) onFold(model, fold)
    }
    entries.push(entry)
    placed.set(commit.seed, [...(placed.get(commit.seed) ?? []), entry])
    byDot.set(dotText(dot), entry)
    bySeed.set(commit.seed, [...(bySeed.get(commit.seed) ?? []), entry])
    if (commit.events.length > 0) roots.add(commit.root)
    counters.set(dot.replica, dot.counter)
    if (dot.counter === 1 && parent !== null) parents.set(dot.replica, parent)
    const before = dot.counter > 1 ? { replica: dot.replica, counter: dot.counter - 1 } : parent
    vectors.place(dot, before, knownAt(commit) ?? 0)
  }

  return Object.freeze({
    look,
    entries: () => entries,
    restart,
    foldAt,
    hasHeld: (chain: string) => folds.has(chain),
    hasPlaced: (seed: string) => placed.has(seed),
    entryOf: (key: string) => byDot.get(key),
    ofSeed: (seed: string) => bySeed.get(seed) ?? [],
    everOfSeed: (seed: string) => placed.get(seed) ?? [],
    vectors: () => vectors,
  })
}
