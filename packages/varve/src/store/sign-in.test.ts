import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Auth, firstToken, keepSignedIn, withPatience } from './sign-in.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function signedIn(auth: () => string | null | Promise<string | null>) {
  const tokens: (string | null)[] = []
  const turns: boolean[] = []
  let asked = 0
  const signIn = keepSignedIn(
    () => {
      asked += 1
      return auth()
    },
    { setToken: (token) => tokens.push(token), onTurn: (isUsers) => turns.push(isUsers) },
  )
  return { signIn, tokens, turns, getAsked: () => asked }
}

describe('staying signed in', () => {
  it('S24 a token that is refused is replaced at once by what auth gives', async () => {
    const { signIn, tokens, turns } = signedIn(async () => 'fresh')
    signIn.hear(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(tokens).toEqual(['fresh'])
    signIn.hear(false)
    expect(turns).toEqual([false])
  })

  it('S24 auth is told whether the store opens or its token was refused', async () => {
    const reasons: string[] = []
    const auth: Auth = ({ reason }) => {
      reasons.push(reason)
      return null
    }
    firstToken(auth)
    const signIn = keepSignedIn(auth, { setToken: () => undefined, onTurn: () => undefined })
    signIn.hear(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(reasons).toEqual(['open', 'refused'])
    signIn.stop()
  })

  it('S24 auth is asked at most once per 30 s, and less and less often', async () => {
    const { signIn, turns, getAsked } = signedIn(() => 'bad')
    signIn.hear(true)
    await vi.advanceTimersByTimeAsync(29_000)
    for (let n = 0; n < 100; n++) signIn.hear(true)
    expect(getAsked()).toBe(1)
    expect(turns).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(getAsked()).toBe(2)
    expect(turns).toEqual([true])
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(getAsked()).toBeLessThan(12)
    signIn.stop()
  })

  it('S24 a token that is refused on and off does not make auth be asked more often', async () => {
    const { signIn, getAsked } = signedIn(() => 'flickering')
    for (let n = 0; n < 100; n++) {
      signIn.hear(true)
      await vi.advanceTimersByTimeAsync(100)
      signIn.hear(false)
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(getAsked()).toBe(1)
    signIn.stop()
  })

  it('S24 a token that expires again much later is replaced at once again', async () => {
    const { signIn, tokens, turns } = signedIn(() => 'fresh')
    for (let day = 1; day <= 3; day++) {
      signIn.hear(true)
      await vi.advanceTimersByTimeAsync(0)
      expect(tokens).toHaveLength(day)
      signIn.hear(false)
      await vi.advanceTimersByTimeAsync(86_400_000)
    }
    expect(turns).not.toContain(true)
  })

  it('S24 no token, or an auth that throws, makes it the turn of the user', async () => {
    const none = signedIn(() => null)
    none.signIn.hear(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(none.turns).toEqual([true])
    const broken = signedIn(() => Promise.reject(new Error('no network')))
    broken.signIn.hear(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(broken.turns).toEqual([true])
    expect(broken.tokens).toEqual([])
  })
})

describe('the first token', () => {
  it('S25 opening does not wait for a slow auth, nor fail with one that throws', async () => {
    expect(firstToken(null)).toEqual({ token: null, later: null })
    expect(firstToken(() => 'now')).toEqual({ token: 'now', later: null })
    const thrown = firstToken(() => {
      throw new Error('broken')
    })
    expect(thrown).toEqual({ token: null, later: null })
    const slow = firstToken(() => new Promise(() => undefined))
    expect(slow.token).toBeNull()
    let first: string | null | undefined
    withPatience(slow.later as Promise<string | null>).then((token) => {
      first = token
    })
    await vi.advanceTimersByTimeAsync(2_900)
    expect(first).toBeUndefined()
    await vi.advanceTimersByTimeAsync(200)
    expect(first).toBeNull()
  })
})
