/** The time of day as a machine believes it: it may be set, and it may stand still while all else goes on. */
import type { Scheduler } from './scheduler.ts'

export interface WallClock {
  /** Ms since 1970. */
  now(): number
  jump(byMs: number): void
  stand(): void
  /** @param catchesUp shows what it would show had it not stood; else it goes on from where it stands */
  goOn(catchesUp: boolean): void
}

export function createWallClock({ now }: Pick<Scheduler, 'now'>, startMs: number): WallClock {
  let aheadMs = startMs
  let stoodAtMs: number | null = null
  const shown = (): number => stoodAtMs ?? aheadMs + now()
  return Object.freeze({
    now: () => Math.max(0, shown()),
    jump(byMs: number) {
      aheadMs += byMs
      if (stoodAtMs !== null) stoodAtMs += byMs
    },
    stand() {
      stoodAtMs = shown()
    },
    goOn(catchesUp: boolean) {
      if (!catchesUp) aheadMs = shown() - now()
      stoodAtMs = null
    },
  })
}
