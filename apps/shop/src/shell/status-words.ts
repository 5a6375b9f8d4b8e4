/** What the chip says: the store's status in words. It claims nothing that the store does not know. */
import type { StoreStatus } from 'varve'
import type { Tone } from '../ui/badge.tsx'

export interface StatusWords {
  /** For a narrow screen; the first words of `text`, or a shorter way to say it. */
  readonly short: string
  readonly text: string
  readonly tone: Tone
  readonly explanation: string
}

type Told = Pick<StoreStatus, 'phase' | 'pending' | 'problem'>

export function statusWords({ phase, pending, problem }: Told): StatusWords {
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
