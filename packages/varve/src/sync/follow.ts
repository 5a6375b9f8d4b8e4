/**
 * The status of a tab that does not lead: what the leader says, as long as it says something. A leader that is
 * silent for too long may be frozen or dying: then the honest word is "connecting", or "offline" in a tab that could
 * not take over.
 */
import type { SyncPort, SyncReport } from '../engine/sync-port.ts'
import type { SyncPorts, TabChannel } from './ports.ts'

export const reportEveryMs = 4_000
const leaderSilentMs = 10_000

export interface Follower {
  heard(report: SyncReport): void
  /** What is so as long as no leader is heard; "connecting" at first. */
  expect(phase: 'connecting' | 'offline'): void
  /** This tab leads, or stops. */
  pause(): void
  resume(): void
}

export function followLeader(engine: SyncPort, channel: TabChannel, { clock }: SyncPorts): Follower {
  let unheard: SyncReport = { phase: 'connecting', problem: null, heads: [] }
  let forget: () => void = () => {}
  let isFollowing = false
  let isHeard = false

  function resume(): void {
    isFollowing = true
    hearNothing()
    channel.post({ type: 'ask' })
  }

  function hearNothing(): void {
    isHeard = false
    engine.report(unheard)
  }

  resume()
  return Object.freeze({
    heard(report: SyncReport): void {
      if (!isFollowing) return
      isHeard = true
      engine.report(report)
      forget()
      forget = clock.at(clock.now() + leaderSilentMs, hearNothing)
    },
    expect(phase: 'connecting' | 'offline'): void {
      if (phase === unheard.phase) return
      unheard = { ...unheard, phase }
      if (isFollowing && !isHeard) engine.report(unheard)
    },
    pause(): void {
      isFollowing = false
      forget()
    },
    resume,
  })
}
