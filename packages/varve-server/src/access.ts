/**
 * Who may do what: the application's answer, asked once per token. The tenant of a request comes from here and never
 * from a message.
 */
import type { IncomingMessage } from 'node:http'
import { type Commit, type LogId, nameFault, VarveError } from 'varve/core'

export interface LogRights {
  readonly read: boolean
  /**
   * Whether commits may be placed on the log. A function is asked about each commit that carries events, and may answer
   * with the reason why not; the empty form of a withdrawn commit needs only that this is not `false`.
   */
  readonly append: boolean | ((commit: Commit) => boolean | string)
}

export interface Access {
  /** Who this is: stands in every entry that is placed for this connection, for all to read who may read the log. */
  readonly principal: string
  /** When the token ends, ms since 1970; absent: never. */
  readonly expiresAt?: number
  readonly logs: (log: LogId) => LogRights
}

export interface Asking {
  readonly token: string
  /** The Origin header of the connection, null if it had none. */
  readonly origin: string | null
  /** The request that opened the connection. */
  readonly request: IncomingMessage
}

/** Null refuses the token. What it throws is a failure of ours, not of the token: the client comes back later. */
export type Authorize = (asking: Asking) => Access | null | Promise<Access | null>

/** For `insecure: true`: everybody on this machine may do everything. */
export const allowAll: Authorize = () => ({
  principal: 'anonymous',
  logs: () => ({ read: true, append: true }),
})

/** Of a log that may neither be read nor written nothing is told (V13). */
export function isUsable({ read, append }: LogRights): boolean {
  return read || append !== false
}

/**
 * What the application said, held to what the wire demands: a principal that no client could read would end the log for
 * everybody, and a right that is neither given nor denied is denied.
 */
export function soundAccess(access: Access | null): Access | null {
  if (access === null) return null
  const fault = nameFault(access.principal, 'principal')
  if (fault !== null) throw new VarveError('bad_options', `authorize gave no proper ${fault}.`)
  return {
    ...access,
    logs: (log) => {
      const { read, append } = access.logs(log)
      return { read: read === true, append: append === true || typeof append === 'function' ? append : false }
    },
  }
}
