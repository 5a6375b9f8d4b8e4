/**
 * The commit: one decided command (or several of one log, together), and the entry: a commit with its place.
 *
 * Logs cannot be changed later, so this envelope cannot either: `format` says which shape it is. What varies when a
 * command is decided again is the *outcome* (base, guards, events, withdrawn); what never varies is the *intent*
 * (commands, now, seed) and the dot.
 */
import type { Dot, LogId, Position, Revision, StreamName } from './dot.ts'
import { type Hash, hashOf } from './hash.ts'
import type { PlainData } from './plain-data.ts'

/** One event as it is stored: never changed, revised on read only. */
export interface EventRecord {
  readonly stream: StreamName
  /** Full name, such as `cart.itemAdded`. */
  readonly type: string
  /** Schema version of `data`, from 1. */
  readonly version: number
  readonly data: PlainData
  /** Reserved: the id of the key under which personal fields of `data` are sealed. */
  readonly key?: string
}

/** A command as it was wished, kept with the commit so that it can be decided again. */
export interface CommandRecord {
  readonly stream: StreamName
  /** Local name, such as `addItem`. */
  readonly name: string
  /** Absent for a command without input. */
  readonly input?: PlainData
}

/** A stream that the decision read or wrote. */
export interface Guard {
  readonly stream: StreamName
  /** Events in the stream when it was decided (for `commute` streams: as far as was known). */
  readonly revision: Revision
  /** `commute`: the decision does not mind what others append to this stream. */
  readonly kind: 'serial' | 'commute'
}

export interface Withdrawal {
  /** The rejection's reason, or one of varve's own (`already_applied`, `cancelled`, `undecidable`, …). */
  readonly reason: string
  readonly details?: PlainData
  /** The foreign commits that the decision met; the latest 100 if there were more. */
  readonly because: readonly Dot[]
}

/** Why somebody else than its own handler withdraws a commit. */
export type WithdrawnFor = Pick<Withdrawal, 'reason' | 'details'>

/** The wish: what stays the same however often it is decided. */
export interface Intent {
  readonly commands: readonly CommandRecord[]
  /** The author's time in ms since 1970; data, never an order. */
  readonly now: number
  /** Random; the source of `newId`, and what makes two equal wishes two intents. */
  readonly seed: string
}

/** The present decision. */
export interface Outcome {
  readonly guards: readonly Guard[]
  readonly events: readonly EventRecord[]
  readonly withdrawn: Withdrawal | null
}

/** What another log's entry set off: `log` is null where naming it would tell its readers' secret. */
export interface Causation {
  readonly log: LogId | null
  readonly dot: Dot
}

export interface Commit extends Intent, Outcome {
  readonly format: 1
  readonly log: LogId
  readonly dot: Dot
  /** The position up to which the author had applied the log when this outcome was decided. */
  readonly base: Position
  /** The base of the first decision. */
  readonly born: Position
  /** In a replica's first commit on a log: the last dot of the lineage it continues, or null if it is the first. */
  readonly parent: Dot | null
  readonly intent: Hash
  /** The intent that this one retries, else its own. */
  readonly root: Hash
  readonly actor: string | null
  readonly correlation: string | null
  readonly causation: Causation | null
  /** Hash over all of the above. */
  readonly content: Hash
}

/** A commit that the log's sequencer has placed. */
export interface Entry {
  readonly position: Position
  readonly commit: Commit
  /** Who pushed it, as `authorize` said. */
  readonly principal: string | null
  /** The server's time in ms since 1970, never smaller than that of the entry before. */
  readonly time: number
  /** Running hash over the log up to this entry. */
  readonly chain: Hash
}

export type Draft = Omit<Commit, 'format' | 'intent' | 'root' | 'content'> & { readonly root?: Hash }

export function intentOf({ commands, now, seed }: Intent): Hash {
  return hashOf({ commands, now, seed })
}

export function outcomeOf({ guards, events, withdrawn }: Outcome): Hash {
  return hashOf({ guards, events, withdrawn })
}

/** Completes a draft with its hashes. */
export function sealCommit(draft: Draft): Commit {
  const intent = intentOf(draft)
  const unsealed: Omit<Commit, 'content'> = {
    format: 1,
    log: draft.log,
    dot: draft.dot,
    base: draft.base,
    born: draft.born,
    parent: draft.parent,
    guards: draft.guards,
    events: draft.events,
    withdrawn: draft.withdrawn,
    commands: draft.commands,
    now: draft.now,
    seed: draft.seed,
    intent,
    root: draft.root ?? intent,
    actor: draft.actor,
    correlation: draft.correlation,
    causation: draft.causation,
  }
  return { ...unsealed, content: hashOf(unsealed) }
}

/** True if the hashes in the commit are those of its content. */
export function isSealed(commit: Commit): boolean {
  return commit.intent === intentOf(commit) && isWhole(commit)
}

/** True if nothing in the commit was changed since it was sealed; a server has asked for its intent besides. */
export function isWhole({ content, ...unsealed }: Commit): boolean {
  return content === hashOf(unsealed)
}

/** The same commit (dot, intent) with another outcome, decided at `base`. */
export function withOutcome(commit: Commit, outcome: Outcome, base: Position): Commit {
  return sealCommit({
    ...commit,
    guards: outcome.guards,
    events: outcome.events,
    withdrawn: outcome.withdrawn,
    base,
  })
}

/** The same commit with neither events nor guards: always placeable, nobody's conflict. Its base stays unless given. */
export function withdraw(commit: Commit, withdrawal: Withdrawal, base: Position = commit.base): Commit {
  return withOutcome(commit, { guards: [], events: [], withdrawn: withdrawal }, base)
}

/** The streams that hold events of this outcome. */
export function streamsWritten({ events }: Outcome): ReadonlySet<StreamName> {
  return new Set(events.map((event) => event.stream))
}

/** The chain before the first entry of every log. */
export const chainStart: Hash = ''

export function chainOf(before: Hash, entry: Omit<Entry, 'chain'>): Hash {
  return hashOf([before, entry.position, entry.commit.content, entry.principal, entry.time])
}
