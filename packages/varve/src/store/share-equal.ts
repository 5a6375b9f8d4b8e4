/**
 * Gives a new value the identity of the old one wherever both are equal. What crosses the worker border is a copy each
 * time, and what was folded anew is another object: without this, everything on the screen would seem changed.
 *
 * Only plain objects and arrays are compared; anything else (a Map, a Date) counts as changed.
 */

/** Deeper than this, what is new is taken as it is; a circle ends here too. */
const depthMax = 64

export function shareEqual<T>(old: unknown, next: T, depth = 0): T {
  if (Object.is(old, next)) return next
  if (typeof old !== 'object' || typeof next !== 'object' || old === null || next === null) return next
  if (depth > depthMax) return next
  if (Array.isArray(old) && Array.isArray(next)) return shareItems(old, next, depth) as T
  return isPlainObject(old) && isPlainObject(next) ? (shareParts(old, next, depth) as T) : next
}

function shareItems(old: readonly unknown[], next: readonly unknown[], depth: number): readonly unknown[] {
  const items = next.map((item, i) => shareEqual(old[i], item, depth + 1))
  if (old.length === next.length && items.every((item, i) => Object.is(item, old[i]))) return old
  return items.every((item, i) => Object.is(item, next[i])) ? next : items
}

type Parts = Readonly<Record<string, unknown>>

function shareParts(old: Parts, next: Parts, depth: number): Parts {
  const keys = Object.keys(next)
  const parts = keys.map((key) =>
    Object.hasOwn(old, key) ? shareEqual(old[key], next[key], depth + 1) : next[key],
  )
  const isOld =
    keys.length === Object.keys(old).length &&
    keys.every((key, i) => Object.hasOwn(old, key) && Object.is(parts[i], old[key]))
  if (isOld) return old
  return keys.every((key, i) => Object.is(parts[i], next[key]))
    ? next
    : Object.fromEntries(keys.map((key, i) => [key, parts[i]]))
}

function isPlainObject(value: object): value is Parts {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
