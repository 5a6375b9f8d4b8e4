/** A token bucket: so many messages per second, and a burst. */
import type { ServerLimits } from './limits.ts'

export interface RateLimit {
  /** 0 if a message may be handled, else after how many ms one may be. */
  take(): number
}

export function createRateLimit(
  { messagesPerSecond, messagesBurst }: Pick<ServerLimits, 'messagesPerSecond' | 'messagesBurst'>,
  nowMs: () => number,
): RateLimit {
  let tokens = messagesBurst
  let filledAtMs = nowMs()
  return Object.freeze({
    take(): number {
      const now = nowMs()
      tokens = Math.min(messagesBurst, tokens + ((now - filledAtMs) / 1_000) * messagesPerSecond)
      filledAtMs = now
      if (tokens < 1) return Math.ceil(((1 - tokens) / messagesPerSecond) * 1_000)
      tokens -= 1
      return 0
    },
  })
}
