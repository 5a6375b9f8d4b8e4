/**
 * From `unknown` to a message of the protocol, for both sides. Never throws; what it gives back holds exactly the
 * fields that messages.ts names, in values that were checked one by one.
 *
 * Unknown fields of a message are ignored (a newer peer may say more), unknown message types are refused, and inside a
 * commit nothing unknown is let through. What a commit means, and whether its hashes are right, is `commitFault`'s.
 */
import type { LogId } from '../core/dot.ts'
import {
  type Auth,
  type ClientMessage,
  type Cursor,
  type Entries,
  type Goaway,
  type Hello,
  type Locate,
  type Located,
  locatePointsMax,
  type Ping,
  type Pong,
  type Pull,
  type Push,
  protocolVersion,
  type Receipt,
  type RefusalCode,
  type Refuse,
  refusalClasses,
  type ServerMessage,
  type Welcome,
  type WireLimits,
  wireLimits,
} from './messages.ts'
import { readCommit, readDot, readEntry } from './parse-commit.ts'
import {
  type FaultCode,
  type Fields,
  readHash,
  readInteger,
  readList,
  readName,
  readNameOrNull,
  readObject,
  readOneOf,
  readRunningHash,
  readText,
  tokenCharsMax,
  WireFault,
} from './read-fields.ts'

export type ParsedMessage<M> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly fault: string; readonly code: FaultCode }

type Readers<M extends { readonly type: string }> = {
  readonly [T in M['type']]: (fields: Fields) => Extract<M, { readonly type: T }>
}

const clientReaders: Readers<ClientMessage> = {
  hello: readHello,
  pull: readPull,
  push: readPush,
  locate: readLocate,
  auth: readAuth,
  ping: readPing,
  pong: readPongOf(0),
}

const serverReaders: Readers<ServerMessage> = {
  welcome: readWelcome,
  entries: readEntries,
  receipt: readReceipt,
  located: readLocated,
  refuse: readRefuse,
  ping: readPing,
  pong: readPongOf(wireLimits.logsMax),
  goaway: readGoaway,
}

/** What a server may be told. */
export function parseClientMessage(value: unknown): ParsedMessage<ClientMessage> {
  return parseBy(clientReaders as Readers<{ readonly type: string }>, value) as ParsedMessage<ClientMessage>
}

/** What a client may be told. */
export function parseServerMessage(value: unknown): ParsedMessage<ServerMessage> {
  return parseBy(serverReaders as Readers<{ readonly type: string }>, value) as ParsedMessage<ServerMessage>
}

function parseBy(
  readers: Readers<{ readonly type: string }>,
  value: unknown,
): ParsedMessage<{ readonly type: string }> {
  try {
    const fields = readObject(value, 'message')
    const type = readText(fields.type, 'type')
    const read = Object.hasOwn(readers, type) ? readers[type] : undefined
    if (read === undefined) throw new WireFault(`type ${JSON.stringify(type.slice(0, 64))} is not known`)
    return { ok: true, message: read(fields) }
  } catch (thrown) {
    if (thrown instanceof WireFault) return { ok: false, fault: thrown.message, code: thrown.code }
    throw thrown
  }
}

function readHello(fields: Fields): Hello {
  // Before anything else is judged: of another version one knows no more than this field.
  const protocol = readInteger(fields.protocol, 'protocol', 1)
  if (protocol !== protocolVersion)
    throw new WireFault(
      `protocol ${protocol} is not spoken here, but ${protocolVersion}`,
      'unsupported_protocol',
    )
  const cursors = readList(fields.cursors, 'cursors', { max: wireLimits.logsMax, read: readCursor })
  refuseTwice(cursors.map(({ log }) => log))
  return {
    type: 'hello',
    protocol,
    token: readText(fields.token, 'token', tokenCharsMax),
    store: readName(fields.store, 'store'),
    cursors,
  }
}

function readCursor(value: unknown, at: string): Cursor {
  const fields = readObject(value, at)
  return {
    log: readName(fields.log, `${at}.log`),
    epoch: readNameOrNull(fields.epoch, `${at}.epoch`),
    position: readInteger(fields.position, `${at}.position`),
    chain: readRunningHash(fields.chain, `${at}.chain`),
  }
}

function readPull(fields: Fields): Pull {
  const credit = readInteger(fields.credit, 'credit')
  if (credit > wireLimits.creditMax) throw new WireFault(`credit is more than ${wireLimits.creditMax}`)
  return { type: 'pull', log: readName(fields.log, 'log'), after: readInteger(fields.after, 'after'), credit }
}

function readPush(fields: Fields): Push {
  const log = readName(fields.log, 'log')
  const commits = readList(fields.commits, 'commits', { max: wireLimits.pushCommitsMax, read: readCommit })
  if (commits.length === 0) throw new WireFault('commits is empty')
  const stray = commits.findIndex((commit) => commit.log !== log)
  if (stray >= 0) throw new WireFault(`commits[${stray}] is for another log`)
  return {
    type: 'push',
    log,
    epoch: readName(fields.epoch, 'epoch'),
    prev: readRunningHash(fields.prev, 'prev'),
    commits,
  }
}

