/**
 * What the engine holds of one log in memory. A value: a swap puts the next one in its place.
 *
 *   pending     a fork of confirmed with the outbox applied: what decisions are made on and watchers see
 *   confirmed   fold(log[1..head.position])
 */
import type { Commit, Entry } from '../core/commit.ts'
import type { LogId, ReplicaId, StreamName } from '../core/dot.ts'
import { assert } from '../core/errors.ts'
import type { PendingNote } from '../core/query.ts'
import type { Rules } from '../core/rules.ts'
import type { World } from '../core/world.ts'
import type { LogHead, Stamp } from '../log/port.ts'
import { noRecent, type Recent } from './recent.ts'

type Notes = Map<StreamName, readonly PendingNote[]>

export interface LogState {
  readonly id: LogId
  readonly kind: string
  readonly rules: Rules<World>
  readonly head: LogHead
  readonly confirmed: World
  readonly pending: World
  readonly outbox: readonly Commit[]
  /** Per stream, the commits with commands on it that are not placed; a withdrawn one is in the inbox instead. */
  readonly notes: Notes
  readonly recent: Recent
}

export interface LogStart {
  readonly id: LogId
  readonly kind: string
  readonly rules: Rules<World>
  readonly head: LogHead
  readonly confirmed: World
}

export function startLog(start: LogStart): LogState {
  const pending = start.rules.fork(start.confirmed)
  return { ...start, pending, outbox: [], notes: new Map(), recent: noRecent }
}

export function replicaOf(head: LogHead): ReplicaId {
  const [present] = head.lineage
  assert(present !== undefined, 'A lineage begins with the present replica.')
  return present.replica
}

export function stampOf({ head }: LogState): Stamp {
  return { replica: replicaOf(head), position: head.position, outboxRevision: head.outboxRevision }
}

/** The log after commits of ours were stored; `trial` is a fork of the pending world that holds them. */
export function appended(
  state: LogState,
  {
    head,
    commits,
    trial,
  }: { readonly head: LogHead; readonly commits: readonly Commit[]; readonly trial: World },
): LogState {
  trial.absorb()
  addNotes(state.notes, commits)
  return { ...state, head, outbox: [...state.outbox, ...commits] }
}

export interface ReplacedOutbox {
  readonly head: LogHead
  readonly outbox: readonly Commit[]
  readonly entries: readonly Entry[]
}

/** The log after entries came or the outbox turned out otherwise: folds and forks anew. */
export function refolded(state: LogState, { head, outbox, entries }: ReplacedOutbox): LogState {
  let { confirmed } = state
  for (const entry of entries) confirmed = state.rules.apply(confirmed, entry.commit)
  let pending = state.rules.fork(confirmed)
  for (const commit of outbox) pending = state.rules.apply(pending, commit)
  // What another tab has read is on disk when it is needed.
  return { ...state, head, confirmed, pending, outbox, recent: noRecent, notes: notesOf(outbox) }
}

/** The log after a reconciliation that has folded already: `step` is a fork of the confirmed world with the page. */
export function reconciled(
  state: LogState,
  next: {
    readonly head: LogHead
    readonly outbox: readonly Commit[]
    readonly step: World
    readonly pending: World
    readonly recent: Recent
  },
): LogState {
  const { head, outbox, step, pending, recent } = next
  step.absorb()
  return { ...state, head, pending, outbox, recent, notes: notesOf(outbox) }
}

/** Streams that may look otherwise after `before` became `after`. */
export function streamsBetween(
  before: LogState,
  after: LogState,
  entries: readonly Entry[],
): ReadonlySet<StreamName> {
  const streams = new Set<StreamName>([...before.notes.keys(), ...after.notes.keys()])
  for (const { commit } of entries) for (const event of commit.events) streams.add(event.stream)
  return streams
}

function notesOf(outbox: readonly Commit[]): Notes {
  const notes: Notes = new Map()
  addNotes(notes, outbox)
  return notes
}

/** In place: a long outbox grows one commit at a time. */
function addNotes(notes: Notes, commits: readonly Commit[]): void {
  for (const { dot, commands, withdrawn } of commits) {
    if (withdrawn !== null) continue
    const namesByStream = new Map<StreamName, string[]>()
    for (const { stream, name } of commands) {
      namesByStream.set(stream, [...(namesByStream.get(stream) ?? []), name])
    }
    for (const [stream, names] of namesByStream) {
      notes.set(stream, [...(notes.get(stream) ?? []), { dot, commands: names }])
    }
  }
}
