/**
 * Stands in for packages/varve/src/log/barrier.ts in the worker of the kill tests. It asks the test whether to go on and
 * waits for the answer without giving anything else a turn: so it may stand inside a transaction, which stays open.
 */
export function barrier(point: string, of?: unknown): void {
  const name = nameOf(point, of)
  if (name === null) return
  const asking = new XMLHttpRequest()
  asking.open('POST', `/barrier?${encodeURIComponent(name)}`, false)
  try {
    asking.send()
  } catch {
    // The test is over.
  }
}

/** Null: nothing is written here. */
function nameOf(point: string, of: unknown): string | null {
  if (of === undefined) return point
  if (Array.isArray(of)) {
    const [mode, tables] = Array.isArray(of[1]) ? (of as [string, string[]]) : ['rw', of as string[]]
    return mode === 'rw' ? `${point}: ${tables.join(' ')}` : null
  }
  const { message, value } = of as Message
  if (message !== undefined) return `${point}: ${message.type}`
  // Of the worker's answers those to a dispatch.
  return value?.value?.dot === undefined ? null : point
}

interface Message {
  /** Of the wire. */
  readonly message?: { readonly type: string }
  /** Of Comlink. */
  readonly value?: { readonly value?: { readonly dot?: unknown } }
}
