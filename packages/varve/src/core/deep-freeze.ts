/**
 * Freezes plain objects and arrays all the way down. What is frozen already is skipped with all below it: a new state
 * shares most of its parts with the old one, so the cost is that of the change.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) {
    Object.freeze(value)
    for (const item of value) deepFreeze(item)
    return value
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  // A Map, a Date or a typed array would not be protected, or would throw.
  if (prototype !== Object.prototype && prototype !== null) return value
  Object.freeze(value)
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key])
  return value
}
