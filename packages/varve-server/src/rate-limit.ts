/** A token bucket: so many per second, and a burst. */

export interface RateLimit {
  /** 0 if one may be taken, else after how many ms. */
  take(): number
  /** One that was taken was not used. */
  giveBack(): void
  isFull(): boolean
}

export function createRateLimit(
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  nowMs: () => number,
): RateLimit {
  let tokens = burst
  let filledAtMs = nowMs()

  function fill(): void {
    const now = nowMs()
    tokens = Math.min(burst, tokens + ((now - filledAtMs) / 1_000) * perSecond)
    filledAtMs = now
  }

  return Object.freeze({
    take(): number {
      fill()
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1_000)
      tokens -= 1
      return 0
    },
    giveBack(): void {
      tokens = Math.min(burst, tokens + 1)
    },
    isFull(): boolean {
      fill()
      return tokens === burst
    },
  })
}
