/**
 * Signed tokens that say who is there. The secret is made at the first start and stays in the data folder. They are short
 * lived: a device that was offline longer works on with what it holds, and gets a new one when it is back.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errors, jwtVerify, SignJWT } from 'jose'
import { type User, userOf } from '../src/model/users.ts'

const audience = 'varve-shop'
export const tokenLifeMs = 60 * 60 * 1000

export interface SignedIn {
  readonly user: User
  readonly expiresAt: number
}

export interface Tokens {
  issue(user: User): Promise<string>
  /** Null for whatever is not a valid token of ours. */
  verify(token: string | null): Promise<SignedIn | null>
}

export function createTokens(secret: Uint8Array): Tokens {
  return {
    issue: (user) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user.id)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(new Date(Date.now() + tokenLifeMs))
        .sign(secret),
    async verify(token) {
      if (token === null) return null
      try {
        const { payload } = await jwtVerify(token, secret, { audience, algorithms: ['HS256'] })
        const user = userOf(payload.sub ?? '')
        return user === undefined ? null : { user, expiresAt: (payload.exp ?? 0) * 1000 }
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}

/** The secret of this data folder, made if there is none. */
export function ensureSecret(folder: string): Uint8Array {
  const path = join(folder, 'secret')
  try {
    // `wx`: an existing secret is never replaced, or everybody would be signed out.
    writeFileSync(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return Buffer.from(readFileSync(path, 'utf8'), 'base64url')
}
