/**
 * given / when / expect: a stream's rules tested in its own words, without a store.
 *
 *     given(Cart, ['itemAdded', shirt]).when(Cart.commands.checkOut).expect(['checkedOut', { … }])
 *
 * Deciding and folding are the real ones. Time is 0 and ids are `id-1`, `id-2` … unless said otherwise. It depends on
 * no test runner: a mismatch throws an Error with both sides. There is no `then`, for a thenable would hang `await`.
 */
import { cleanData, sameData } from '../core/clean-data.ts'
import type { AnyCaller, BuiltinReason, CommandCall, InputArgs, ReasonOf } from '../core/command.ts'
import { type CommandRecord, type Entry, type EventRecord, type Guard, sealCommit } from '../core/commit.ts'
import { rulesOf } from '../core/decide.ts'
import type { StreamName } from '../core/dot.ts'
import { messageOf } from '../core/errors.ts'
import type { EventData, EventInput } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import type { Decision } from '../core/rules.ts'
import { type Parsed, parseWith, type Schema } from '../core/schema.ts'
import type { AnyStream } from '../core/stream.ts'
import { validateCommands } from '../core/validate-commands.ts'
import { createWorld, type World } from '../core/world.ts'

/** `['itemAdded', data]`, with the data as `emit` takes it. */
export type GivenEvent<Stream extends AnyStream> = {
  [K in keyof Stream['events'] & string]: readonly [name: K, data: EventInput<Stream['events'][K]>]
}[keyof Stream['events'] & string]

/** `['itemAdded', data]`, with the data as it is stored. */
export type ExpectedEvent<Stream extends AnyStream> = {
  [K in keyof Stream['events'] & string]: readonly [name: K, data: EventData<Stream['events'][K]>]
}[keyof Stream['events'] & string]

export interface WhenOptions {
  /** The author's time in ms since 1970. Default: 0. */
  readonly now?: number
  /** Prefix of the ids that `newId` gives. Default: `id`. */
  readonly seed?: string
}

type WhenArgs<Caller> =
  InputArgs<Caller> extends readonly [infer Input]
    ? [input: Input, options?: WhenOptions]
    : [input?: InputArgs<Caller>[0], options?: WhenOptions]

export interface Given<Stream extends AnyStream> {
  /** Events that somebody else appended, unseen by the first decision: they are in the state, and in `theirs`. */
  theirs(...events: readonly GivenEvent<Stream>[]): Given<Stream>
  /** The history of another stream, for commands that read it. */
  reading<Other extends AnyStream>(
    other: Other,
    id: string,
    ...events: readonly GivenEvent<Other>[]
  ): Given<Stream>
  /** Decides a command on that history. */
  when<Caller extends Stream['commands'][keyof Stream['commands']]>(
    command: Caller,
    ...input: WhenArgs<Caller>
  ): When<Stream, ReasonOf<Caller>>
}

export interface When<Stream extends AnyStream, Reason extends string> {
  readonly decision: Decision
  /** Exactly these events, in this order. */
  expect(...events: readonly ExpectedEvent<Stream>[]): void
  expectRejected(reason: Reason | BuiltinReason, details?: unknown): void
  /** Neither an event nor a rejection. */
  expectNothing(): void
}

interface Past {
  readonly definition: AnyStream
  readonly stream: StreamName
  readonly own: readonly EventRecord[]
  readonly theirs: readonly EventRecord[]
  readonly others: readonly AnyStream[]
  readonly othersEvents: readonly EventRecord[]
}

/** The id of the stream under test, where `reads` wants to name it. */
export const givenId = 'given'
const logKind = 'given'

/** A stream with these events in its past. */
export function given<Stream extends AnyStream>(
  stream: Stream,
  ...events: readonly GivenEvent<Stream>[]
): Given<Stream> {
  const name = stream.at(givenId).stream
  return givenPast({
    definition: stream,
    stream: name,
    own: recordsOf(stream, name, events),
    theirs: [],
    others: [],
    othersEvents: [],
  })
}

function givenPast<Stream extends AnyStream>(past: Past): Given<Stream> {
  const { definition, stream, theirs, others, othersEvents } = past
  return Object.freeze<Given<Stream>>({
    theirs: (...events) =>
      givenPast({ ...past, theirs: [...theirs, ...recordsOf(definition, stream, events)] }),
    reading: (other, id, ...events) =>
      givenPast({
        ...past,
        others: other === (definition as AnyStream) || others.includes(other) ? others : [...others, other],
        othersEvents: [...othersEvents, ...recordsOf(other, other.at(id).stream, events)],
      }),
    when: (command, ...rest) => {
      const [input, options] = rest as readonly [unknown?, WhenOptions?]
      return whenDecided<Stream, never>(definition, decide(past, command, { input, ...options }))
    },
  })
}

