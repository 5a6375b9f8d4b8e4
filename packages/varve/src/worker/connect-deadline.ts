/**
 * A deadline that a sleeping page does not miss by itself: when the timer comes much too late, the page was frozen or
 * the device slept, and the answer may be right behind it; then it waits once more, and only once.
 */

const lateMs = 2_000

/** Calls `expire` once after `ms`; returns the way to call it off. */
export function startDeadline(ms: number, expire: () => void): () => void {
  const start = Date.now()
  let timer = setTimeout(() => {
    if (Date.now() - start < ms + lateMs) expire()
    else timer = setTimeout(expire, ms)
  }, ms)
  return () => clearTimeout(timer)
}
