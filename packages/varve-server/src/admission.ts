/**
 * How many are let in per second: a hundred thousand clients whose server was away come back at once, and each costs a
 * question to `authorize` and its first pages. Who comes too soon is given a turn of its own to come back at, so that
 * they come one after the other and nobody is turned away for ever.
 */
import type { ServerLimits } from './limits.ts'
import { createRateLimit } from './rate-limit.ts'

export interface Admission {
  /** 0 if one more may be let in, else after how many ms its turn is. */
  admit(): number
  /** Over how many ms so many clients should spread their return. */
  spreadMs(clients: number): number
}

/** Turns are given at a somewhat slower rate: then those who come in their turn find room, and so do others. */
const share = 0.8
/** Who is told to wait longer would be forgotten anyway. */
const turnMsMax = 3_600_000

export function createAdmission(
  { admissionsPerSecond }: Pick<ServerLimits, 'admissionsPerSecond'>,
  nowMs: () => number,
): Admission {
  const rate = createRateLimit(
    { perSecond: admissionsPerSecond, burst: Math.max(1, admissionsPerSecond) },
    nowMs,
  )
  const apartMs = 1_000 / (admissionsPerSecond * share)
  let lastTurnMs = nowMs()

  return Object.freeze({
    admit(): number {
      const waitMs = rate.take()
      if (waitMs === 0) return 0
      const now = nowMs()
      lastTurnMs = Math.max(now + waitMs, lastTurnMs) + apartMs
      return Math.ceil(Math.min(lastTurnMs - now, turnMsMax))
    },
    spreadMs: (clients: number) => Math.ceil(clients * apartMs),
  })
}
