/**
 * Readers for single fields of a message: from `unknown` to a value that is what it says, or a fault that names the
 * place. They throw `WireFault`; only parse.ts catches it, so nothing of varve ever sees it thrown.
 *
 * Every reader gives back a fresh value and never the object that was read, so that a message holds exactly what the
 * protocol names. Plain data (the inside of events and commands) is checked and taken as it is.
 */
import type { Hash } from '../core/hash.ts'
import { type PlainData, plainDataFault, stringFault } from '../core/plain-data.ts'
import { wireLimits } from './messages.ts'

/** Free text for people, such as a refusal's message. */
export const textCharsMax = 4_096
export const tokenCharsMax = 16_384

/** What a message that cannot be taken is refused with. */
export type FaultCode = 'malformed' | 'unsupported_protocol'

export class WireFault extends Error {
  override readonly name = 'WireFault'
  readonly code: FaultCode

  constructor(message: string, code: FaultCode = 'malformed') {
    super(message)
    this.code = code
  }
}

export type Fields = Readonly<Record<string, unknown>>

/** An object of which some keys will be read; others are ignored, so that a newer peer may say more. */
export function readObject(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new WireFault(`${at} is not an object`)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new WireFault(`${at} is not a plain object`)
  return value as Fields
}

/** An object with no other keys than these: what a content hash covers must be known whole. */
export function readExactly(value: unknown, at: string, keys: readonly string[]): Fields {
  const fields = readObject(value, at)
  const other = Object.keys(fields).find((key) => !keys.includes(key))
  if (other !== undefined)
    throw new WireFault(`${at} has a field that is not known: ${JSON.stringify(other.slice(0, 64))}`)
  return fields
}

export function readList<T>(
  value: unknown,
  at: string,
  { max, read }: { readonly max: number; readonly read: (item: unknown, at: string) => T },
): readonly T[] {
  if (!Array.isArray(value)) throw new WireFault(`${at} is not a list`)
  if (value.length > max) throw new WireFault(`${at} has ${value.length} items, of at most ${max}`)
  return Array.from(value as readonly unknown[], (item, index) => read(item, `${at}[${index}]`))
}

/** A whole number from `min` that JSON and IEEE 754 keep exactly. */
export function readInteger(value: unknown, at: string, min = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < min)
    throw new WireFault(`${at} is not a whole number from ${min}`)
  // -0 would come back as 0 from JSON.
  return (value as number) + 0
}

export function readNumber(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new WireFault(`${at} is not a finite number`)
  return value + 0
}

export function readText(value: unknown, at: string, max: number = textCharsMax): string {
  if (typeof value !== 'string') throw new WireFault(`${at} is not a string`)
  if (value.length > max) throw new WireFault(`${at} is longer than ${max}`)
  const fault = stringFault(value, at)
  if (fault !== null) throw new WireFault(fault)
  return value
}

/** The name of a log, a stream, a replica, an epoch …: 1 to nameLengthMax characters. */
export function readName(value: unknown, at: string): string {
  const name = readText(value, at, wireLimits.nameLengthMax)
  if (name === '') throw new WireFault(`${at} is empty`)
  return name
}

export function readNameOrNull(value: unknown, at: string): string | null {
  return value === null ? null : readName(value, at)
}

const base64Url43 = /^[A-Za-z0-9_-]{43}$/

export function readHash(value: unknown, at: string): Hash {
  if (typeof value !== 'string' || !base64Url43.test(value)) throw new WireFault(`${at} is not a hash`)
  return value
}

/** A running hash: empty before the first step. */
export function readRunningHash(value: unknown, at: string): Hash {
  return value === '' ? '' : readHash(value, at)
}

export function readPlainData(value: unknown, at: string): PlainData {
  const fault = plainDataFault(value, at)
  if (fault !== null) throw new WireFault(fault)
  return value as PlainData
}

export function readOneOf<const T extends string>(value: unknown, at: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found === undefined) throw new WireFault(`${at} is none of ${allowed.join(', ')}`)
  return found
}
