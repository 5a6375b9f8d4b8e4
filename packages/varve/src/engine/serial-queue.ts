/**
 * One after the other: every change of the engine's state runs as a job of one queue, so that nothing is ever decided
 * on a state of which half is old. A job that fails fails its caller and nobody else.
 */
export interface SerialQueue {
  /** Runs the job when all earlier ones have settled. A job must not wait for another job of its own queue. */
  run<T>(job: () => Promise<T>): Promise<T>
}

export function serialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve()
  return Object.freeze({
    run<T>(job: () => Promise<T>): Promise<T> {
      const result = last.then(job)
      last = result.catch(() => undefined)
      return result
    },
  })
}
