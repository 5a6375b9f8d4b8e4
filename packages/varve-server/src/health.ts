/** How a server is: in full for its operator, in numbers over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pathOf } from './http-front.ts'
import type { PolicyFailure } from './log-port.ts'

export interface Health {
  /** `failing`: the log cannot be read. */
  readonly status: 'ok' | 'failing' | 'closing'
  readonly logs: number
  readonly connections: number
  readonly policies: readonly { readonly name: string; readonly failures: readonly PolicyFailure[] }[]
}

/** Answers GET /health; false if the request is something else. */
export function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  health: () => Promise<Health>,
): boolean {
  if (request.method !== 'GET' || pathOf(request) !== '/health') return false
  void health().then((found) => {
    // How many, not which: a trigger tells of a customer.
    const policies = found.policies.map(({ name, failures }) => ({ name, failures: failures.length }))
    response.writeHead(found.status === 'ok' ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    response.end(JSON.stringify({ ...found, policies }))
  })
  return true
}
