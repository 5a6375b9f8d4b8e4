/**
 * Decides an intent on a world: from commands to events or a rejection, with everything that the decision leaned on
 * (its guards). The same code runs at dispatch, when a commit is decided again after a merge, and on a server that
 * verifies.
 *
 * Never throws and never changes the world it is given. Whatever is wrong with a command (unknown here, its input no
 * longer valid, its handler throws, its events cannot be folded) refuses it as `undecidable`, with the reason in words.
 */
import { cleanData } from './clean-data.ts'
import type { CommandContext, CommandDefinition, Emitted, HandlerResult, ReadMap } from './command.ts'
import type { CommandRecord, Entry, EventRecord, Guard, Intent } from './commit.ts'
import { deepFreeze } from './deep-freeze.ts'
import { parseStreamName, type StreamName } from './dot.ts'
import { messageOf } from './errors.ts'
import { uuidOf } from './hash.ts'
import type { Model } from './model.ts'
import type { PlainData } from './plain-data.ts'
import { projectedEvents } from './projected-events.ts'
import type { Decision, Rules } from './rules.ts'
import { parseWith } from './schema.ts'
import type { AnyStream } from './stream.ts'
import type { World } from './world.ts'

export interface DecideOptions {
  /** The n-th id (from 1) of a command of an intent. Default: a UUID from the intent's seed. Tests give readable ones. */
  readonly newId?: (seed: string, command: number, n: number) => string
}

/** What reconcile, engine and server need of a model, for one kind of log. */
export function rulesOf(model: Model, logKind: string, options: DecideOptions = {}): Rules<World> {
  const newId = options.newId ?? ((seed, command, n) => uuidOf([seed, command, n]))
  const scope: Scope = { model, logKind, newId }
  return Object.freeze({
    fork: (world: World) => world.fork(),
    apply: (world: World, { events }: { readonly events: readonly EventRecord[] }) => {
      world.apply(events)
      return world
    },
    decide: (world: World, intent: Intent, theirs: readonly Entry[]) =>
      decide(scope, world, { intent, theirs }),
  })
}

interface Scope {
  readonly model: Model
  readonly logKind: string
  readonly newId: (seed: string, command: number, n: number) => string
}

interface Case {
  readonly intent: Intent
  readonly theirs: readonly Entry[]
}

type Refusal = { readonly ok: false; readonly reason: string; readonly details?: PlainData }
type Tried =
  | { readonly ok: true; readonly events: readonly EventRecord[]; readonly leanedOn: readonly StreamName[] }
  | Refusal

function decide(scope: Scope, world: World, { intent, theirs }: Case): Decision {
  const trial = world.fork()
  const events: EventRecord[] = []
  const guards = new Map<StreamName, Guard>()
  for (const [index, command] of intent.commands.entries()) {
    const tried = attempt(() => tryCommand(scope, trial, { command, index, intent, theirs }))
    if (!tried.ok) return { ...tried, command: index }
    for (const event of tried.events) events.push(event)
    for (const stream of tried.leanedOn) {
      const { concurrency: kind } = scope.model.streamOf(parseStreamName(stream).type) as AnyStream
      // The revision before the whole commit, whatever its earlier commands appended.
      if (!guards.has(stream)) guards.set(stream, { stream, revision: world.get(stream).revision, kind })
    }
  }
  const outcome = { guards: [...guards.values()], events }
  const chars = JSON.stringify(outcome).length
  return chars <= outcomeCharsMax
    ? { ok: true, ...outcome }
    : undecidable(`Its events take ${chars} of at most ${outcomeCharsMax} characters.`)
}

/** At three bytes each still below what a frame holds: what comes to a server can be refused by its name. */
const outcomeCharsMax = 1024 * 1024

function attempt(step: () => Tried): Tried {
  try {
    return step()
  } catch (thrown) {
    // Schemas, handlers and upcasters are application code: whatever they throw means that this cannot be decided.
    return undecidable(messageOf(thrown))
  }
}

interface CommandCase extends Case {
  readonly command: CommandRecord
  readonly index: number
}

