/**
 * The definition of a stream type: its initial state, its events and how they fold, and the commands that it decides.
 *
 * Plain frozen data, imported by page, worker, tests and server alike. It knows nothing of logs: which log a stream
 * belongs to is the model's business.
 */
import {
  type AnyCaller,
  type CallerOf,
  type CommandCall,
  type CommandDefinition,
  type CommandKit,
  type CommandMap,
  createKit,
} from './command.ts'
import { deepFreeze } from './deep-freeze.ts'
import { parseStreamName, type StreamName, streamName } from './dot.ts'
import { VarveError } from './errors.ts'
import type { EventData, EventMap } from './event.ts'
import { nameLengthMax, stringFault } from './plain-data.ts'

export type Concurrency = 'serial' | 'commute'

/** One function per event: `(state, data) => state`, pure. */
export type EvolveMap<State, Events extends EventMap> = {
  readonly [K in keyof Events]: (state: State, data: EventData<Events[K]>) => State
}

/** Any stream, whatever its types. */
export interface AnyStream {
  readonly type: string
  readonly initial: unknown
  readonly events: EventMap
  readonly evolve: Readonly<Record<string, (state: unknown, data: unknown) => unknown>>
  readonly commands: Readonly<Record<string, AnyCaller>>
  readonly concurrency: Concurrency
  readonly verified: boolean
  readonly version: number
  at(id: string): StreamRef
}

export interface StreamDefinition<
  Type extends string,
  State,
  Events extends EventMap,
  Commands extends CommandMap,
> {
  readonly type: Type
  readonly initial: State
  readonly events: Events
  readonly evolve: AnyStream['evolve']
  /** `Cart.commands.addItem(id, input)` makes a plain call, to be dispatched. */
  readonly commands: { readonly [K in keyof Commands]: CallerOf<State, Commands[K]> }
  readonly concurrency: Concurrency
  readonly verified: boolean
  readonly version: number
  /** One stream of this type. */
  at(id: string): StreamRef<StreamDefinition<Type, State, Events, Commands>>
}

/** One stream, with its definition. */
export interface StreamRef<Stream extends AnyStream = AnyStream> {
  readonly stream: StreamName
  readonly definition: Stream
}

export type StateOf<Stream extends { readonly initial: unknown }> = Stream['initial']

export interface StreamSpec<
  Type extends string,
  State,
  Events extends EventMap,
  Commands extends CommandMap,
> {
  /** The state of a stream without events. */
  readonly initial: State
  readonly events: Events
  // Around the whole map: otherwise the literals in a returned state would widen the inferred state.
  readonly evolve: NoInfer<EvolveMap<State, Events>>
  readonly commands: (kit: CommandKit<Type, State, Events>) => Commands
  /** `commute`: its commits are never disturbed by what others append (likes, log lines). Default: `serial`. */
  readonly concurrency?: Concurrency
  /**
   * A server that has the model decides what is pushed to such a stream once more, on what its author knew, and refuses
   * what the commands do not lead to. Default: false.
   */
  readonly verified?: boolean
  /** Count up when a function that the handlers import changes its result, so that saved states are folded anew. */
  readonly version?: number
}

/** Defines a stream type; `type` is a name such as `cart`. */
export function defineStream<
  const Type extends string,
  State,
  Events extends EventMap,
  Commands extends CommandMap,
>(
  type: Type,
  spec: StreamSpec<Type, State, Events, Commands>,
): StreamDefinition<Type, State, Events, Commands> {
  checkLocalName('stream type', type)
  for (const name of Object.keys(spec.events)) checkLocalName('event', name)
  const at = (id: string): StreamRef =>
    Object.freeze({ stream: checkedStream(type, id), definition: definition as AnyStream })
  const kit = createKit(Object.keys(spec.events), at) as unknown as CommandKit<Type, State, Events>
  const callers: Record<string, AnyCaller> = {}
  for (const [name, command] of Object.entries(spec.commands(kit))) {
    checkLocalName('command', name)
    callers[name] = createCaller(type, name, command)
  }
  const definition: unknown = Object.freeze({
    type,
    initial: deepFreeze(spec.initial),
    events: Object.freeze({ ...spec.events }),
    evolve: Object.freeze({ ...spec.evolve }),
    commands: Object.freeze(callers),
    concurrency: spec.concurrency ?? 'serial',
    verified: spec.verified ?? false,
    version: spec.version ?? 1,
    at,
  })
  return definition as StreamDefinition<Type, State, Events, Commands>
}

function createCaller(type: string, name: string, command: CommandDefinition<unknown, string>): AnyCaller {
  const call = (id: string, input?: unknown): CommandCall => {
    const stream = checkedStream(type, id)
    return Object.freeze(input === undefined ? { stream, name } : { stream, name, input })
  }
  return Object.freeze(Object.assign(call, { streamType: type, commandName: name, definition: command }))
}

const idLengthMax = 200
// The controls of ASCII and Latin-1: invisible, and not to be told apart in a log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/
/** `type/id` must be a name on the wire. */
const localNameLengthMax = nameLengthMax - idLengthMax - 1
const localName = /^[a-z][A-Za-z0-9]*$/

/** Throws unless `name` may be the local name of a stream type, an event, a command or a log kind. */
export function checkLocalName(what: string, name: string): void {
  if (localName.test(name) && name !== 'constructor' && name.length <= localNameLengthMax) return
  throw new VarveError('bad_name', `${JSON.stringify(name)} is no name for a ${what}.`, {
    hint: `Names are a small letter followed by letters and digits, such as addItem, ${localNameLengthMax} at most.`,
  })
}

/** Why `id` cannot be the id of a stream, or null. */
export function streamIdFault(id: unknown): string | null {
  if (typeof id !== 'string') return 'a stream id is a string'
  if (id.length < 1 || id.length > idLengthMax) return `a stream id has 1 to ${idLengthMax} characters`
  if (controlCharacter.test(id)) return 'a stream id holds no control characters'
  return stringFault(id, 'id')
}

function checkedStream(type: string, id: string): StreamName {
  const fault = streamIdFault(id)
  if (fault !== null)
    throw new VarveError('bad_name', `${JSON.stringify(id)} is no id of a ${type}: ${fault}.`)
  return streamName(type, id)
}

/** Throws unless `name` is `type/id` with a proper type and id. */
export function checkStreamName(name: StreamName): void {
  const { type, id } = parseStreamName(name)
  checkLocalName('stream type', type)
  checkedStream(type, id)
}
