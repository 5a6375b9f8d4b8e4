/** `POST /api/sign-in { "user": "ann" }` → `{ token, expiresInMs }`. A demo: nobody is asked for a password. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as v from 'valibot'
import { userOf } from '../src/model/users.ts'
import { securityHeaders } from './headers.ts'
import { type Tokens, tokenLifeMs } from './tokens.ts'

const bodyMaxBytes = 1024
const Body = v.object({ user: v.pipe(v.string(), v.maxLength(40)) })

export async function signIn(
  request: IncomingMessage,
  response: ServerResponse,
  { tokens, origins }: { readonly tokens: Tokens; readonly origins: readonly string[] },
): Promise<void> {
  if (request.method !== 'POST') return answer(response, 405, { error: 'method' })
  const { origin } = request.headers
  if (origin !== undefined && !origins.includes(origin)) return answer(response, 403, { error: 'origin' })
  // A form of another site cannot send this type without asking first.
  if (!request.headers['content-type']?.startsWith('application/json'))
    return answer(response, 415, { error: 'type' })
  const text = await readBody(request)
  if (text === null) return answer(response, 413, { error: 'too_large' })
  const body = v.safeParse(v.pipe(v.string(), v.parseJson(), Body), text)
  const user = body.success ? userOf(body.output.user) : undefined
  if (user === undefined) return answer(response, 400, { error: 'unknown_user' })
  // How long, not until when: the device's clock may be ten years off.
  return answer(response, 200, { token: await tokens.issue(user), expiresInMs: tokenLifeMs })
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > bodyMaxBytes) return null
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, {
      ...securityHeaders,
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    .end(JSON.stringify(body))
}