function tryCommand(scope: Scope, trial: World, { command, index, intent, theirs }: CommandCase): Tried {
  const what = command.name
  const stream = streamHere(scope, command.stream)
  if (typeof stream === 'string') return undecidable(stream)
  const caller = Object.hasOwn(stream.commands, what) ? stream.commands[what] : undefined
  if (caller === undefined) return undecidable(`The stream ${stream.type} has no command ${what}.`)
  const { definition } = caller
  const input = readInput(definition, command)
  if (!input.ok) return undecidable(`${stream.type}.${what}: ${input.message}`)

  // It may be the very object that is journaled: whoever changes it is caught, as with states.
  deepFreeze(input.value)
  const refs = definition.reads?.(input.value) ?? {}
  const leanedOn = [command.stream, ...Object.values(refs).map((ref) => ref.stream)]
  const fault = readsFault(scope, refs) ?? frozenFault(trial, leanedOn)
  if (fault !== null) return fault

  let ids = 0
  const context: CommandContext<unknown, ReadMap> = {
    now: intent.now,
    newId: () => {
      ids += 1
      return scope.newId(intent.seed, index, ids)
    },
    theirs: theirEvents(scope.model, theirs, new Set(leanedOn)) as CommandContext<unknown, ReadMap>['theirs'],
    reads: Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, trial.get(ref.stream).state])),
  }
  const result = definition.handler(trial.get(command.stream).state, input.value, context)
  const recorded = record(stream, command, result)
  if (!recorded.ok) return recorded
  trial.apply(recorded.events)
  const { frozen } = trial.get(command.stream)
  return frozen === null ? { ok: true, events: recorded.events, leanedOn } : undecidable(frozen.message)
}

/** The stream's definition, or why commands on this log cannot know it. */
function streamHere({ model, logKind }: Scope, name: StreamName): AnyStream | string {
  const { type } = parseStreamName(name)
  const stream = model.streamOf(type)
  if (stream === undefined) return `The model ${model.name} has no stream type ${type}.`
  const kind = model.logKindOf(type)
  return kind === logKind ? stream : `${name} is on the log ${kind}, and this commit is on ${logKind}.`
}

function readInput({ input: schema }: CommandDefinition<unknown, string>, { input }: CommandRecord) {
  if (schema !== null) return parseWith(schema, input)
  return input === undefined
    ? ({ ok: true, value: undefined } as const)
    : ({ ok: false, message: 'it takes no input' } as const)
}

function readsFault(scope: Scope, refs: ReadMap): Refusal | null {
  for (const ref of Object.values(refs)) {
    const stream = streamHere(scope, ref.stream)
    if (typeof stream === 'string') return undecidable(`A decision reads its own log only. ${stream}`)
    if (stream !== ref.definition)
      return undecidable(`The model has another stream type ${stream.type} than the one read.`)
  }
  return null
}

function frozenFault(trial: World, streams: readonly StreamName[]): Refusal | null {
  for (const stream of streams) {
    const { frozen } = trial.get(stream)
    if (frozen !== null)
      return {
        ok: false,
        reason: 'frozen',
        details: { stream, cause: frozen.reason, message: sayable(frozen.message) },
      }
  }
  return null
}

function theirEvents(model: Model, theirs: readonly Entry[], streams: ReadonlySet<StreamName>) {
  return theirs
    .flatMap((entry) => projectedEvents(model, entry, entry.commit.log))
    .filter((event) => streams.has(event.stream) && event.fault === undefined)
}

type Recorded = { readonly ok: true; readonly events: readonly EventRecord[] } | Refusal

function record(stream: AnyStream, command: CommandRecord, result: HandlerResult<string>): Recorded {
  if (result === undefined) return { ok: true, events: [] }
  if (!Array.isArray(result) && (result as { kind?: unknown } | null)?.kind === 'rejection') {
    const { reason, details } = result as { readonly reason: string; readonly details?: unknown }
    if (details === undefined) return { ok: false, reason }
    const cleaned = cleanData(details, 'details')
    return cleaned.ok ? { ok: false, reason, details: cleaned.data } : undecidable(cleaned.message)
  }
  const events: EventRecord[] = []
  for (const emitted of (Array.isArray(result) ? result : [result]) as readonly (Emitted | null)[]) {
    const definition =
      emitted?.kind === 'emitted' && Object.hasOwn(stream.events, emitted.name)
        ? stream.events[emitted.name]
        : undefined
    const newest = definition?.versions.at(-1)
    if (emitted === null || definition === undefined || newest === undefined) {
      return undecidable(
        `${stream.type}.${command.name}: a handler returns what emit or reject made, an array of events, or nothing.`,
      )
    }
    const type = `${stream.type}.${emitted.name}`
    const parsed = parseWith(newest.schema, emitted.data)
    if (!parsed.ok) return undecidable(`${type}: ${parsed.message}`)
    const cleaned = cleanData(parsed.value, type)
    if (!cleaned.ok) return undecidable(cleaned.message)
    events.push({ stream: command.stream, type, version: definition.versions.length, data: cleaned.data })
  }
  return { ok: true, events }
}

function undecidable(message: string): Refusal {
  return { ok: false, reason: 'undecidable', details: { message: sayable(message) } }
}

/** What application code throws may be any text, and this one is stored. */
function sayable(message: string): string {
  return message.slice(0, messageCharsMax).replaceAll('\0', '').toWellFormed()
}

const messageCharsMax = 1_000
