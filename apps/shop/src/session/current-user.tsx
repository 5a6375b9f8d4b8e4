/** Who the pages below are for. */
import { createContext, type ReactNode, useContext } from 'react'
import type { User } from '../model/users.ts'

const Context = createContext<User | null>(null)

export function CurrentUser({ user, children }: { readonly user: User; readonly children: ReactNode }) {
  return <Context value={user}>{children}</Context>
}

export function useCurrentUser(): User {
  const user = useContext(Context)
  if (user === null) throw new Error('Nobody is signed in here.')
  return user
}
