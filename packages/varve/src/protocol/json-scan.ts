/**
 * What JSON.parse does not say about a text: how deep it nests, and how many members its objects have as written.
 *
 * A key that stands twice is legal JSON of which JSON.parse keeps the last and others keep the first: two readers of
 * one frame could see two messages. It is found by counting: outside of strings each `:` belongs to one member, so a
 * text with more colons than its parsed value has keys has lost some. One pass, no allocation.
 */
export interface JsonScan {
  readonly members: number
  readonly depth: number
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Of any text; the numbers mean something only if the text is JSON. */
export function scanJson(text: string): JsonScan {
  let members = 0
  let depth = 0
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === quote) i = endOfString(text, i)
    else if (char === colon) members += 1
    else if (char === 0x7b || char === 0x5b) {
      open += 1
      if (open > depth) depth = open
    } else if (char === 0x7d || char === 0x5d) open -= 1
  }
  return { members, depth }
}

/** The keys of all objects in a parsed value. Recursive: ask only where `scanJson` found the depth bearable. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item)
    return members
  }
  for (const key of Object.keys(value)) members += 1 + countMembers((value as Record<string, unknown>)[key])
  return members
}

/** The index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1
    if (escapes % 2 === 0) return end
  }
  return text.length
}
