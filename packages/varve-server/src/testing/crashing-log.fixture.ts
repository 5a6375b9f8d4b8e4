import type { ServerLog } from '../log-port.ts'

/** A log of which, from the n-th transaction on, none comes to pass: as if the process had died there. */
export function crashing(
  log: ServerLog,
  n: number,
): { readonly log: ServerLog; readonly crashed: Promise<void>; readonly isCrashed: () => boolean } {
  const { promise: crashed, resolve } = Promise.withResolvers<void>()
  let writes = 0
  return {
    crashed,
    isCrashed: () => writes >= n,
    log: {
      ...log,
      write: <T>(fn: Parameters<typeof log.write<T>>[0]) => {
        writes += 1
        if (writes < n) return log.write(fn)
        resolve()
        return log.write<T>(async (tx) => {
          await fn(tx)
          throw new Error('killed')
        })
      },
    },
  }
}
