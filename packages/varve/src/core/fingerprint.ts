/**
 * Fingerprints: under which key a saved fold may be found again. A fold is taken up again only if everything that made
 * it is the same: name, `version`, the source text of the handlers and upcasters, and the initial value.
 *
 * What a fingerprint cannot see is a changed function or constant that the handlers *import*: count `version` up then.
 * It sees too much where a build renames variables; that costs one fold from the start, never a wrong state.
 */
import { hashOf } from './hash.ts'
import type { Model } from './model.ts'
import type { AnyProjection } from './projection.ts'
import type { AnyStream } from './stream.ts'

/** Shape `cart@1-Zm9vYmFy`. */
export const streamFingerprint = once((stream: AnyStream): string =>
  fingerprint(stream, [upcasterTexts(stream), textsOf(stream.evolve), describe(stream.initial)]),
)

export const projectionFingerprint = once((projection: AnyProjection): string => {
  const made =
    projection.kind === 'value'
      ? describe(projection.initial)
      : [String(projection.key), ...projection.indexes]
  const from = projection.from.map((stream) => [stream.type, upcasterTexts(stream)])
  return fingerprint(projection, [projection.kind, from, textsOf(projection.on), made])
})

/** For the world of one kind of log: changes if any of its streams does. */
export function worldFingerprint(model: Model, logKind: string): string {
  const known = worlds(model)
  const text =
    known.get(logKind) ?? `${logKind}-${shortHash(model.streamsOf(logKind).map(streamFingerprint))}`
  known.set(logKind, text)
  return text
}

const worlds = once((_model: Model) => new Map<string, string>())

/** A definition does not change: each is read once, however often its folds are saved and looked for. */
function once<T extends object, Made>(made: (definition: T) => Made): (definition: T) => Made {
  const known = new WeakMap<T, Made>()
  return (definition) => {
    const found = known.get(definition) ?? made(definition)
    known.set(definition, found)
    return found
  }
}

function fingerprint(named: { readonly type: string } | { readonly name: string }, made: unknown): string {
  const { name, version } =
    'type' in named ? { ...(named as AnyStream), name: named.type } : (named as AnyProjection)
  return `${name}@${version}-${shortHash(made)}`
}

function shortHash(value: unknown): string {
  return hashOf(value).slice(0, 8)
}

function upcasterTexts(stream: AnyStream): unknown {
  return Object.entries(stream.events).map(([name, { versions }]) => [
    name,
    ...versions.map(({ upcast }) => String(upcast)),
  ])
}

function textsOf(handlers: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(handlers).map(([name, handler]) => [name, String(handler)])
}

const textOnly: ReadonlySet<string> = new Set(['bigint', 'undefined', 'function', 'symbol'])

/** A text of a state, which may hold more than JSON can. */
function describe(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map || part instanceof Set) return [...part]
    return textOnly.has(typeof part) ? String(part) : part
  })
}
