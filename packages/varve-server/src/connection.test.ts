import type { IncomingMessage } from 'node:http'
import { decodeServer, encode, protocolVersion, type ServerMessage, wireLimits } from 'varve/protocol'
import { describe, expect, it } from 'vitest'
import { type Access, allowAll } from './access.ts'
import { createAdmission } from './admission.ts'
import { createConnection, type Wire } from './connection.ts'
import type { ConnectionGround } from './conversation.ts'
import { createHolds } from './holds.ts'
import { createHub } from './hub.ts'
import { serverLimits } from './limits.ts'
import type { LogHead } from './log-port.ts'
import { createPrincipals } from './principals.ts'
import { memoryLog } from './testing/memory-log.ts'
import { offer } from './testing/server-log-contract.ts'
import { testAuthor } from './testing/test-author.ts'

const limits = { ...serverLimits, pageEntriesMax: 1, bufferedBytesMax: 10_000, messagesBurst: 1_000_000 }

async function connected(entries: number, changed: Partial<ConnectionGround> = {}) {
  const log = memoryLog()
  const hub = createHub(log, limits)
  const a = testAuthor({ log: 'shop', replica: 'a' })
  await log.write(async (tx) => {
    await tx.ensureLog('shop')
    for (let n = 0; n < entries; n++) await offer(tx, a.commit({ data: 'x'.repeat(5_000) }))
  })
  /** What the socket has not sent yet: nobody reads at the other end. */
  let buffered = 0
  let mostBuffered = 0
  let isTerminated = false
  let isPaused = false
  let isClosed = false
  const sent: ServerMessage[] = []
  const wire: Wire = {
    send(frame) {
      buffered += frame.length
      mostBuffered = Math.max(mostBuffered, buffered)
      const decoded = decodeServer(String(frame))
      if (decoded.ok) sent.push(decoded.message)
    },
    bufferedBytes: () => buffered,
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
    },
    close: () => {
      isClosed = true
    },
    terminate: () => {
      isTerminated = true
    },
  }
  const connection = createConnection(
    {
      log,
      hub,
      limits,
      holds: createHolds(limits),
      verifier: null,
      authorize: allowAll,
      now: () => 0,
      monotonicMs: () => 0,
      admission: createAdmission(limits, () => 0),
      ...createPrincipals(10),
      moved: hub.moved,
      onError: (error) => {
        throw error
      },
      ...changed,
    },
    wire,
    { origin: null, request: {} as IncomingMessage },
  )
  connection.receive(
    encode({
      type: 'hello',
      protocol: protocolVersion,
      token: 't',
      store: 's',
      cursors: [{ log: 'shop', epoch: null, position: 0, chain: '' }],
    }),
  )
  if (changed.authorize === undefined) while (sent.length === 0) await settle()
  return {
    log,
    connection,
    sent,
    isClosed: () => isClosed,
    mostBuffered: () => mostBuffered,
    isTerminated: () => isTerminated,
    isPaused: () => isPaused,
    drain() {
      buffered = 0
      connection.drained()
    },
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const positions = (sent: readonly ServerMessage[]) =>
  sent.flatMap((message) =>
    message.type === 'entries' ? message.entries.map(({ position }) => position) : [],
  )

describe('a connection that nobody reads', () => {
  it('V21 has a bounded buffer, and goes on where it was when it drains', async () => {
    const { connection, sent, mostBuffered, drain } = await connected(30)
    connection.receive(encode({ type: 'pull', log: 'shop', after: 0, credit: 5_000 }))
    for (let n = 0; n < 10; n++) await settle()
    expect(positions(sent).length).toBeLessThan(4)
    expect(mostBuffered()).toBeLessThan(limits.bufferedBytesMax + 10_000)
    for (let n = 0; n < 60; n++) {
      drain()
      await settle()
    }
    expect(positions(sent)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
  })

  it('V21 is cut off when it asks and asks without reading the answers', async () => {
    const { connection, mostBuffered, isTerminated } = await connected(0)
    for (let n = 0; n < 200_000 && !isTerminated(); n++) {
      connection.receive(encode({ type: 'ping', id: n }))
      if (n % 1_000 === 0) await settle()
    }
    expect(isTerminated()).toBe(true)
    expect(mostBuffered()).toBeLessThan(limits.bufferedBytesMax + wireLimits.frameBytesMax + 1_000)
  })

  it('V17 messages that wait are few: beyond it the socket is not read', async () => {
    const { connection, sent, isPaused } = await connected(0)
    for (let n = 0; n < limits.queuedMessagesMax + 1; n++) connection.receive(encode({ type: 'ping', id: n }))
    expect(isPaused()).toBe(true)
    await settle()
    expect(isPaused()).toBe(false)
    expect(sent.filter(({ type }) => type === 'pong')).toHaveLength(limits.queuedMessagesMax + 1)
  })
})

describe('deadlines', () => {
  it('V29 an authorize that never answers is the server’s failure, told in time, and no late answer lets in', async () => {
    let nowMs = 0
    const errors: unknown[] = []
    const asked = Promise.withResolvers<Access>()
    const { connection, sent, isClosed } = await connected(0, {
      authorize: () => asked.promise,
      monotonicMs: () => nowMs,
      onError: (error) => errors.push(error),
    })
    for (; nowMs < limits.authorizeMs; nowMs += limits.tickMs) {
      connection.tick()
      expect(sent).toEqual([])
    }
    connection.tick()
    expect(sent).toMatchObject([{ type: 'refuse', code: 'internal', retryAfterMs: 1_000 }])
    expect(isClosed()).toBe(true)
    expect(errors).toHaveLength(1)
    asked.resolve({ principal: 'ann', logs: () => ({ read: true, append: true }) })
    await settle()
    expect(connection.isAdmitted()).toBe(false)
    expect(sent).toHaveLength(1)
  })

  it('V29 the same holds for a token that is renewed', async () => {
    let nowMs = 0
    let isHanging = false
    const { connection, sent } = await connected(0, {
      authorize: (asking) => (isHanging ? new Promise(() => {}) : allowAll(asking)),
      monotonicMs: () => nowMs,
      onError: () => {},
    })
    while (sent.length === 0) await settle()
    isHanging = true
    connection.receive(encode({ type: 'auth', token: 't' }))
    for (; nowMs <= limits.authorizeMs; nowMs += limits.tickMs) connection.tick()
    expect(sent.at(-1)).toMatchObject({ type: 'refuse', code: 'internal' })
  })

  it('V30 a process that stood still cuts nobody off: each has its time again', async () => {
    let nowMs = 0
    const { connection, sent, isTerminated } = await connected(0, { monotonicMs: () => nowMs })
    nowMs = 10 * limits.silentMs
    connection.tick()
    expect(isTerminated()).toBe(false)
    // Really silent, while somebody listens.
    const until = nowMs + limits.silentMs - 2 * limits.tickMs
    for (; nowMs < until; nowMs += limits.tickMs) connection.tick()
    expect(isTerminated()).toBe(false)
    expect(sent.at(-1)).toMatchObject({ type: 'ping' })
    for (; nowMs < until + 4 * limits.tickMs; nowMs += limits.tickMs) connection.tick()
    expect(isTerminated()).toBe(true)
  })

  it('W11 V18 what was pushed before the goaway is placed, what came after it is refused', async () => {
    const { connection, sent, log } = await connected(0)
    const { epoch } = (await log.head('shop')) as LogHead
    const a = testAuthor({ log: 'shop', replica: 'a' })
    for (let n = 0; n < 3; n++) connection.receive(encode(a.push([a.commit()], epoch)))
    connection.goaway('shutting_down', 1)
    connection.receive(encode(a.push([a.commit()], epoch)))
    await connection.finish()
    expect(sent.slice(1).map((message) => ('code' in message ? message.code : message.type))).toEqual([
      'goaway',
      'receipt',
      'receipt',
      'receipt',
      'shutting_down',
    ])
    expect(await log.head('shop')).toMatchObject({ position: 3 })
  })
})
