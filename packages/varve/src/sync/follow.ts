/**
 * The status of a tab that does not lead: what the leader says, as long as it says something.
 *
 * A leader beats as long as its event loop runs. Silence is counted in looks of this tab, not in time: a tab that was
 * stalled itself wakes with one late look, not with a minute of silence, and hears what was said meanwhile before it
 * has looked often enough. A leader that is silent for too long is frozen: whoever can takes over; until then the
 * honest word is "connecting", or "offline" in a tab that cannot.
 */
import type { Problem } from '../core/query.ts'
import type { SyncPort, SyncReport } from '../engine/sync-port.ts'
import type { SyncPorts, TabChannel } from './ports.ts'

export const beatEveryMs = 1_000
const lookEveryMs = 500
/** More looks than these without a word, and the leader is silent: 5 to 6 s. */
const silentLooksMax = 10

export interface Follower {
  /** The leader lives; null: it has nothing to report yet. */
  heard(report: SyncReport | null): void
  /** What is so as long as no leader is heard, and why; "connecting" at first. Why is forgotten when one is heard. */
  expect(phase: 'connecting' | 'offline', problem?: Problem | null): void
  /** This tab leads, or stops. */
  pause(): void
  resume(): void
}

export interface FollowOptions {
  readonly channel: TabChannel
  /** 1, or more for a tab that takes longer to call a leader silent. */
  readonly getPatience: () => number
  /** The leader is silent; told again for as long as it is. */
  readonly onSilence: () => void
}

export function followLeader(
  engine: SyncPort,
  { channel, getPatience, onSilence }: FollowOptions,
  { clock }: SyncPorts,
): Follower {
  let phase: SyncReport['phase'] = 'connecting'
  let problem: Problem | null = null
  let forget: () => void = () => {}
  let isFollowing = false
  let isHeard = false
  let silentLooks = 0

  function resume(): void {
    isFollowing = true
    silentLooks = 0
    hearNothing()
    channel.post({ type: 'ask' })
    lookLater()
  }

  function hearNothing(): void {
    isHeard = false
    engine.report({ phase, problem, heads: [] })
  }

  /** Not all tabs at the same moment: one of them will lead. */
  function lookLater(): void {
    forget = clock.at(clock.now() + lookEveryMs * (1 + clock.random() / 10), look)
  }

  function look(): void {
    silentLooks += 1
    lookLater()
    if (silentLooks <= silentLooksMax * getPatience()) return
    silentLooks = 0
    hearNothing()
    onSilence()
  }

  resume()
  return Object.freeze({
    heard(report: SyncReport | null): void {
      if (!isFollowing) return
      silentLooks = 0
      if (report === null) return
      isHeard = true
      problem = null
      engine.report(report)
    },
    expect(nextPhase: 'connecting' | 'offline', why: Problem | null = null): void {
      phase = nextPhase
      problem = why
      if (isFollowing && !isHeard) hearNothing()
    },
    pause(): void {
      isFollowing = false
      forget()
    },
    resume,
  })
}
