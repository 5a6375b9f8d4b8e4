import type { IncomingMessage } from 'node:http'
import { decodeServer, encode, protocolVersion, type ServerMessage, wireLimits } from 'varve/protocol'
import { describe, expect, it } from 'vitest'
import { allowAll } from './access.ts'
import { createConnection, type Wire } from './connection.ts'
import { createHolds } from './holds.ts'
import { createHub } from './hub.ts'
import { serverLimits } from './limits.ts'
import { createPrincipals } from './principals.ts'
import { memoryLog } from './testing/memory-log.ts'
import { offer } from './testing/server-log-contract.ts'
import { testAuthor } from './testing/test-author.ts'

const limits = { ...serverLimits, pageEntriesMax: 1, bufferedBytesMax: 10_000, messagesBurst: 1_000_000 }

async function connected(entries: number) {
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
    close: () => {},
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
      authorize: allowAll,
      now: () => 0,
      monotonicMs: () => 0,
      ...createPrincipals(10),
      moved: hub.moved,
      onError: (error) => {
        throw error
      },
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
  while (sent.length === 0) await settle()
  return {
    connection,
    sent,
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
