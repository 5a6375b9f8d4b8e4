/** When a page repaints: what is watched is shown at most once per frame, for nobody sees more. */

/** Calls back once, at the next frame; returns the way to forget it. */
export type Frame = (callback: () => void) => () => void

/** A hidden page has no frames: then this long at most. */
const hiddenMs = 100

export const defaultFrame: Frame = (callback) => {
  if (typeof requestAnimationFrame !== 'function') {
    let isOver = false
    queueMicrotask(() => isOver || callback())
    return () => {
      isOver = true
    }
  }
  const forget = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const once = (): void => {
    forget()
    callback()
  }
  const frame = requestAnimationFrame(once)
  const timer = setTimeout(once, hiddenMs)
  return forget
}

export interface PerFrame {
  /** Something changed. */
  mark(): void
  stop(): void
}

/** Calls `show` at once for the first change, and at the next frame if there were more since. */
export function perFrame(frame: Frame, show: () => void): PerFrame {
  let forget: (() => void) | null = null
  let isMarked = false

  const showAndWait = (): void => {
    isMarked = false
    forget = frame(() => {
      forget = null
      if (isMarked) showAndWait()
    })
    show()
  }
  return {
    mark() {
      isMarked = true
      if (forget === null) showAndWait()
    },
    stop: () => forget?.(),
  }
}
