/** The withdrawn commits that somebody should look at. What the user took back themselves is no news to them. */
import type { InboxNote } from 'varve'
import { useInbox } from 'varve/react'

export function useOpenInbox(): readonly InboxNote[] {
  return useInbox().filter(({ reason }) => reason !== 'cancelled')
}
