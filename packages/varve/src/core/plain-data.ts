/**
 * Plain data: what may stand in an event or a command. It is what survives JSON, canonical JSON and structured
 * clone unchanged: no undefined, no NaN or infinity, no lone surrogate or NUL in strings, no dangerous keys, and
 * bounded depth and size. The same check runs before an append and on everything that comes from the wire.
 */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | readonly PlainData[]
  | { readonly [key: string]: PlainData }

export const plainDataLimits = { depthMax: 32, nodesMax: 20_000, keyLengthMax: 256 } as const

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Says why `value` is not plain data, with the path to the place (`data.lines[3].sku: …`), or null if it is.
 * Never throws; stops at the first fault.
 */
export function plainDataFault(value: unknown, path = 'data'): string | null {
  let nodes = 0
  const visit = (node: unknown, at: string, depth: number): string | null => {
    nodes += 1
    if (nodes > plainDataLimits.nodesMax) return `${path}: more than ${plainDataLimits.nodesMax} values`
    if (depth > plainDataLimits.depthMax) return `${at}: nested deeper than ${plainDataLimits.depthMax}`
    if (node === null || typeof node === 'boolean') return null
    if (typeof node === 'number')
      return Number.isFinite(node) ? null : `${at}: ${node} is not a finite number`
    if (typeof node === 'string') return stringFault(node, at)
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) {
        const fault = visit(node[i], `${at}[${i}]`, depth + 1)
        if (fault !== null) return fault
      }
      return null
    }
    if (typeof node !== 'object') return `${at}: ${typeof node} is not plain data`
    const prototype: unknown = Object.getPrototypeOf(node)
    if (prototype !== Object.prototype && prototype !== null) return `${at}: only plain objects are data`
    for (const key of Object.keys(node)) {
      const fault =
        (forbiddenKeys.has(key) ? `${at}: the key ${key} is not allowed` : null) ??
        (key.length > plainDataLimits.keyLengthMax
          ? `${at}: a key is longer than ${plainDataLimits.keyLengthMax}`
          : null) ??
        stringFault(key, at) ??
        visit((node as Record<string, unknown>)[key], `${at}.${key}`, depth + 1)
      if (fault !== null) return fault
    }
    return null
  }
  return visit(value, path, 0)
}

/** Why a string may not be stored, or null. */
export function stringFault(text: string, at: string): string | null {
  if (text.includes('\0')) return `${at}: a string holds a NUL character`
  return text.isWellFormed() ? null : `${at}: a string holds a lone surrogate`
}

/** The length of a name on the wire, in UTF-16 units. */
export const nameLengthMax = 256

/** Why a value may not name a log, an author or the like, or null: 1 to 256 characters, well formed, no NUL. */
export function nameFault(value: unknown, at: string): string | null {
  if (typeof value !== 'string') return `${at}: not a text`
  if (value.length === 0) return `${at}: empty`
  return value.length > nameLengthMax ? `${at}: longer than ${nameLengthMax}` : stringFault(value, at)
}
