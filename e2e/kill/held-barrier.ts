/**
 * Stands in for packages/varve/src/log/barrier.ts in the worker of the kill tests. It asks the test whether to go on and
 * waits for the answer without giving anything else a turn: so it may stand inside a transaction, which stays open.
 * A worker that is named after a point asks only there: an answer takes longer than most of what is between two points.
 */
export function barrier(point: string, of?: unknown): void {
  const name = nameOf(point, of)
  if (name === null || (self.name !== '' && self.name !== name)) return
  ask(`/barrier?${encodeURIComponent(name)}`)
}

/** Waits for the test's answer; this thread does nothing else meanwhile. */
export function ask(path: string): void {
  const asking = new XMLHttpRequest()
  asking.open('POST', path, false)
  try {
    asking.send()
  } catch {
    // The test is over.
  }
}

/** Null: nobody is told anything here. */
function nameOf(point: string, of: unknown): string | null {
  if (of === undefined) return point
  if (typeof of === 'string') return `${point}: ${of}`
  // Of the worker's answers those to a dispatch.
  return (of as Answer).value?.value?.dot === undefined ? null : point
}

/** As Comlink wraps it. */
interface Answer {
  readonly value?: { readonly value?: { readonly dot?: unknown } }
}
