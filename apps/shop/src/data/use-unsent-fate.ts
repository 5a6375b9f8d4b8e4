/** How it stands with the last thing that was done to one of the customer's streams and is not in the log; else null. */
import type { FateNowOf, PendingNote } from 'varve'
import { useFate } from 'varve/react'
import { customerLog } from '../model/shop.ts'
import { useCurrentUser } from '../session/current-user.tsx'

export function useUnsentFate(pending: readonly PendingNote[]): FateNowOf | null {
  const user = useCurrentUser()
  const last = pending.at(-1)
  return useFate(last === undefined ? null : { log: customerLog(user.id), dot: last.dot })
}
