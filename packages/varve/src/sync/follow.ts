/**
 * The status of a tab that does not lead: what the leader says, as long as it says something. A leader that is
 * silent for too long may be frozen or dying: then the honest word is "connecting".
 */
import type { SyncPort, SyncReport } from '../engine/sync-port.ts'
import type { SyncPorts, TabChannel } from './ports.ts'

export const reportEveryMs = 4_000
const leaderSilentMs = 10_000

export interface Follower {
  heard(report: SyncReport): void
  /** This tab leads, or stops. */
  pause(): void
  resume(): void
}

export function followLeader(engine: SyncPort, channel: TabChannel, { clock }: SyncPorts): Follower {
  const unknown: SyncReport = { phase: 'connecting', problem: null, heads: [] }
  let forget: () => void = () => {}
  let isFollowing = false

  function resume(): void {
    isFollowing = true
    engine.report(unknown)
    channel.post({ type: 'ask' })
  }

  resume()
  return Object.freeze({
    heard(report: SyncReport): void {
      if (!isFollowing) return
      engine.report(report)
      forget()
      forget = clock.at(clock.now() + leaderSilentMs, () => engine.report(unknown))
    },
    pause(): void {
      isFollowing = false
      forget()
    },
    resume,
  })
}
