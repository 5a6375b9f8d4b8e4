/**
 * Commands: what a stream can be asked for, the kit they are written with, and the plain call that is dispatched.
 *
 * A handler is pure and synchronous: it is run again whenever somebody else got in first. Everything it may not
 * invent itself (time, ids) comes from its context and is the same each time.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { StreamName } from './dot.ts'
import { assert } from './errors.ts'
import type { EventInput, EventMap } from './event.ts'
import type { EventOf, EventsOn } from './log-event.ts'
import { checkReason, type ReservedReason } from './reason.ts'
import { isSchema, type SchemaInput, type SchemaOutput } from './schema.ts'
import type { StreamDefinition, StreamRef } from './stream.ts'

/** A fact that a handler asks to be recorded on its stream; made by `emit`. */
export interface Emitted<Name extends string = string> {
  readonly kind: 'emitted'
  readonly name: Name
  readonly data: unknown
}

/** The domain says no; made by `reject`. */
export interface Rejection<Reason extends string = string> {
  readonly kind: 'rejection'
  readonly reason: Reason
  /** Plain data. */
  readonly details?: unknown
}

/** Reasons of varve's own, which any command may be refused with. */
export type BuiltinReason = Extract<ReservedReason, 'frozen' | 'undecidable'>

export type ReadMap = Readonly<Record<string, StreamRef>>

type NoReads = Readonly<Record<never, never>>

export interface CommandContext<OwnEvent, Reads extends ReadMap> {
  /** The author's time in ms since 1970, the same whenever this command is decided again. */
  readonly now: number
  /** A UUID; the n-th call gives the same one whenever this command is decided again. */
  readonly newId: () => string
  /** Foreign events on this stream and on those read that the first decision had not seen; empty the first time. */
  readonly theirs: readonly (OwnEvent | EventOf<Reads[keyof Reads]['definition']>)[]
  /** The states of the streams that `reads` names. */
  readonly reads: { readonly [K in keyof Reads]: Reads[K]['definition']['initial'] }
}

/** One event, several, none (nothing is to be done), or a rejection. */
export type HandlerResult<Name extends string> =
  | Emitted<Name>
  | readonly Emitted<Name>[]
  | Rejection
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is a no-op too
  | void

export interface CommandDefinition<Input, Reason extends string> {
  readonly input: StandardSchemaV1 | null
  readonly handler: (
    state: unknown,
    input: unknown,
    context: CommandContext<unknown, ReadMap>,
  ) => HandlerResult<string>
  readonly reads: ((input: unknown) => ReadMap) | null
  /** Types only; never there. */
  readonly '~types'?: { readonly input: Input; readonly reason: Reason }
}

export type CommandMap = Readonly<Record<string, CommandDefinition<unknown, string>>>

type ReasonIn<Result> = Result extends Rejection<infer Reason> ? Reason : never

/** How a command is defined; the schema of its input comes first, then what it reads, then the handler. */
export interface CommandFactory<State, Name extends string, OwnEvent> {
  <Result extends HandlerResult<Name>>(
    handler: (state: State, context: CommandContext<OwnEvent, NoReads>) => Result,
  ): CommandDefinition<undefined, ReasonIn<Result>>
  <Input extends StandardSchemaV1, Result extends HandlerResult<Name>>(
    input: Input,
    handler: (state: State, input: SchemaOutput<Input>, context: CommandContext<OwnEvent, NoReads>) => Result,
  ): CommandDefinition<SchemaInput<Input>, ReasonIn<Result>>
  // `reads` stands before the handler, because TypeScript infers from left to right and the handler needs its type.
  <Input extends StandardSchemaV1, const Reads extends ReadMap, Result extends HandlerResult<Name>>(
    input: Input,
    options: { readonly reads: (input: SchemaOutput<Input>) => Reads },
    handler: (state: State, input: SchemaOutput<Input>, context: CommandContext<OwnEvent, Reads>) => Result,
  ): CommandDefinition<SchemaInput<Input>, ReasonIn<Result>>
}