function readLocate(fields: Fields): Locate {
  const points = readList(fields.points, 'points', { max: locatePointsMax, read: readPoint })
  if (points.length === 0) throw new WireFault('points is empty')
  const stray = points.findIndex(({ position }, index) => position <= (points[index - 1]?.position ?? 0))
  if (stray >= 0) throw new WireFault(`points[${stray}] does not come after the one before`)
  return { type: 'locate', log: readName(fields.log, 'log'), points }
}

function readPoint(value: unknown, at: string): Locate['points'][number] {
  const fields = readObject(value, at)
  return {
    position: readInteger(fields.position, `${at}.position`, 1),
    chain: readHash(fields.chain, `${at}.chain`),
  }
}

function readLocated(fields: Fields): Located {
  return {
    type: 'located',
    log: readName(fields.log, 'log'),
    epoch: readName(fields.epoch, 'epoch'),
    position: readInteger(fields.position, 'position'),
  }
}

function readAuth(fields: Fields): Auth {
  return { type: 'auth', token: readText(fields.token, 'token', tokenCharsMax) }
}

function readPing(fields: Fields): Ping {
  return { type: 'ping', id: readInteger(fields.id, 'id') }
}

/** A client has no heads to tell. */
function readPongOf(headsMax: number): (fields: Fields) => Pong {
  return (fields) => ({
    type: 'pong',
    id: readInteger(fields.id, 'id'),
    heads: readList(fields.heads, 'heads', { max: headsMax, read: readHeadNote }),
  })
}

function readHeadNote(value: unknown, at: string): Pong['heads'][number] {
  const fields = readObject(value, at)
  return { log: readName(fields.log, `${at}.log`), head: readInteger(fields.head, `${at}.head`) }
}

function readWelcome(fields: Fields): Welcome {
  const logs = readList(fields.logs, 'logs', { max: wireLimits.logsMax, read: readWelcomeLog })
  refuseTwice(logs.map(({ log }) => log))
  return {
    type: 'welcome',
    protocol: readInteger(fields.protocol, 'protocol', 1),
    logs,
    heartbeatMs: readInteger(fields.heartbeatMs, 'heartbeatMs', 1),
    limits: readLimits(fields.limits),
  }
}

function readWelcomeLog(value: unknown, at: string): Welcome['logs'][number] {
  const fields = readObject(value, at)
  return {
    log: readName(fields.log, `${at}.log`),
    epoch: readName(fields.epoch, `${at}.epoch`),
    head: readInteger(fields.head, `${at}.head`),
  }
}

function readLimits(value: unknown): WireLimits {
  const fields = readObject(value, 'limits')
  const limit = (name: keyof WireLimits): number => readInteger(fields[name], `limits.${name}`, 1)
  return {
    frameBytesMax: limit('frameBytesMax'),
    pushCommitsMax: limit('pushCommitsMax'),
    commitBytesMax: limit('commitBytesMax'),
    commitEventsMax: limit('commitEventsMax'),
    commitGuardsMax: limit('commitGuardsMax'),
    creditMax: limit('creditMax'),
    logsMax: limit('logsMax'),
    nameLengthMax: limit('nameLengthMax'),
  }
}

function readEntries(fields: Fields): Entries {
  const log = readName(fields.log, 'log')
  const entries = readList(fields.entries, 'entries', { max: wireLimits.creditMax, read: readEntry })
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1]
    if (before !== undefined && entry.position !== before.position + 1) {
      throw new WireFault(`entries[${index}] does not follow the one before`)
    }
    if (entry.commit.log !== log) throw new WireFault(`entries[${index}] is of another log`)
  }
  return {
    type: 'entries',
    log,
    epoch: readName(fields.epoch, 'epoch'),
    entries,
    head: readInteger(fields.head, 'head'),
  }
}

function readReceipt(fields: Fields): Receipt {
  return {
    type: 'receipt',
    log: readName(fields.log, 'log'),
    placed: readList(fields.placed, 'placed', { max: wireLimits.pushCommitsMax, read: readPlaced }),
  }
}

function readPlaced(value: unknown, at: string): Receipt['placed'][number] {
  const fields = readObject(value, at)
  return {
    dot: readDot(fields.dot, `${at}.dot`),
    position: readInteger(fields.position, `${at}.position`, 1),
    outcome: readHash(fields.outcome, `${at}.outcome`),
  }
}

const refusalCodes = Object.keys(refusalClasses) as readonly RefusalCode[]

function readRefuse(fields: Fields): Refuse {
  return {
    type: 'refuse',
    code: readOneOf(fields.code, 'code', refusalCodes),
    message: readText(fields.message, 'message'),
    ...(fields.log === undefined ? null : { log: readName(fields.log, 'log') as LogId }),
    ...(fields.dot === undefined ? null : { dot: readDot(fields.dot, 'dot') }),
    ...(fields.expected === undefined ? null : { expected: readDot(fields.expected, 'expected') }),
    ...(fields.head === undefined ? null : { head: readInteger(fields.head, 'head') }),
    ...(fields.retryAfterMs === undefined
      ? null
      : { retryAfterMs: readInteger(fields.retryAfterMs, 'retryAfterMs') }),
  }
}

function readGoaway(fields: Fields): Goaway {
  return {
    type: 'goaway',
    reason: readText(fields.reason, 'reason'),
    spreadMs: readInteger(fields.spreadMs, 'spreadMs'),
  }
}

function refuseTwice(logs: readonly LogId[]): void {
  if (new Set(logs).size !== logs.length) throw new WireFault('a log is named twice')
}
