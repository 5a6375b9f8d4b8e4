/** Nobody signed in: the door. Somebody: the shop, on a store of their own. */
import { RouterProvider } from '@tanstack/react-router'
import { useEffect } from 'react'
import { StoreProvider } from 'varve/react'
import { AsOf } from './data/as-of.tsx'
import type { User } from './model/users.ts'
import { UpdateNotice } from './pwa/update-notice.tsx'
import { router } from './router.tsx'
import { CurrentUser } from './session/current-user.tsx'
import { useUser } from './session/session.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { closeStore, storeOf } from './session/store.ts'
import { Toaster } from './ui/toast.tsx'

export function App() {
  const user = useUser()
  return (
    <>
      <UpdateNotice />
      {user === null ? <SignedOut /> : <SignedIn key={user.id} user={user} />}
      <Toaster />
    </>
  )
}

function SignedOut() {
  useEffect(closeStore, [])
  return <SignInPage />
}

function SignedIn({ user }: { readonly user: User }) {
  return (
    <StoreProvider store={storeOf(user.id)}>
      <CurrentUser user={user}>
        <AsOf>
          <RouterProvider router={router} />
        </AsOf>
      </CurrentUser>
    </StoreProvider>
  )
}
