/** May a page of this origin open a connection? Checked before the upgrade: a browser sends Origin and cannot lie. */
import type { IncomingMessage } from 'node:http'

export interface OriginRules {
  /** Full origins such as `https://shop.example`; `*` for all. Default: the origin whose host is the Host header's. */
  readonly allowedOrigins?: readonly string[] | '*'
  /** Lets in what sends no Origin: programs that are no browsers. */
  readonly allowMissingOrigin?: boolean
}

export function isOriginAllowed(
  { headers }: IncomingMessage,
  { allowedOrigins, allowMissingOrigin = false }: OriginRules,
): boolean {
  const { origin, host } = headers
  if (origin === undefined) return allowMissingOrigin
  if (allowedOrigins === '*') return true
  if (allowedOrigins !== undefined) return allowedOrigins.includes(origin)
  // `null`, the origin of sandboxed frames and files, is no URL and is refused here.
  return URL.canParse(origin) && new URL(origin).host === host
}

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.has(address)
}
