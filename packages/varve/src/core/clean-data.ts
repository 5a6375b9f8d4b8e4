/** From what application code hands over to what may be stored. */
import { type PlainData, plainDataFault, plainDataLimits } from './plain-data.ts'

export type Cleaned =
  | { readonly ok: true; readonly data: PlainData }
  | { readonly ok: false; readonly message: string }

/** Drops keys whose value is undefined, as JSON would, and refuses whatever else is not plain data. */
export function cleanData(value: unknown, path: string): Cleaned {
  const data = withoutUndefined(value, 0)
  const message = plainDataFault(data, path)
  return message === null ? { ok: true, data: data as PlainData } : { ok: false, message }
}

/** The same value if there is nothing to drop. -0 becomes 0, as in JSON: else what is folded before and after a reload would differ. What is nested too deep (or in a circle) is left to `plainDataFault`. */
function withoutUndefined(value: unknown, depth: number): unknown {
  if (value === 0) return 0
  if (typeof value !== 'object' || value === null || depth > plainDataLimits.depthMax) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutUndefined(item, depth + 1))
    return items.some((item, i) => !Object.is(item, value[i])) ? items : value
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  let changed = false
  const kept: [string, unknown][] = []
  for (const [key, part] of Object.entries(value)) {
    const cleaned = withoutUndefined(part, depth + 1)
    if (!Object.is(cleaned, part) || cleaned === undefined) changed = true
    if (cleaned !== undefined) kept.push([key, cleaned])
  }
  return changed ? Object.fromEntries(kept) : value
}

/** Equal as plain data, whatever the order of keys. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => sameData(item, b[i]))
    )
  }
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameData((a as never)[key], (b as never)[key]))
  )
}
