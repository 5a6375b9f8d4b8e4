/**
 * Who is signed in on this device, and the token that says so to the server. It outlives reloads and lost connections:
 * a device whose token expired offline works on, and gets a new one when the server can be reached again.
 */
import { useSyncExternalStore } from 'react'
import * as v from 'valibot'
import { type User, userOf } from '../model/users.ts'
import { onSessionChange, readSession, type Session, writeSession } from './session-storage.ts'

/** A token this close to its end is replaced. */
const freshMarginMs = 5 * 60 * 1000

const Answer = v.object({ token: v.string(), expiresInMs: v.number() })

const listeners = new Set<() => void>()
let session = await readSession()
/** The token that the store was given last. */
let triedToken: string | null = null

onSessionChange(async () => change(await readSession()))

function change(next: Session | null): void {
  session = next
  for (const listener of listeners) listener()
}

export type SignInFailure = 'unreachable' | 'refused' | 'not_stored'

/** Throws nothing: null when it went well. */
export async function signIn(userId: string): Promise<SignInFailure | null> {
  const answer = await askForToken(userId)
  if (typeof answer === 'string') return answer
  try {
    await writeSession(answer)
  } catch {
    return 'not_stored'
  }
  change(answer)
  return null
}

/** The data of this user stay on the device, in a database of their own that nobody else is shown. */
export async function signOut(): Promise<void> {
  await writeSession(null)
  change(null)
}

/**
 * The token to sync with: a fresh one if there can be one, else the one that is held. Being asked again with a token in
 * hand means that the server did not take it, whatever its date says.
 */
export async function readToken(userId: string): Promise<string | null> {
  if (session?.userId !== userId) return null
  const isTried = session.token === triedToken
  triedToken = session.token
  if (!isTried && session.expiresAt - Date.now() > freshMarginMs) return session.token
  const answer = await askForToken(userId)
  if (typeof answer === 'string') return session?.token ?? null
  if (session?.userId !== userId) return null
  session = answer
  triedToken = answer.token
  // Where it cannot be written the old one stays, and the next visit asks for a fresh one as this did.
  await writeSession(answer).catch(() => undefined)
  return answer.token
}

async function askForToken(userId: string): Promise<Session | SignInFailure> {
  let response: Response
  try {
    response = await fetch('/api/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: userId }),
    })
  } catch {
    // fetch rejects with a TypeError, whatever the reason, when nothing answers.
    return 'unreachable'
  }
  if (response.status >= 500) return 'unreachable'
  const parsed = v.safeParse(Answer, response.ok ? await response.json() : null)
  if (!parsed.success) return 'refused'
  return { userId, token: parsed.output.token, expiresAt: Date.now() + parsed.output.expiresInMs }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useUser(): User | null {
  const userId = useSyncExternalStore(subscribe, () => session?.userId ?? null)
  return userId === null ? null : (userOf(userId) ?? null)
}
