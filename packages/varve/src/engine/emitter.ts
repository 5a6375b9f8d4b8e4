/**
 * Tells of values as they come, until it is closed. Nothing is kept for those who come later.
 *
 * What a listener throws is reported and stops neither the others nor whoever tells: what they hear of is done.
 */
export interface Emitter<T> {
  emit(value: T): void
  /** Each call is a listener of its own; returns the way to stop. */
  listen(listener: (value: T) => void): () => void
  /** Nobody hears of anything any more. */
  close(): void
}

export function createEmitter<T>(report: (thrown: unknown) => void): Emitter<T> {
  const listeners = new Set<{ readonly hear: (value: T) => void }>()
  let isClosed = false
  return Object.freeze({
    emit(value: T) {
      // A copy, so that who comes meanwhile hears of the next one only; who stopped meanwhile hears nothing.
      for (const listener of [...listeners]) {
        if (!listeners.has(listener)) continue
        try {
          listener.hear(value)
        } catch (thrown) {
          report(thrown)
        }
      }
    },
    listen(hear: (value: T) => void) {
      const listener = { hear }
      if (!isClosed) listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      isClosed = true
      listeners.clear()
    },
  })
}
