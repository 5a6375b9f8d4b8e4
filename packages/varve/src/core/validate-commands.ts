/**
 * The check at the door: turns calls into command records before anything is journaled. A call that is refused here
 * was never a command; it is a mistake of the caller and is thrown.
 *
 * What is journaled is the schema's *output*, and it is validated again whenever the command is decided, perhaps by a
 * newer app. So the schema must accept its own output and leave it as it is; that is checked here too.
 */
import { cleanData, sameData } from './clean-data.ts'
import type { CommandCall } from './command.ts'
import type { CommandRecord } from './commit.ts'
import { parseStreamName } from './dot.ts'
import { messageOf, VarveError } from './errors.ts'
import type { Model } from './model.ts'
import type { PlainData } from './plain-data.ts'
import { type Parsed, parseWith, type Schema } from './schema.ts'
import { checkStreamName } from './stream.ts'

export interface ValidatedCommands {
  readonly logKind: string
  readonly commands: readonly CommandRecord[]
}

/**
 * Throws `no_commands`, `bad_name`, `unknown_stream`, `unknown_command`, `mixed_logs`, `invalid_input`, `schema_async`
 * or, if a schema throws, `undecidable`.
 */
export function validateCommands(
  model: Model,
  calls: CommandCall | readonly CommandCall[],
): ValidatedCommands {
  let logKind: string | undefined
  const commands: CommandRecord[] = []
  for (const call of [calls].flat() as readonly CommandCall[]) {
    const { kind, record } = validateCommand(model, call)
    if (logKind !== undefined && kind !== logKind) {
      throw new VarveError(
        'mixed_logs',
        `One commit belongs to one log, and these commands are for ${logKind} and ${kind}.`,
        {
          hint: 'Dispatch them one by one, or let a policy carry the second out.',
        },
      )
    }
    logKind = kind
    commands.push(record)
  }
  if (logKind === undefined)
    throw new VarveError('no_commands', 'There is nothing to dispatch: the list is empty.')
  return { logKind, commands }
}

function validateCommand(
  model: Model,
  call: CommandCall,
): { readonly kind: string; readonly record: CommandRecord } {
  if (typeof call?.stream !== 'string' || typeof call.name !== 'string')
    throw invalidInput('dispatch', 'this is no call that Cart.commands.addItem(…) has made')
  checkStreamName(call.stream)
  const { type } = parseStreamName(call.stream)
  const stream = model.streamOf(type)
  const kind = model.logKindOf(type)
  if (stream === undefined || kind === undefined) {
    throw new VarveError('unknown_stream', `The model ${model.name} has no stream type ${type}.`, {
      hint: 'Add it to one of the logs in defineModel.',
    })
  }
  const command = Object.hasOwn(stream.commands, call.name) ? stream.commands[call.name] : undefined
  if (command === undefined)
    throw new VarveError('unknown_command', `The stream ${type} has no command ${call.name}.`)
  const { input: schema } = command.definition
  const { stream: name } = call
  if (schema !== null)
    return {
      kind,
      record: { stream: name, name: call.name, ...inputOf(schema, `${type}.${call.name}`, call) },
    }
  if (call.input === undefined) return { kind, record: { stream: name, name: call.name } }
  throw invalidInput(`${type}.${call.name}`, 'it takes no input')
}

function inputOf(schema: Schema, what: string, call: CommandCall): { readonly input?: PlainData } {
  const parsed = mustParse(schema, what, call.input)
  if (!parsed.ok) throw invalidInput(what, parsed.message)
  if (parsed.value === undefined) return {}
  const cleaned = cleanData(parsed.value, 'input')
  if (!cleaned.ok) throw invalidInput(what, cleaned.message)
  const again = mustParse(schema, what, cleaned.data)
  const cleanedAgain = again.ok ? cleanData(again.value, 'input') : null
  if (cleanedAgain?.ok !== true || !sameData(cleaned.data, cleanedAgain.data)) {
    throw invalidInput(what, 'the schema does not leave its own output as it is', {
      hint: 'A command is journaled with the output of its schema and validated again later. Convert the value before the call.',
    })
  }
  // A copy, for a schema may give the caller's own object, and what is journaled is frozen when it is decided.
  return { input: JSON.parse(JSON.stringify(cleaned.data)) as PlainData }
}

function mustParse(schema: Schema, what: string, value: unknown): Parsed {
  try {
    return parseWith(schema, value)
  } catch (cause) {
    if (cause instanceof VarveError && cause.code === 'schema_async') throw cause
    // A schema is application code, and may throw whatever it likes.
    throw new VarveError('undecidable', `${what}: its schema threw: ${messageOf(cause)}`, { cause })
  }
}

function invalidInput(what: string, fault: string, notes?: { readonly hint: string }): VarveError {
  return new VarveError('invalid_input', `${what}: ${fault}`, notes)
}
