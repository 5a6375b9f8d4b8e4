/**
 * Work in the background: takes its steps in turn until none has anything to do, and rests until it is woken. What a step
 * throws (a full disk, say) is told, and all is tried again after a pause.
 */
export interface WorkLoop {
  /** There may be something to do. */
  wake(): void
  isWorking(): boolean
  /** Resolves when there is nothing left to do. */
  settled(): Promise<void>
  /** Begins no step any more, and waits for the one at hand. */
  stop(): Promise<void>
}

/** False: it had nothing to do. */
export type Step = () => Promise<boolean>

const retryMs = 1_000
const retryMsMax = 30_000

export function createWorkLoop(steps: readonly Step[], onError: (error: unknown) => void): WorkLoop {
  /** Counted: who wakes while the last step finds nothing is not overheard. */
  let wakes = 0
  let working: Promise<void> | null = null
  let isStopped = false
  let endPause: () => void = () => {}

  async function work(): Promise<void> {
    let failures = 0
    while (!isStopped) {
      const seen = wakes
      try {
        if (!(await takeSteps()) && wakes === seen) break
        failures = 0
      } catch (error) {
        onError(error)
        failures += 1
        if (!isStopped) await pause(Math.min(retryMs * 2 ** (failures - 1), retryMsMax))
      }
    }
    working = null
  }

  /** In turn, so that none waits for all of another. */
  async function takeSteps(): Promise<boolean> {
    let didSomething = false
    for (const step of steps) {
      if (isStopped) break
      if (await step()) didSomething = true
    }
    return didSomething
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return Object.freeze({
    wake(): void {
      wakes += 1
      if (!isStopped) working ??= work()
    },
    isWorking: () => working !== null,
    async settled(): Promise<void> {
      while (working !== null) await working
    },
    async stop(): Promise<void> {
      isStopped = true
      endPause()
      await working
    },
  })
}
