/**
 * The world: the states of all streams of one log, in layers.
 *
 *     base    the fold of the log (what `dump` saves)
 *      └ fork   the outbox, or a decision being tried: holds only what it changed, and can be dropped without a trace
 *
 * An event that cannot be folded freezes its stream, and no other: the stream keeps its last good state, its revision
 * counts on, and no command on it is decided until an app that understands the event folds it anew.
 */
import type { EventRecord } from './commit.ts'
import { deepFreeze } from './deep-freeze.ts'
import { parseStreamName, type Revision, type StreamName } from './dot.ts'
import { assert, messageOf } from './errors.ts'
import { upcast } from './event.ts'
import type { Model } from './model.ts'

export interface Frozen {
  /** `newer_event`: written by a newer app. `poison_event`: its upcaster, its schema or `evolve` failed. */
  readonly reason: 'unknown_event' | 'newer_event' | 'poison_event'
  readonly message: string
}

export interface StreamState {
  readonly state: unknown
  /** How many events the stream has. */
  readonly revision: Revision
  readonly frozen: Frozen | null
}

/** A saved base: plain structured-cloneable data, if the states are. Keyed by `worldFingerprint`. */
export interface SavedWorld {
  readonly streams: readonly (readonly [StreamName, StreamState])[]
}

export interface World {
  readonly model: Model
  readonly logKind: string
  /** The state of a stream; its initial one if it has no events. */
  get(stream: StreamName): StreamState
  /** Folds events into this layer. Never throws because of an event: see `frozen`. */
  apply(events: readonly EventRecord[]): void
  fork(): World
  /** Merges this layer into the one below, and is empty after that. */
  absorb(): void
  /** The streams that this layer has changed. */
  touched(): Iterable<StreamName>
  /** Only of a base. */
  dump(): SavedWorld
}

export interface WorldOptions {
  readonly saved?: SavedWorld | undefined
  /** Deep-freezes states, so that a handler that changes one in place is caught. Default: true. */
  readonly freeze?: boolean
}

interface Layer {
  readonly states: Map<StreamName, StreamState>
  readonly below: Layer | null
}

interface Ground {
  readonly model: Model
  readonly logKind: string
  readonly freeze: boolean
  readonly neverSeen: Map<string, StreamState>
}

/** The world of one log of the kind `logKind`, empty or as it was saved. */
export function createWorld(model: Model, logKind: string, options: WorldOptions = {}): World {
  const freeze = options.freeze ?? true
  const streams = options.saved?.streams ?? []
  if (freeze) for (const [, { state }] of streams) deepFreeze(state)
  return worldOn({ model, logKind, freeze, neverSeen: new Map() }, { states: new Map(streams), below: null })
}

function worldOn(ground: Ground, layer: Layer): World {
  const { states, below } = layer
  return {
    model: ground.model,
    logKind: ground.logKind,
    get: (stream) => find(ground, layer, stream),
    apply: (events) => {
      for (const event of events)
        states.set(event.stream, next(ground, find(ground, layer, event.stream), event))
    },
    fork: () => worldOn(ground, { states: new Map(), below: layer }),
    absorb: () => {
      assert(below !== null, 'A base world has nothing below to be absorbed into.')
      for (const [stream, state] of states) below.states.set(stream, state)
      states.clear()
    },
    touched: () => states.keys(),
    dump: () => {
      assert(below === null, 'Only a base world can be dumped: absorb its forks first.')
      return { streams: [...states] }
    },
  }
}

function find(ground: Ground, layer: Layer, stream: StreamName): StreamState {
  for (let at: Layer | null = layer; at !== null; at = at.below) {
    const found = at.states.get(stream)
    if (found !== undefined) return found
  }
  const { type } = parseStreamName(stream)
  let initial = ground.neverSeen.get(type)
  if (initial === undefined) {
    initial = Object.freeze({ state: ground.model.streamOf(type)?.initial, revision: 0, frozen: null })
    ground.neverSeen.set(type, initial)
  }
  return initial
}

function next(ground: Ground, before: StreamState, event: EventRecord): StreamState {
  const revision = before.revision + 1
  if (before.frozen !== null) return { state: before.state, revision, frozen: before.frozen }
  const folded = fold(ground, before.state, event)
  return 'reason' in folded
    ? { state: before.state, revision, frozen: folded }
    : { state: ground.freeze ? deepFreeze(folded.state) : folded.state, revision, frozen: null }
}

function fold(ground: Ground, state: unknown, event: EventRecord): { readonly state: unknown } | Frozen {
  const known = ground.model.eventOf(event.type)
  if (known === undefined)
    return { reason: 'unknown_event', message: `This app knows no event ${event.type}.` }
  const newest = known.definition.versions.length
  if (event.version > newest) {
    const message = `${event.type} has version ${event.version}, and this app knows it up to ${newest}.`
    return { reason: 'newer_event', message }
  }
  if (!event.stream.startsWith(known.streamPrefix)) {
    return {
      reason: 'poison_event',
      message: `${event.type} stands on ${event.stream}, where it does not belong.`,
    }
  }
  try {
    const evolved = known.evolve(state, upcast(known.definition, event.version, event.data))
    if (evolved !== undefined) return { state: evolved }
    return { reason: 'poison_event', message: `${event.type}: evolve returned nothing.` }
  } catch (thrown) {
    // Whatever application code throws here is a fault of this event, not of the log.
    return { reason: 'poison_event', message: `${event.type}: ${messageOf(thrown)}` }
  }
}
