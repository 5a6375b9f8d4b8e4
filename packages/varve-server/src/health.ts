/** How a server is: in full for its operator, in numbers over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pathOf } from './http-front.ts'
import type { PolicyFailure } from './log-port.ts'

export interface Health {
  /** `failing`: the log cannot be read. */
  readonly status: 'ok' | 'failing' | 'closing'
  readonly logs: number
  readonly connections: number
  readonly policies: readonly PolicyHealth[]
}

export interface PolicyHealth {
  readonly name: string
  /** Counted up to `failuresCounted`: that many may be more. */
  readonly failureCount: number
  /** The oldest `failuresListed`. */
  readonly failures: readonly PolicyFailure[]
}

/** Anybody may ask for these numbers at any time: they must cost next to nothing. */
export type HealthNumbers = Omit<Health, 'policies'> & {
  readonly policies: readonly Omit<PolicyHealth, 'failures'>[]
}

export const failuresCounted = 1_000
export const failuresListed = 100

/** Answers GET /health; false if the request is something else. */
export function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  numbers: () => Promise<HealthNumbers>,
): boolean {
  if (request.method !== 'GET' || pathOf(request) !== '/health') return false
  void numbers().then((found) => {
    // How many, not which: a trigger tells of a customer.
    const policies = found.policies.map(({ name, failureCount }) => ({ name, failures: failureCount }))
    response.writeHead(found.status === 'ok' ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    response.end(JSON.stringify({ ...found, policies }))
  })
  return true
}
