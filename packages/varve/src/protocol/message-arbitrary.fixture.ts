/** Random messages as honest peers could send them, for the codec's properties. */
import fc from 'fast-check'
import { type Commit, type Entry, sealCommit } from '../core/commit.ts'
import { hashOf } from '../core/hash.ts'
import {
  type ClientMessage,
  protocolVersion,
  type RefusalCode,
  refusalClasses,
  type ServerMessage,
  wireLimits,
} from './messages.ts'

const name = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((text) => text.isWellFormed() && !text.includes('\0'))
const text = fc
  .string({ maxLength: 40, unit: 'grapheme' })
  .filter((each) => each.isWellFormed() && !each.includes('\0'))
const whole = fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER))
const hash = fc.nat().map((n) => hashOf(n))
const runningHash = fc.oneof(fc.constant(''), hash)
const dot = fc.record({ replica: name, counter: fc.integer({ min: 1 }) })

const plainData = fc
  .json({ maxDepth: 3, depthSize: 'small' })
  .map((json) => JSON.parse(json))
  .filter(
    (value) =>
      !/__proto__|constructor|prototype|\\u0000|\\ud/.test(JSON.stringify(value)) &&
      !JSON.stringify(value).includes('-0'),
  )

const event = fc.record(
  { stream: name, type: name, version: fc.integer({ min: 1 }), data: plainData, key: name },
  { requiredKeys: ['stream', 'type', 'version', 'data'] },
)
const command = fc.record({ stream: name, name, input: plainData }, { requiredKeys: ['stream', 'name'] })
const guard = fc.record({
  stream: name,
  revision: whole,
  kind: fc.constantFrom('serial' as const, 'commute' as const),
})
const withdrawal = fc.record(
  { reason: text, details: plainData, because: fc.array(dot, { maxLength: 3 }) },
  { requiredKeys: ['reason', 'because'] },
)
const nullOr = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })

export const arbitraryCommit = (log: string): fc.Arbitrary<Commit> =>
  fc
    .record({
      log: fc.constant(log),
      dot,
      base: whole,
      born: whole,
      parent: nullOr(dot),
      guards: fc.array(guard, { maxLength: 3 }),
      events: fc.array(event, { maxLength: 3 }),
      withdrawn: nullOr(withdrawal),
      commands: fc.array(command, { maxLength: 3 }),
      now: fc.integer(),
      seed: name,
      actor: nullOr(name),
      correlation: nullOr(name),
      causation: nullOr(fc.record({ log: nullOr(name), dot })),
    })
    .map(sealCommit)

const arbitraryEntries = (log: string): fc.Arbitrary<readonly Entry[]> =>
  fc
    .tuple(
      fc.nat(),
      fc.array(
        fc.record({ commit: arbitraryCommit(log), principal: nullOr(name), time: whole, chain: hash }),
        { maxLength: 3 },
      ),
    )
    .map(([first, rest]) => rest.map((entry, n) => ({ position: first + n + 1, ...entry })))

const ping = fc.record({ type: fc.constant('ping' as const), id: whole })
const headNote = fc.record({ log: name, head: whole })
const pongOf = (headsMax: number) =>
  fc.record({
    type: fc.constant('pong' as const),
    id: whole,
    heads: fc.array(headNote, { maxLength: headsMax }),
  })
const cursor = fc.record({ log: name, epoch: nullOr(name), position: whole, chain: runningHash })

export const arbitraryClientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    protocol: fc.constant(protocolVersion),
    token: text,
    store: name,
    cursors: fc.uniqueArray(cursor, { maxLength: 3, selector: ({ log }) => log }),
  }),
  fc.record({
    type: fc.constant('pull' as const),
    log: name,
    after: whole,
    credit: fc.nat(wireLimits.creditMax),
  }),
  name.chain((log) =>
    fc.record({
      type: fc.constant('push' as const),
      log: fc.constant(log),
      epoch: name,
      prev: runningHash,
      commits: fc.array(arbitraryCommit(log), { minLength: 1, maxLength: 3 }),
    }),
  ),
  fc.record({ type: fc.constant('auth' as const), token: text }),
  ping,
  pongOf(0),
)

export const arbitraryServerMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    protocol: fc.integer({ min: 1 }),
    logs: fc.uniqueArray(fc.record({ log: name, epoch: name, head: whole }), {
      maxLength: 3,
      selector: ({ log }) => log,
    }),
    heartbeatMs: fc.integer({ min: 1 }),
    limits: fc.constant(wireLimits),
  }),
  name.chain((log) =>
    fc.record({
      type: fc.constant('entries' as const),
      log: fc.constant(log),
      epoch: name,
      entries: arbitraryEntries(log),
      head: whole,
    }),
  ),
  fc.record({
    type: fc.constant('receipt' as const),
    log: name,
    placed: fc.array(fc.record({ dot, position: fc.integer({ min: 1 }), outcome: hash }), { maxLength: 3 }),
  }),
  fc.record(
    {
      type: fc.constant('refuse' as const),
      code: fc.constantFrom(...(Object.keys(refusalClasses) as RefusalCode[])),
      message: text,
      log: name,
      dot,
      expected: dot,
      head: whole,
      retryAfterMs: whole,
    },
    { requiredKeys: ['type', 'code', 'message'] },
  ),
  fc.record({ type: fc.constant('goaway' as const), reason: text, spreadMs: whole }),
  ping,
  pongOf(3),
)
