/** What clients and a server say to each other about a log, and where a copy of it parts. */
import { outcomeOf, withOutcome } from 'varve/core'
import { protocolVersion, wireLimits } from 'varve/protocol'
import { describe, expect, it } from 'vitest'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { author, byToken, serveEachTest } from './testing/served.fixture.ts'

const served = serveEachTest()
const { start, welcomed } = served

describe('two clients', () => {
  it('W4 hello is answered by welcome: epochs, heads, limits', async () => {
    await start()
    const { welcome } = await welcomed({ logs: ['shop', 'customer/ann'] })
    expect(welcome).toEqual({
      type: 'welcome',
      protocol: protocolVersion,
      logs: [
        { log: 'shop', epoch: await served.server.log.epochOf('shop'), head: 0 },
        { log: 'customer/ann', epoch: await served.server.log.epochOf('customer/ann'), head: 0 },
      ],
      heartbeatMs: 15_000,
      limits: wireLimits,
    })
  })

  it('W4 V13 a log that nobody has written to is there and empty, costs nothing, and is the same after a restart', async () => {
    const log = sqliteLog(':memory:')
    await start({ log: { ...log, close: async () => {} }, authorize: byToken })
    const { client, epoch } = await welcomed({ token: 'ann', logs: ['shop'] })
    client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    expect(await log.logs()).toEqual([])
    await client.close()
    await served.server.close()
    await start({ log, authorize: byToken })
    const again = await welcomed({ token: 'ann', logs: [{ log: 'shop', epoch, position: 0, chain: '' }] })
    expect(again.epoch).toBe(epoch)
    again.client.send({ type: 'pull', log: 'shop', after: 0, credit: 9 })
    expect(await log.logs()).toEqual([])
    const staff = await welcomed({ token: 'staff', logs: ['shop'] })
    const a = author('a')
    staff.client.send(a.push([a.commit()], staff.epoch))
    // Who was there before the first entry is sent it, and was never told of a fork.
    expect(await again.client.next('entries', 'refuse')).toMatchObject({ type: 'entries', epoch, head: 1 })
  })

  it('W6 W7 what one pushes the other is sent, while it has credit', async () => {
    await start()
    const [one, two] = [await welcomed(), await welcomed()]
    two.client.send({ type: 'pull', log: 'shop', after: 0, credit: 3 })
    const a = author('a')
    const commits = [a.commit(), a.commit(), a.commit(), a.commit()]
    one.client.send(a.push(commits.slice(0, 2), one.epoch))
    const receipt = await one.client.next('receipt')
    expect(receipt.placed).toEqual(
      commits.slice(0, 2).map((c, n) => ({ dot: c.dot, position: n + 1, outcome: outcomeOf(c) })),
    )
    const first = await two.client.next('entries')
    expect(first).toMatchObject({ log: 'shop', epoch: one.epoch, head: 2 })
    expect(first.entries.map(({ commit }) => commit)).toEqual(commits.slice(0, 2))
    one.client.send(a.push(commits.slice(2), one.epoch))
    await one.client.next('receipt')
    expect((await two.client.next('entries')).entries.map(({ position }) => position)).toEqual([3])
    // Credit is used up: the fourth waits for the next pull.
    two.client.send({ type: 'ping', id: 1 })
    expect((await two.client.next('pong')).heads).toEqual([{ log: 'shop', head: 4 }])
    expect(two.client.received.filter(({ type }) => type === 'entries')).toHaveLength(2)
    two.client.send({ type: 'pull', log: 'shop', after: 3, credit: 10 })
    expect((await two.client.next('entries')).entries.map(({ position }) => position)).toEqual([4])
  })

  it('W6 pages are bounded, consecutive, and never more than the credit', async () => {
    await start({ limits: { pageEntriesMax: 4 } })
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(
      a.push(
        Array.from({ length: 20 }, () => a.commit()),
        epoch,
      ),
    )
    await client.next('receipt')
    client.send({ type: 'pull', log: 'shop', after: 1, credit: 13 })
    const positions: number[] = []
    while (positions.length < 13)
      positions.push(...(await client.next('entries')).entries.map(({ position }) => position))
    expect(positions).toEqual(Array.from({ length: 13 }, (_, n) => n + 2))
    const frames = client.received.filter((message) => message.type === 'entries')
    expect(frames.map((message) => (message.type === 'entries' ? message.entries.length : 0))).toEqual([
      4, 4, 4, 1,
    ])
  })

  it('W7 W8 refusals: gap, conflict, stale, collision, fork; the connection goes on', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const [a, b] = [author('a'), author('b')]
    const [a1, a2] = [a.commit(), a.commit()]
    client.send(a.push([a2], epoch))
    expect(await client.next('refuse')).toMatchObject({
      code: 'gap',
      log: 'shop',
      dot: a2.dot,
      expected: a1.dot,
    })
    client.send(a.push([a1], epoch))
    await client.next('receipt')
    client.send(b.push([b.commit()], epoch))
    expect(await client.next('refuse')).toMatchObject({
      code: 'conflict',
      head: 1,
      dot: { replica: 'b', counter: 1 },
    })
    client.send({ ...a.push([a2], epoch), prev: '' })
    expect(await client.next('refuse')).toMatchObject({ code: 'stale', dot: a2.dot })
    client.send(author('a').push([author('a').commit({ seed: 'else' })], epoch))
    expect(await client.next('refuse')).toMatchObject({ code: 'collision' })
    client.send(a.push([a2], 'other'))
    expect(await client.next('refuse')).toMatchObject({ code: 'fork' })
    client.send(a.push([a1, a2], epoch))
    expect((await client.next('receipt')).placed.map(({ position }) => position)).toEqual([1, 2])
  })

  it('W7 a frame may hold placed ones and a refused one: first the receipt, then the refusal', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const [a, b] = [author('a'), author('b')]
    client.send(a.push([a.commit({ writes: ['x/1'] })], epoch))
    await client.next('receipt')
    client.send(b.push([b.commit({ writes: ['y/1'] }), b.commit({ writes: ['x/1'] })], epoch))
    await client.next('refuse')
    expect(client.received.slice(-2).map(({ type }) => type)).toEqual(['receipt', 'refuse'])
  })

  it('W10 a cursor that is not of this log is told so, after the welcome', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(a.push([a.commit()], epoch))
    await client.next('receipt')
    const entry = (await served.server.log.entries('shop', 0, 1))[0]!
    const right = await welcomed({ logs: [{ log: 'shop', epoch, position: 1, chain: entry.chain }] })
    right.client.send({ type: 'ping', id: 1 })
    await right.client.next('pong')
    expect(right.client.received.some(({ type }) => type === 'refuse')).toBe(false)
    for (const cursor of [
      { log: 'shop', epoch, position: 2, chain: entry.chain },
      { log: 'shop', epoch, position: 1, chain: a.commit().content },
      { log: 'shop', epoch: 'other', position: 1, chain: entry.chain },
      // Without an epoch nothing can be known of it yet.
      { log: 'shop', epoch: null, position: 1, chain: entry.chain },
      { log: 'shop', epoch: null, position: 0, chain: entry.chain },
    ]) {
      const { client: wrong } = await welcomed({ logs: [cursor] })
      expect(await wrong.next('refuse')).toMatchObject({ code: 'fork', log: 'shop', head: 1 })
    }
    client.send({ type: 'pull', log: 'shop', after: 2, credit: 1 })
    expect(await client.next('refuse')).toMatchObject({ code: 'fork', head: 1 })
  })

  it('A8 a slow writer among twenty fast ones gets its commit placed when each of them had one turn', async () => {
    const fastWriters = 20
    await start()
    const come = async (replica: string) => {
      const { client, epoch } = await welcomed()
      const own = author(replica)
      let commit = own.commit({ writes: ['x/1'] })
      return async (base: number) => {
        commit = withOutcome(commit, commit, base)
        own.replace(commit)
        client.send(own.push([commit], epoch))
        const answer = await client.next('receipt', 'refuse')
        if (answer.type === 'receipt') commit = own.commit({ writes: ['x/1'] })
        return answer.type === 'receipt' ? 'placed' : answer.code
      }
    }
    const slow = await come('slow')
    const fast = await Promise.all(Array.from({ length: fastWriters }, (_, n) => come(`fast ${n}`)))
    let head = 0
    let claimedAt = 0
    const told: string[] = []
    while (told.at(-1) !== 'placed' && told.length < 2 * fastWriters) {
      // All of them are there before the slow one, each time, and each time another is the first of them.
      for (let n = 0; n < fastWriters; n++) await fast[(told.length + n) % fastWriters]?.(head)
      told.push(await slow(head))
      head = (await served.server.log.head('shop'))?.position ?? 0
      if (told.length === 3) claimedAt = head
    }
    expect(told.slice(0, 3)).toEqual(['conflict', 'conflict', 'conflict'])
    expect(told.at(-1)).toBe('placed')
    expect(head - 1 - claimedAt).toBeLessThanOrEqual(fastWriters)
    expect((await served.server.log.entries('shop', 0, 99)).at(-1)?.commit.dot.replica).toBe('slow')
  })
})

