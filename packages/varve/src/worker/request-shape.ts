/**
 * Whether the arguments of a call have the shape that the contract says: the border takes nothing on trust.
 *
 * It checks what the engine would stumble over, not what it means: whether the stream exists or the input is valid
 * is the model's to say.
 */
import type { Contract } from './contract.ts'

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isNull: Check = (value) => value === null
/** Whether it is data that fits its schema the engine says; what is hostile does not come that far. */
const isHarmless = (value: unknown, depth = 0): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth < depthMax &&
    Object.entries(value).every(([key, part]) => key !== '__proto__' && isHarmless(part, depth + 1)))
const depthMax = 64
const isPort: Check = (value) => typeof MessagePort === 'function' && value instanceof MessagePort

const either =
  (a: Check, b: Check): Check =>
  (value) =>
    a(value) || b(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

const valuesOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check)

/** A plain object that has the `required` keys, perhaps some `optional` ones, and no other. */
const shape =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value) =>
    isRecord(value) &&
    Object.entries(required).every(([key, check]) => Object.hasOwn(value, key) && check(value[key])) &&
    Object.entries(optional).every(([key, check]) => !Object.hasOwn(value, key) || check(value[key])) &&
    Object.keys(value).every((key) => Object.hasOwn(required, key) || Object.hasOwn(optional, key))

const textOrNull = either(isText, isNull)
const dot = shape({ replica: isText, counter: isCount })
const ref = shape({ log: isText, dot }, { seed: isText })
const command = shape({ stream: isText, name: isText }, { input: (value) => isHarmless(value) })
const kindIs =
  (kind: string): Check =>
  (value) =>
    value === kind

const query = [
  shape({ kind: kindIs('stream'), stream: isText }, { past: isText }),
  shape({ kind: kindIs('projection'), name: isText }, { past: isText }),
  shape({ kind: kindIs('status') }),
  shape({ kind: kindIs('inbox') }),
  shape({ kind: kindIs('fates'), awaiting: listOf(ref) }),
  shape({ kind: kindIs('fate'), ref }),
].reduce(either)

const argumentsOf: { readonly [Method in keyof Contract]: readonly Check[] } = {
  open: [
    shape(
      {
        name: isText,
        model: isText,
        logs: valuesOf(isText),
        actor: textOrNull,
        witness: textOrNull,
        aliveLock: isText,
        token: textOrNull,
      },
      { awaitToken: isFlag },
    ),
  ],
  dispatch: [
    shape(
      { commands: listOf(command), now: Number.isFinite, seed: isText },
      { root: isText, correlation: isText },
    ),
    isFlag,
  ],
  subscribe: [query, isPort],
  history: [isText, either(shape({ after: isCount, revision: isCount }), isNull), textOrNull],
  openPast: [either(shape({ log: isText, position: isCount }), shape({ time: Number.isFinite }))],
  closePast: [isText],
  cancel: [ref],
  dismiss: [ref],
  setToken: [textOrNull],
  close: [],
}

/** True if `values` may be passed to `method`. */
export function fitsContract(method: keyof Contract, values: readonly unknown[]): boolean {
  const checks = argumentsOf[method]
  return values.length === checks.length && checks.every((check, i) => check(values[i]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
