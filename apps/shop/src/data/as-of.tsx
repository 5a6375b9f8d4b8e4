/**
 * When this device last knew for certain what the server knew. Stock is advice: it says how old it is unless it is of
 * this minute.
 */
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { useSync } from 'varve/react'
import { useCurrentUser } from '../session/current-user.tsx'

const rememberEveryMs = 30_000
const Context = createContext<number | null>(null)

/** In ms since 1970; 0 if it never was up to date. */
export function readLastSynced(userId: string): number {
  return Number(localStorage.getItem(keyOf(userId)))
}

function keyOf(userId: string): string {
  return `varve-shop.synced.${userId}`
}

export function AsOf({ children }: { readonly children: ReactNode }) {
  const { phase } = useSync()
  const { id } = useCurrentUser()
  const [seen, setSeen] = useState(() => readLastSynced(id))
  const isSynced = phase === 'synced'
  useEffect(() => {
    if (!isSynced) return
    const remember = () => {
      localStorage.setItem(keyOf(id), String(Date.now()))
      setSeen(Date.now())
    }
    remember()
    const timer = setInterval(remember, rememberEveryMs)
    return () => clearInterval(timer)
  }, [isSynced, id])
  // While something is on its way, what is shown is of this minute all the same.
  const isFresh = isSynced || phase === 'syncing'
  return <Context value={isFresh || seen === 0 ? null : seen}>{children}</Context>
}

/** Null while the device is up to date, or when it never was. */
export function useAsOf(): number | null {
  return useContext(Context)
}
