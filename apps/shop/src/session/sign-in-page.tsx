/** Who are you? A demo: nobody is asked for a password. */
import { ArrowRight, WifiOff } from 'lucide-react'
import { useState } from 'react'
import { users } from '../model/users.ts'
import { Logo } from '../ui/logo.tsx'
import { useTitle } from '../ui/page.tsx'
import { type SignInFailure, signIn } from './session.ts'
import { SignInArt } from './sign-in-art.tsx'

const about: Readonly<Record<string, string>> = {
  ann: 'Customer, buys for her kitchen',
  ben: 'Customer, likes the same things',
  sam: 'Staff, keeps prices and stock',
}

const failures: Record<SignInFailure, string> = {
  unreachable: 'The shop cannot be reached. Signing in needs a connection; everything after that does not.',
  refused: 'The shop did not let this person in.',
  not_stored: 'This browser cannot store anything for the shop. Free some space, or leave private browsing.',
}

export function SignInPage() {
  useTitle('Sign in')
  const [busy, setBusy] = useState<string | null>(null)
  const [failure, setFailure] = useState<SignInFailure | null>(null)
  const choose = async (userId: string) => {
    setBusy(userId)
    setFailure(null)
    setFailure(await signIn(userId))
    setBusy(null)
  }
  return (
    <div className="mx-auto grid min-h-dvh max-w-6xl items-center gap-10 px-5 py-8 md:grid-cols-2 md:px-8">
      <main className="mx-auto w-full max-w-md">
        <Logo />
        <h1 className="mt-10 text-4xl md:text-5xl">Everyday things, made to last.</h1>
        <p className="mt-4 text-lg text-muted">
          A shop that works on the train, in the cellar and on a mountain. What you do is kept on this device
          and sent when there is a connection.
        </p>
        <h2 className="mt-10 mb-3 font-sans font-semibold text-base">Who is shopping?</h2>
        <ul className="grid gap-2.5">
          {users.map((user) => (
            <li key={user.id}>
              <button
                type="button"
                disabled={busy !== null}
                onClick={() => choose(user.id)}
                className="group flex w-full items-center gap-4 rounded-2xl border border-line bg-surface p-3.5 text-left transition-colors enabled:hover:border-accent disabled:opacity-60"
              >
                <span
                  aria-hidden="true"
                  className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft font-display font-semibold text-accent text-lg"
                >
                  {user.name[0]}
                </span>
                <span className="mr-auto">
                  <span className="block font-semibold">{user.name}</span>
                  <span className="block text-muted text-sm">{about[user.id]}</span>
                </span>
                <ArrowRight
                  className="size-5 text-muted transition-transform motion-safe:group-enabled:group-hover:translate-x-1"
                  aria-hidden="true"
                />
              </button>
            </li>
          ))}
        </ul>
        <p role="status" className="mt-4 flex min-h-12 gap-2.5 text-sm text-warn">
          {failure !== null && (
            <>
              <WifiOff className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
              {failures[failure]}
            </>
          )}
        </p>
      </main>
      <SignInArt />
    </div>
  )
}
