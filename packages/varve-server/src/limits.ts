import { VarveError } from 'varve/core'

/** What the server bears, beyond the limits of the wire (varve/protocol: wireLimits). */
export interface ServerLimits {
  readonly connectionsMax: number
  readonly connectionsPerPrincipalMax: number
  /** How many are let in per second, and how many at once after a quiet time. The others are told when their turn is. From 0.01. */
  readonly admissionsPerSecond: number
  /** A connection that has not said hello by then is closed, also one that has not even asked to be upgraded. */
  readonly helloMs: number
  /** What a connection may send before it is admitted: bytes, and in how many pieces they may come. */
  readonly helloBytesMax: number
  readonly helloPiecesMax: number
  /** `authorize` has so long to answer. */
  readonly authorizeMs: number
  /** After a token has expired, a fresh one is awaited for so long. */
  readonly authGraceMs: number
  /** A client that was quiet for so long is pinged; it is told to do the same. */
  readonly heartbeatMs: number
  /** A connection on which nothing was heard for so long is dead. */
  readonly silentMs: number
  readonly messagesPerSecond: number
  readonly messagesBurst: number
  /** Messages of a connection that wait; beyond it its socket is not read. */
  readonly queuedMessagesMax: number
  readonly pageEntriesMax: number
  /** Characters of JSON in a page of entries, which may hold one larger entry. */
  readonly pageCharsMax: number
  /** Bytes of encoded pages kept, so that many followers are served with one encoding. */
  readonly pageCacheBytesMax: number
  /** Bytes that wait in a connection's socket; beyond it no entries are sent to it. */
  readonly bufferedBytesMax: number
  /** How often one dot meets a conflict or is held until its author stands in line for its streams (rule A8), and how long a turn is. */
  readonly conflictsBeforeHold: number
  readonly holdMs: number
  /** Over how long clients are asked to spread their return after a shutdown, or longer if they are many. */
  readonly spreadMs: number
  /** How often deadlines are looked at. */
  readonly tickMs: number
  /** The handlers of one trigger have so long together; everybody's writes wait for them. */
  readonly handlerMs: number
  /** After so long a transaction of a policy ends, and others have their turn. */
  readonly policyBatchMs: number
  /** Each handler of an effect has so long; nobody waits for it but later triggers of that effect. */
  readonly effectMs: number
  /** After a failure of an effect it is asked again after so long, each time twice as long, up to so long. */
  readonly effectRetryMs: number
  readonly effectRetryMsMax: number
  /** Failures of each policy that are tried again at a start, the oldest first. */
  readonly policyRetriesMax: number
  /** Entries that are looked at to decide again what one push brings to `verified` streams (rule A7). */
  readonly verifyEntriesMax: number
  /** Folded logs kept in memory for policies, dispatch and `verified` streams. */
  readonly worldsMax: number
}

export const serverLimits: ServerLimits = {
  connectionsMax: 10_000,
  connectionsPerPrincipalMax: 64,
  admissionsPerSecond: 1_000,
  helloMs: 10_000,
  // The longest token and the most cursors, with names of three bytes per character.
  helloBytesMax: 160 * 1024,
  helloPiecesMax: 1_024,
  // Clients wait 10 s for the welcome: they should hear what is wrong.
  authorizeMs: 8_000,
  authGraceMs: 10_000,
  heartbeatMs: 15_000,
  silentMs: 40_000,
  messagesPerSecond: 200,
  messagesBurst: 400,
  queuedMessagesMax: 16,
  pageEntriesMax: 500,
  pageCharsMax: 256 * 1024,
  pageCacheBytesMax: 32 * 1024 * 1024,
  bufferedBytesMax: 1024 * 1024,
  conflictsBeforeHold: 3,
  holdMs: 2_000,
  spreadMs: 5_000,
  tickMs: 1_000,
  handlerMs: 2_000,
  policyBatchMs: 500,
  effectMs: 30_000,
  effectRetryMs: 1_000,
  effectRetryMsMax: 300_000,
  policyRetriesMax: 1_000,
  verifyEntriesMax: 50_000,
  worldsMax: 256,
}

/** What a timer can wait for. */
const msMax = 2 ** 31 - 1
/** Of those that may not be 0. */
const least: Partial<ServerLimits> = { admissionsPerSecond: 0.01, effectRetryMs: 1 }

/** Those given, and for the rest the defaults. Throws `bad_options` for one that does not exist or is no such number. */
export function limitsOf(given: Partial<ServerLimits>): ServerLimits {
  for (const [name, limit] of Object.entries(given)) {
    const from = least[name as keyof ServerLimits] ?? 0
    const upTo = name.endsWith('Ms') || name.endsWith('MsMax') ? msMax : Number.POSITIVE_INFINITY
    const isNumber = typeof limit === 'number' && limit >= from && limit <= upTo
    if (Object.hasOwn(serverLimits, name) && isNumber) continue
    const range = `from ${from}${upTo === msMax ? ` to ${msMax}` : ''}${name === 'admissionsPerSecond' ? ', which is one in 100 s' : ''}`
    const fault = Object.hasOwn(serverLimits, name)
      ? `is ${limit}, which is no number ${range}`
      : 'does not exist'
    throw new VarveError('bad_options', `The limit ${name} ${fault}.`, {
      hint: `Limits of a server are ${Object.keys(serverLimits).join(', ')}; those of the wire are the protocol's.`,
    })
  }
  return { ...serverLimits, ...given }
}
