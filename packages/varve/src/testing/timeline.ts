/** Virtual time: callbacks in the order of their time, then of their arrival. Nothing waits for real. */
export interface Timeline {
  now(): number
  at(atMs: number, callback: () => void): void
  /** Runs the next callback; false if there is none before `untilMs`. */
  step(untilMs: number): boolean
}

export function createTimeline(): Timeline {
  const queue: { readonly atMs: number; readonly order: number; readonly callback: () => void }[] = []
  let nowMs = 0
  let order = 0
  return Object.freeze({
    now: () => nowMs,
    at(atMs: number, callback: () => void) {
      order += 1
      const item = { atMs: Math.max(atMs, nowMs), order, callback }
      let low = 0
      for (let high = queue.length; low < high; ) {
        const middle = (low + high) >> 1
        if ((queue[middle] as typeof item).atMs <= item.atMs) low = middle + 1
        else high = middle
      }
      queue.splice(low, 0, item)
    },
    step(untilMs: number) {
      const next = queue[0]
      if (next === undefined || next.atMs > untilMs) {
        nowMs = untilMs
        return false
      }
      queue.shift()
      nowMs = next.atMs
      next.callback()
      return true
    },
  })
}
