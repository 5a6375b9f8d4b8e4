/**
 * Virtual time: one event, then everything that it set off, then the next. A step is a callback and the turn of the
 * event loop after it, in which all promises settle that can; nothing waits for real, so one seed is one run.
 */
export interface Scheduler {
  /** Ms since the run began. */
  now(): number
  /** How many steps were run. */
  steps(): number
  /** Runs the callback at or after `atMs`; returns the way to forget it. Equal times run in the order they were given. */
  at(atMs: number, callback: () => void): () => void
  /** Runs the next event and what follows from it; false if there is none up to `untilMs`. */
  step(untilMs: number): Promise<boolean>
}

interface Event {
  readonly atMs: number
  /** Null once it is forgotten. */
  callback: (() => void) | null
}

/**
 * @param outside null if nothing takes real time; else what tells whether something real (a server's own turns) is not
 * done with the step yet.
 */
export function createScheduler(outside: () => (() => boolean) | null): Scheduler {
  const queue: Event[] = []
  let nowMs = 0
  let steps = 0

  function at(atMs: number, callback: () => void): () => void {
    // Whole, as a browser's clock.
    const event: Event = { atMs: Math.ceil(Math.max(atMs, nowMs)), callback }
    let low = 0
    for (let high = queue.length; low < high; ) {
      const middle = (low + high) >> 1
      if ((queue[middle] as Event).atMs <= event.atMs) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, event)
    return () => {
      event.callback = null
    }
  }

  async function step(untilMs: number): Promise<boolean> {
    for (let event = queue[0]; event !== undefined && event.atMs <= untilMs; event = queue[0]) {
      queue.shift()
      if (event.callback === null) continue
      nowMs = event.atMs
      steps += 1
      event.callback()
      const isBusy = outside()
      if (isBusy === null) await settle()
      else
        do await turn()
        while (isBusy())
      return true
    }
    nowMs = Math.max(nowMs, untilMs)
    return false
  }

  return Object.freeze({ now: () => nowMs, steps: () => steps, at, step })
}

/** Resolves after a turn of the event loop: after all promise reactions that are due, and whatever else is. */
export const turn: () => Promise<void> = immediateTurn() ?? channelTurn()

/**
 * Resolves after all promise reactions that are due, and those that they bring about. Node calls what `nextTick` was
 * given when no reaction is left, and does not look at timers or sockets before: a quarter of the price of a turn.
 */
const settle: () => Promise<void> = tickTurn() ?? turn

/** In Node, whose types a page's build does not know. */
function immediateTurn(): (() => Promise<void>) | null {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  return setImmediate === undefined ? null : () => new Promise((resolve) => setImmediate(resolve))
}

function tickTurn(): (() => Promise<void>) | null {
  const { process } = globalThis as { process?: { nextTick?: (callback: () => void) => void } }
  const nextTick = process?.nextTick
  return nextTick === undefined ? null : () => new Promise((resolve) => nextTick(resolve))
}

/** In a page. */
function channelTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(null)
    })
}