describe('where a copy parts', () => {
  it('W13 the last position that both have is told, with the epoch; 0 if there is none', async () => {
    await start()
    const { client, epoch } = await welcomed()
    const a = author('a')
    client.send(a.push([a.commit(), a.commit(), a.commit()], epoch))
    await client.next('receipt')
    const [one, two, three] = await served.server.log.entries('shop', 0, 3)
    if (one === undefined || two === undefined || three === undefined) throw new Error('three were placed')
    const ask = async (...chains: string[]) => {
      const points = chains.map((chain, index) => ({ position: index + 1, chain }))
      client.send({ type: 'locate', log: 'shop', points })
      return client.next('located')
    }
    const other = one.commit.content
    expect(await ask(one.chain, two.chain, three.chain)).toEqual({
      type: 'located',
      log: 'shop',
      epoch,
      position: 3,
    })
    expect(await ask(one.chain, two.chain, other, other)).toMatchObject({ position: 2 })
    expect(await ask(other, other)).toMatchObject({ position: 0 })
  })

  it('W13 it is told of logs only that hello named and the token may read', async () => {
    await start({ authorize: byToken })
    const { client } = await welcomed({ token: 'ann', logs: ['shop', 'customer/ann'] })
    const points = [{ position: 1, chain: 'A'.repeat(43) }]
    client.send({ type: 'locate', log: 'customer/bob', points })
    expect(await client.next('refuse')).toMatchObject({ code: 'unknown_log', log: 'customer/bob' })
    client.send({ type: 'locate', log: 'customer/ann', points: [] })
    expect(await client.next('refuse')).toMatchObject({ code: 'malformed' })
  })
})
