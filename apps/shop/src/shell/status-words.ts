/** What the chip says: the store's status in words. It claims nothing that the store does not know. */
import type { Stalled, StoreStatus } from 'varve'
import type { Tone } from '../ui/badge.tsx'
import { formatTime } from '../ui/time.ts'

export interface StatusWords {
  /** For a narrow screen; the first words of `text`, or a shorter way to say it. */
  readonly short: string
  readonly text: string
  readonly tone: Tone
  readonly explanation: string
}

type Told = Pick<StoreStatus, 'phase' | 'pending' | 'problem'> & Partial<Pick<StoreStatus, 'stalled'>>

export function statusWords({ phase, pending, problem, stalled = null }: Told): StatusWords {
  const waiting = pending === 1 ? '1 change is waiting' : `${pending} changes are waiting`
  switch (phase) {
    case 'local':
      return {
        short: 'Saved',
        text: 'Saved on this device',
        tone: 'plain',
        explanation: 'This shop runs without a server. Everything stays on this device.',
      }
    case 'offline':
      return {
        short: 'Offline',
        text: 'Offline · saved on this device',
        tone: 'warn',
        explanation:
          pending === 0
            ? 'Nothing is waiting to be sent. Go on as usual: what you do is saved here and sent later.'
            : `${waiting} on this device and will be sent when the shop can be reached. You can close this page.`,
      }
    case 'connecting':
      return {
        short: 'Connecting',
        text: 'Connecting…',
        tone: 'plain',
        explanation:
          pending === 0 ? 'Looking for the shop.' : `Looking for the shop. ${waiting} on this device.`,
      }
    case 'syncing':
      if (stalled !== null) {
        return {
          short: 'Stuck',
          text: `Stuck · ${pending} not confirmed`,
          tone: 'warn',
          explanation: `${waiting} on this device. The shop can be reached, but this does not get on.`,
        }
      }
      return {
        short: 'Syncing',
        text: pending === 0 ? 'Syncing…' : `Syncing · sending ${pending}`,
        tone: 'accent',
        explanation: pending === 0 ? 'Getting what is new.' : `${waiting} to be confirmed by the shop.`,
      }
    case 'synced':
      return {
        short: 'All saved',
        text: 'All saved',
        tone: 'good',
        explanation: 'Everything you did has arrived, and everything new is here.',
      }
    case 'halted':
      return {
        short: 'Stopped',
        text: 'Stopped · needs you',
        tone: 'bad',
        explanation: problem === null ? 'Everything is saved on this device.' : problem.message,
      }
  }
}

/** The store under this page is gone or was set back: what it counts as pending is not kept and sent any more. */
export function mayBeLost({ problem }: Pick<StoreStatus, 'problem'>): boolean {
  return problem?.code === 'store_gone' || problem?.code === 'store_rolled_back'
}

/** What is stuck, since when, and what is known of the reason. */
export function stalledText({ since, why }: Stalled, wish: string, now = Date.now()): string {
  const what = `${wish}: no progress since ${formatTime(since, now)}.`
  switch (why) {
    case 'no_answer':
      return `${what} The shop does not answer to it.`
    case 'no_entry':
      return `${what} The shop has it, but does not send it back.`
    default:
      return `${what} The shop says: not now (${why}).`
  }
}