/** What the `commands` callback of a stream receives, typed by the stream's state and events. */
export interface CommandKit<Type extends string, State, Events extends EventMap> {
  readonly command: CommandFactory<State, keyof Events & string, EventsOn<Type, Events>>
  readonly emit: { readonly [K in keyof Events]: (data: EventInput<Events[K]>) => Emitted<K & string> }
  /**
   * Refuses the command; `details` (plain data) reach the page with the reason, which is none of varve's own
   * (`ReservedReason`).
   */
  readonly reject: <const Reason extends string>(
    reason: Reason extends ReservedReason ? never : Reason,
    details?: unknown,
  ) => Rejection<Reason>
  /** Another stream of the same type, for `reads`. */
  readonly at: (id: string) => StreamRef<StreamDefinition<Type, State, Events, CommandMap>>
}

/** A wish for one stream: plain data, to be dispatched. */
export interface CommandCall<Reason extends string = string, State = unknown> {
  readonly stream: StreamName
  readonly name: string
  readonly input?: unknown
  /** Types only; never there. */
  readonly '~types'?: { readonly reason: Reason; readonly state: State }
}

/** `Cart.commands.addItem`: makes calls, and knows what it calls. */
export interface CommandCaller<Input, Reason extends string, State> {
  (id: string, ...input: InputRest<Input>): CommandCall<Reason, State>
  readonly streamType: string
  readonly commandName: string
  readonly definition: CommandDefinition<Input, Reason>
}

/** Any caller, whatever its types. */
export interface AnyCaller {
  (id: string, input: never): CommandCall
  readonly streamType: string
  readonly commandName: string
  readonly definition: CommandDefinition<unknown, string>
}

export type CallerOf<State, Command> =
  Command extends CommandDefinition<infer Input, infer Reason> ? CommandCaller<Input, Reason, State> : never

// `any` and `unknown` first: both satisfy every later question.
type InputRest<Input> = unknown extends Input
  ? [input?: Input]
  : undefined extends Input
    ? [Input] extends [undefined]
      ? []
      : [input?: Input]
    : [input: Input]

/** The arguments after the id: `[]` or `[input]`. */
export type InputArgs<Caller> =
  Caller extends CommandCaller<infer Input, string, unknown> ? InputRest<Input> : never

/** The literal reasons that a call (or a caller, or a list of calls) can be rejected with. */
export type ReasonOf<Call> =
  Call extends CommandCaller<infer _Input, infer Reason, infer _State>
    ? Reason
    : Call extends CommandCall<infer Reason>
      ? Reason
      : Call extends readonly (infer Each)[]
        ? ReasonOf<Each>
        : never

/** The kit's runtime half. */
export function createKit(
  eventNames: readonly string[],
  at: (id: string) => StreamRef,
): CommandKit<string, unknown, EventMap> {
  const emit: Record<string, (data: unknown) => Emitted> = {}
  for (const name of eventNames) emit[name] = (data) => ({ kind: 'emitted', name, data })
  const reject = <const Reason extends string>(reason: Reason, details?: unknown): Rejection<Reason> => {
    checkReason(reason)
    return details === undefined ? { kind: 'rejection', reason } : { kind: 'rejection', reason, details }
  }
  return Object.freeze({
    command: defineCommand as unknown as CommandFactory<unknown, string, never>,
    emit: Object.freeze(emit),
    reject: reject as CommandKit<string, unknown, EventMap>['reject'],
    at: at as CommandKit<string, unknown, EventMap>['at'],
  })
}

type Handler = CommandDefinition<unknown, string>['handler']
type Options = { readonly reads: (input: unknown) => ReadMap }

function defineCommand(...parts: readonly (object | undefined)[]): CommandDefinition<unknown, string> {
  const [first, second, third] = parts
  assert(first !== undefined, 'command() needs a handler.')
  if (!isSchema(first)) {
    const handler = first as (
      state: unknown,
      context: CommandContext<unknown, ReadMap>,
    ) => HandlerResult<string>
    return Object.freeze({
      input: null,
      handler: (state: unknown, _input: unknown, context: CommandContext<unknown, ReadMap>) =>
        handler(state, context),
      reads: null,
    })
  }
  const options = typeof second === 'function' ? null : (second as Options)
  const handler = (options === null ? second : third) as Handler
  return Object.freeze({ input: first, handler, reads: options?.reads ?? null })
}