function decide(
  past: Past,
  caller: AnyCaller,
  { input, now = 0, seed = 'id' }: WhenOptions & { readonly input: unknown },
): Decision {
  if (past.definition.commands[caller.commandName] !== caller) {
    throw new Error(`${caller.streamType}.${caller.commandName} is no command of ${past.definition.type}.`)
  }
  const model = defineModel('given', { logs: { [logKind]: [past.definition, ...past.others] } })
  const call = (caller as unknown as (id: string, input: unknown) => CommandCall)(givenId, input)
  const { commands } = validateCommands(model, [call])
  const world = createWorld(model, logKind)
  fold(world, [...past.own, ...past.othersEvents, ...past.theirs])
  const rules = rulesOf(model, logKind, { newId: (prefix, _command, n) => `${prefix}-${n}` })
  const theirs = past.theirs.length === 0 ? [] : [foreignEntry(past, commands)]
  return rules.decide(world, { commands, now, seed }, theirs)
}

function fold(world: World, events: readonly EventRecord[]): void {
  world.apply(events)
  for (const stream of world.touched()) {
    const { frozen } = world.get(stream)
    if (frozen !== null) throw new Error(`The given events cannot be folded. ${frozen.message}`)
  }
}

/** One commit of another replica that holds all of `theirs`. */
function foreignEntry({ stream, own, theirs, definition }: Past, commands: readonly CommandRecord[]): Entry {
  const guards: readonly Guard[] = [{ stream, revision: own.length, kind: definition.concurrency }]
  const commit = sealCommit({
    log: logKind,
    dot: { replica: 'theirs', counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards,
    events: theirs,
    withdrawn: null,
    commands,
    now: 0,
    seed: 'theirs',
    actor: null,
    correlation: null,
    causation: null,
  })
  return { position: 1, commit, principal: null, time: 0, chain: '' }
}

/** Events as a handler would have emitted them: through their newest schema. */
function recordsOf(
  definition: AnyStream,
  stream: StreamName,
  events: readonly (readonly [string, unknown])[],
): EventRecord[] {
  return events.map(([name, input]) => {
    const type = `${definition.type}.${name}`
    const versions = Object.hasOwn(definition.events, name) ? definition.events[name]?.versions : undefined
    const newest = versions?.at(-1)
    if (versions === undefined || newest === undefined) throw new Error(`There is no event ${type}.`)
    const parsed = parseGiven(type, newest.schema, input)
    if (!parsed.ok) throw new Error(`The given ${type} is not what its schema says: ${parsed.message}`)
    const cleaned = cleanData(parsed.value, type)
    if (!cleaned.ok) throw new Error(cleaned.message)
    return { stream, type, version: versions.length, data: cleaned.data }
  })
}

function parseGiven(type: string, schema: Schema, input: unknown): Parsed {
  try {
    return parseWith(schema, input)
  } catch (cause) {
    throw new Error(`The schema of the given ${type} threw: ${messageOf(cause)}`, { cause })
  }
}

type Told =
  | { readonly events: readonly (readonly [string, unknown])[] }
  | { readonly rejected: string; readonly details?: unknown }

function whenDecided<Stream extends AnyStream, Reason extends string>(
  definition: AnyStream,
  decision: Decision,
): When<Stream, Reason> {
  const got = told(definition, decision)
  const mustBe = (expected: Told, options?: { readonly anyDetails: boolean }) => {
    const compared = 'rejected' in got && options?.anyDetails === true ? { rejected: got.rejected } : got
    if (!sameData(compared, expected)) throw new Error(`Decided otherwise.\n${differenceText(expected, got)}`)
  }
  return Object.freeze<When<Stream, Reason>>({
    decision,
    expect: (...events) => mustBe({ events: events.map(([name, data]) => [name, plain(data)]) }),
    expectRejected: (reason, details) =>
      details === undefined
        ? mustBe({ rejected: reason }, { anyDetails: true })
        : mustBe({ rejected: reason, details: plain(details) }),
    expectNothing: () => mustBe({ events: [] }),
  })
}

function told({ type }: AnyStream, decision: Decision): Told {
  if (decision.ok)
    return { events: decision.events.map((event) => [event.type.slice(type.length + 1), event.data]) }
  const { reason, details } = decision
  return details === undefined ? { rejected: reason } : { rejected: reason, details }
}

function plain(value: unknown): unknown {
  const cleaned = cleanData(value, 'expected')
  return cleaned.ok ? cleaned.data : value
}

/** Both sides line by line; `-` was expected, `+` was decided. */
function differenceText(expected: Told, got: Told): string {
  const wanted = linesOf(expected)
  const found = linesOf(got)
  let start = 0
  while (start < wanted.length && wanted[start] === found[start]) start += 1
  let end = 0
  while (
    end < wanted.length - start &&
    end < found.length - start &&
    wanted.at(-1 - end) === found.at(-1 - end)
  )
    end += 1
  return [
    ...wanted.slice(0, start).map((line) => `  ${line}`),
    ...wanted.slice(start, wanted.length - end).map((line) => `- ${line}`),
    ...found.slice(start, found.length - end).map((line) => `+ ${line}`),
    ...wanted.slice(wanted.length - end).map((line) => `  ${line}`),
  ].join('\n')
}

function linesOf(value: Told): readonly string[] {
  return JSON.stringify(sorted(value), null, 2).split('\n')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  )
}
