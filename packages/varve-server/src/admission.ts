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
  /** Who was to be let in is not: its token was not accepted, or it is gone. */
  giveBack(): void
  /** Over how many ms so many clients should spread their return. */
  spreadMs(clients: number): number
}

/** Turns are given at a somewhat slower rate: then those who come in their turn find room, and so do others. */
const share = 0.8
/** Nobody is told to wait for longer, whoever else has asked before. */
const turnMsMax = 180_000

export function createAdmission(
  { admissionsPerSecond: perSecond }: Pick<ServerLimits, 'admissionsPerSecond'>,
  nowMs: () => number,
): Admission {
  const rate = createRateLimit({ perSecond, burst: Math.max(1, perSecond) }, nowMs)
  const apartMs = 1_000 / (perSecond * share)
  let lastTurnMs = nowMs()

  return Object.freeze({
    admit(): number {
      const now = nowMs()
      // Those who were told a turn do not come: strangers, or clients that came sooner.
      if (rate.isFull()) lastTurnMs = now
      if (rate.take() === 0) return 0
      lastTurnMs = Math.min(Math.max(now, lastTurnMs) + apartMs, now + turnMsMax)
      return Math.ceil(lastTurnMs - now)
    },
    giveBack: rate.giveBack,
    spreadMs: (clients: number) => Math.ceil(Math.min(clients * apartMs, turnMsMax)),
  })
}
