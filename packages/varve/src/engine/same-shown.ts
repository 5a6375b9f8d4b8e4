/**
 * Whether a watcher can tell two values apart: the rule by which an update is sent or saved.
 *
 * Parts that folds share are equal by reference, so a comparison costs about what changed. Only plain objects and
 * arrays are looked into; any other two objects (dates, maps) count as different unless they are one.
 */
export function sameShown(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameShown(item, b[i]))
  }
  if (!isPlain(a) || !isPlain(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && sameShown((a as never)[key], (b as never)[key]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
