/**
 * From `unknown` to a commit or an entry. Every field is checked and an unknown one is refused anywhere inside a
 * commit: its content hash is over what is known, so a field more would travel unproved.
 *
 * How many events, guards and bytes a commit may have is not asked here: a commit that is too large must be refused
 * by its dot, so that its author can withdraw it, and a malformed frame has no dots.
 */
import type {
  Causation,
  CommandRecord,
  Commit,
  Entry,
  EventRecord,
  Guard,
  Withdrawal,
} from '../core/commit.ts'
import type { Dot } from '../core/dot.ts'
import {
  readExactly,
  readHash,
  readInteger,
  readList,
  readName,
  readNameOrNull,
  readNumber,
  readObject,
  readOneOf,
  readPlainData,
  readText,
  WireFault,
} from './read-fields.ts'

/** Far above any commit's limits, below what could hurt: the frame is bounded as well. */
const itemsMax = 100_000

const commitKeys = [
  'format',
  'log',
  'dot',
  'base',
  'born',
  'parent',
  'guards',
  'events',
  'withdrawn',
  'commands',
  'now',
  'seed',
  'intent',
  'root',
  'actor',
  'correlation',
  'causation',
  'content',
] as const satisfies readonly (keyof Commit)[]

export function readCommit(value: unknown, at: string): Commit {
  const fields = readExactly(value, at, commitKeys)
  if (fields.format !== 1) throw new WireFault(`${at}.format is not 1`)
  return {
    format: 1,
    log: readName(fields.log, `${at}.log`),
    dot: readDot(fields.dot, `${at}.dot`),
    base: readInteger(fields.base, `${at}.base`),
    born: readInteger(fields.born, `${at}.born`),
    parent: fields.parent === null ? null : readDot(fields.parent, `${at}.parent`),
    guards: readList(fields.guards, `${at}.guards`, { max: itemsMax, read: readGuard }),
    events: readList(fields.events, `${at}.events`, { max: itemsMax, read: readEvent }),
    withdrawn: fields.withdrawn === null ? null : readWithdrawal(fields.withdrawn, `${at}.withdrawn`),
    commands: readList(fields.commands, `${at}.commands`, { max: itemsMax, read: readCommand }),
    now: readNumber(fields.now, `${at}.now`),
    seed: readName(fields.seed, `${at}.seed`),
    intent: readHash(fields.intent, `${at}.intent`),
    root: readHash(fields.root, `${at}.root`),
    actor: readNameOrNull(fields.actor, `${at}.actor`),
    correlation: readNameOrNull(fields.correlation, `${at}.correlation`),
    causation: fields.causation === null ? null : readCausation(fields.causation, `${at}.causation`),
    content: readHash(fields.content, `${at}.content`),
  }
}

export function readEntry(value: unknown, at: string): Entry {
  const fields = readObject(value, at)
  return {
    position: readInteger(fields.position, `${at}.position`, 1),
    commit: readCommit(fields.commit, `${at}.commit`),
    principal: readNameOrNull(fields.principal, `${at}.principal`),
    time: readInteger(fields.time, `${at}.time`),
    chain: readHash(fields.chain, `${at}.chain`),
  }
}

export function readDot(value: unknown, at: string): Dot {
  const fields = readExactly(value, at, ['replica', 'counter'])
  return {
    replica: readName(fields.replica, `${at}.replica`),
    counter: readInteger(fields.counter, `${at}.counter`, 1),
  }
}

function readGuard(value: unknown, at: string): Guard {
  const fields = readExactly(value, at, ['stream', 'revision', 'kind'])
  return {
    stream: readName(fields.stream, `${at}.stream`),
    revision: readInteger(fields.revision, `${at}.revision`),
    kind: readOneOf(fields.kind, `${at}.kind`, ['serial', 'commute']),
  }
}

function readEvent(value: unknown, at: string): EventRecord {
  const fields = readExactly(value, at, ['stream', 'type', 'version', 'data', 'key'])
  const event = {
    stream: readName(fields.stream, `${at}.stream`),
    type: readName(fields.type, `${at}.type`),
    version: readInteger(fields.version, `${at}.version`, 1),
    data: readPlainData(fields.data, `${at}.data`),
  }
  return fields.key === undefined ? event : { ...event, key: readName(fields.key, `${at}.key`) }
}

function readCommand(value: unknown, at: string): CommandRecord {
  const fields = readExactly(value, at, ['stream', 'name', 'input'])
  const command = {
    stream: readName(fields.stream, `${at}.stream`),
    name: readName(fields.name, `${at}.name`),
  }
  return fields.input === undefined
    ? command
    : { ...command, input: readPlainData(fields.input, `${at}.input`) }
}

function readWithdrawal(value: unknown, at: string): Withdrawal {
  const fields = readExactly(value, at, ['reason', 'details', 'because'])
  const reason = readText(fields.reason, `${at}.reason`)
  const because = readList(fields.because, `${at}.because`, { max: itemsMax, read: readDot })
  return fields.details === undefined
    ? { reason, because }
    : { reason, details: readPlainData(fields.details, `${at}.details`), because }
}

function readCausation(value: unknown, at: string): Causation {
  const fields = readExactly(value, at, ['log', 'dot'])
  return { log: readNameOrNull(fields.log, `${at}.log`), dot: readDot(fields.dot, `${at}.dot`) }
}
