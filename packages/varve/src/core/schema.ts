/**
 * The border to schema libraries: any Standard Schema (https://standardschema.dev), synchronous only, since decisions
 * and folds run inside one database transaction.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { VarveError } from './errors.ts'

export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>
export type SchemaInput<S extends StandardSchemaV1> = StandardSchemaV1.InferInput<S>
export type SchemaOutput<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string }

/** Schemas may be functions (ArkType's are), so a schema is known by its property, never by `typeof`. */
export function isSchema(value: object): value is StandardSchemaV1 {
  return '~standard' in value
}

/** Validates `value`; the message of a refusal names each place: `lines[3].sku: …`. May throw what the schema throws. */
export function parseWith(schema: StandardSchemaV1, value: unknown): Parsed {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Its outcome is of no interest, but an unhandled rejection would be.
    result.catch(() => undefined)
    throw new VarveError('schema_async', 'This schema validates asynchronously.', {
      hint: 'Use a synchronous schema; ask the network before a command is dispatched, not while it is decided.',
    })
  }
  if (result.issues === undefined) return { ok: true, value: result.value }
  return { ok: false, message: result.issues.map(issueText).join('; ') }
}

function issueText({ message, path }: StandardSchemaV1.Issue): string {
  let place = ''
  for (const step of path ?? []) {
    const key = typeof step === 'object' ? step.key : step
    place += typeof key === 'number' ? `[${key}]` : place === '' ? String(key) : `.${String(key)}`
  }
  return place === '' ? message : `${place}: ${message}`
}
