/**
 * Loads a part of the program that comes in a file of its own: again and again until it is there, after growing
 * pauses, or at once when the browser says that it is online.
 *
 * A part may be missing for as long as the network is away, or for ever: after an update a server may have only the
 * newer ones. (Browsers that do not follow whatwg/html#10327 yet repeat a failed `import()` without asking the network:
 * there it is the next worker, after a reload, that succeeds.)
 */
import type { SyncPorts } from './ports.ts'

export interface Loading<T> {
  readonly load: () => Promise<T>
  /** Told after each failure, before the pause. */
  readonly onFailure: () => void
  readonly signal: AbortSignal
}

export const loadLimits = { againMs: 1_000, againMaxMs: 60_000 } as const

/** Null if it was aborted first. */
export async function loadPatiently<T>(
  { load, onFailure, signal }: Loading<T>,
  { clock, networkHints, reportError }: Pick<SyncPorts, 'clock' | 'networkHints' | 'reportError'>,
): Promise<T | null> {
  const aborted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)))
  for (let ms: number = loadLimits.againMs; !signal.aborted; ms = Math.min(2 * ms, loadLimits.againMaxMs)) {
    try {
      return await Promise.race([load(), aborted])
    } catch (thrown) {
      // Whatever the browser says: it differs between them.
      reportError(thrown)
      onFailure()
      await pause(ms * (1 - clock.random() / 2))
    }
  }
  return null

  async function pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>()
    const forget = clock.at(clock.now() + ms, over.resolve)
    const stopHints = networkHints((network) => network === 'online' && over.resolve())
    await Promise.race([over.promise, aborted])
    forget()
    stopHints()
  }
}
