/**
 * Keeps a store signed in: asks `auth` when it opens and whenever the server does not take the token, at most once per
 * half minute and less and less often. What cannot be solved so is the user's turn: `onTurn(true)`.
 *
 * `auth` may be slow or fail, for it may need the network: opening never waits for it longer than `patienceMs`.
 */

/** Gives a token, or null when signed out; told whether the store opens or the server refused the token before. */
export type Auth = (asked: AuthAsked) => string | null | Promise<string | null>

export interface AuthAsked {
  readonly reason: 'open' | 'refused'
}

export interface SignIn {
  /** The server says that it takes, or does not take, the token. */
  hear(isRefused: boolean): void
  stop(): void
}

export const signInLimits = { patienceMs: 3_000, againMs: 30_000, againMaxMs: 600_000 } as const

export interface SignInPorts {
  readonly setToken: (token: string | null) => void
  readonly onTurn: (isUsers: boolean) => void
}

export function keepSignedIn(auth: Auth, { setToken, onTurn }: SignInPorts): SignIn {
  let isRefused = false
  let isAsking = false
  let waitMs = 0
  let timer: ReturnType<typeof setTimeout> | null = null

  const ask = async (): Promise<void> => {
    timer = null
    if (isAsking) return
    isAsking = true
    const token = await askOnce(auth)
    isAsking = false
    if (!isRefused) return
    if (token === null) onTurn(true)
    else setToken(token)
    waitMs = Math.min(Math.max(signInLimits.againMs, waitMs * 2), signInLimits.againMaxMs)
    timer = setTimeout(retry, waitMs)
  }
  const retry = (): void => {
    timer = null
    if (!isRefused) {
      waitMs = 0
      return
    }
    // A fresh token has not helped either.
    onTurn(true)
    ask()
  }

  return Object.freeze({
    hear(next: boolean) {
      if (next === isRefused) return
      isRefused = next
      if (next && timer === null) ask()
      if (!next) onTurn(false)
    },
    stop() {
      isRefused = false
      if (timer !== null) clearTimeout(timer)
    },
  })
}

export type FirstToken = { readonly token: string | null; readonly later: Promise<string | null> | null }

/** The token to open with, or the promise of one that comes later. */
export function firstToken(auth: Auth | null): FirstToken {
  if (auth === null) return { token: null, later: null }
  const asked = askNow(auth, 'open')
  if (!(asked instanceof Promise)) return { token: asked, later: null }
  return { token: null, later: asked }
}

/** Null once patience is over. */
export function withPatience(later: Promise<string | null>): Promise<string | null> {
  return Promise.race([
    later,
    new Promise<null>((resolve) => setTimeout(() => resolve(null), signInLimits.patienceMs)),
  ])
}

async function askOnce(auth: Auth): Promise<string | null> {
  return askNow(auth, 'refused')
}

/** What `auth` throws is taken as "no token": it is the application's, and it is asked again. */
function askNow(auth: Auth, reason: AuthAsked['reason']): string | null | Promise<string | null> {
  try {
    const asked = auth({ reason })
    return asked instanceof Promise ? asked.catch(() => null) : asked
  } catch {
    return null
  }
}
