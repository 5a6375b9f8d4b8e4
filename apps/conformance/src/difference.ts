/** Whether two values are equal as test runners mean it, and if not, where they first differ. */

/**
 * A sentence that names the first place where `actual` is not `expected`, or null. A property that is undefined equals
 * one that is missing; errors are equal if they are the same kind with the same message.
 */
export function differenceOf(actual: unknown, expected: unknown, path = 'It'): string | null {
  if (Object.is(actual, expected)) return null
  const differs = `${path} is ${textOf(actual)}, not ${textOf(expected)}.`
  if (!isObject(actual) || !isObject(expected) || kindOf(actual) !== kindOf(expected)) return differs
  if (actual instanceof Error)
    return actual.message === (expected as unknown as Error).message ? null : differs
  if (actual instanceof Date) return Object.is(+actual, +(expected as unknown as Date)) ? null : differs
  if (actual instanceof Set)
    return differenceOf([...actual], [...(expected as unknown as Set<unknown>)], path)
  if (actual instanceof Map) {
    return differenceOf([...actual], [...(expected as unknown as Map<unknown, unknown>)], path)
  }
  if (Array.isArray(actual) && actual.length !== (expected as unknown as unknown[]).length) return differs
  for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const difference = differenceOf(actual[key], expected[key], `${path}.${key}`)
    if (difference !== null) return difference
  }
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** `[object Array]`; null objects and plain ones are of one kind. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value)
}

const textLengthMax = 400

function textOf(value: unknown): string {
  const text =
    value instanceof Error
      ? String(value)
      : (JSON.stringify(value, plain) ?? String(value)).slice(0, textLengthMax)
  return text.length === textLengthMax ? `${text}…` : text
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value]
  return typeof value === 'bigint' ? String(value) : value
}
