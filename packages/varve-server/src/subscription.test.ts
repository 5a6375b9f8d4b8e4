import { describe, expect, it } from 'vitest'
import { createHub } from './hub.ts'
import { createSubscription } from './subscription.ts'
import { memoryLog } from './testing/memory-log.ts'
import { offer } from './testing/server-log-contract.ts'
import { testAuthor } from './testing/test-author.ts'

const limits = { pageEntriesMax: 10, pageCharsMax: 1_000_000, pageCacheBytesMax: 1_000_000 }
const settle = () => new Promise((resolve) => setImmediate(resolve))

async function grown(count: number) {
  const log = memoryLog()
  const hub = createHub(log, limits)
  const a = testAuthor({ log: 'shop', replica: 'a' })
  const grow = async (n: number): Promise<void> => {
    await log.write(async (tx) => {
      for (let i = 0; i < n; i++) await offer(tx, a.commit())
    })
    hub.moved('shop', (await log.head('shop'))!.position)
  }
  await grow(count)
  await hub.open('shop')
  return { log, hub, grow }
}

describe('following a log', () => {
  it('V21 nothing is sent to a full socket, and nothing is skipped', async () => {
    const { hub, grow } = await grown(25)
    const sent: number[][] = []
    let room = 1
    const subscription = createSubscription({
      hub,
      log: 'shop',
      hasRoom: () => room > 0,
      send: (frame) => {
        room -= 1
        sent.push(JSON.parse(String(frame)).entries.map(({ position }: { position: number }) => position))
      },
      onFailure: (error) => {
        throw error
      },
    })
    subscription.restart(0, 1_000)
    await settle()
    expect(sent).toHaveLength(1)
    await grow(5)
    await settle()
    expect(sent).toHaveLength(1)
    room = 100
    subscription.pump()
    await settle()
    expect(sent.flat()).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    subscription.stop()
    await grow(1)
    await settle()
    expect(sent.flat()).toHaveLength(30)
  })

  it('V21 W6 a pull, news or room that comes just when nothing was left to send is not lost', async () => {
    const { hub, grow } = await grown(3)
    const sent: number[] = []
    let hasRoom = true
    const subscription = createSubscription({
      hub,
      log: 'shop',
      hasRoom: () => hasRoom,
      send: (frame) =>
        sent.push(...JSON.parse(String(frame)).entries.map(({ position }: { position: number }) => position)),
      onFailure: (error) => {
        throw error
      },
    })
    subscription.pump()
    subscription.restart(0, 1)
    await settle()
    expect(sent).toEqual([1])
    subscription.pump()
    subscription.restart(1, 100)
    await settle()
    expect(sent).toEqual([1, 2, 3])
    hasRoom = false
    await grow(1)
    await settle()
    subscription.pump()
    hasRoom = true
    subscription.pump()
    await settle()
    expect(sent).toEqual([1, 2, 3, 4])
  })

  it('V21 a head that is told late takes back no later one', async () => {
    const { hub, grow } = await grown(3)
    await grow(2)
    hub.moved('shop', 4)
    expect(hub.head('shop')).toBe(5)
    expect((await hub.page('shop', 4, 100))?.last).toBe(5)
  })

  it('V20 news and a pull that come while a read fails are reasons to read again', async () => {
    const { hub, grow } = await grown(1)
    const failing: PromiseWithResolvers<never>[] = []
    let isFailing = true
    const sent: number[] = []
    let failures = 0
    const subscription = createSubscription({
      hub: {
        ...hub,
        page: (...asked) => {
          if (!isFailing) return hub.page(...asked)
          const read = Promise.withResolvers<never>()
          failing.push(read)
          return read.promise
        },
      },
      log: 'shop',
      hasRoom: () => true,
      send: (frame) =>
        sent.push(...JSON.parse(String(frame)).entries.map(({ position }: { position: number }) => position)),
      onFailure: () => {
        failures += 1
        subscription.pump()
      },
    })
    for (const reason of [() => grow(1), async () => subscription.restart(0, 100)]) {
      subscription.restart(0, 100)
      await settle()
      const reads = failing.length
      await reason()
      failing.at(-1)?.reject(new Error('The disk does not answer.'))
      await settle()
      expect(failing.length).toBe(reads + 1)
      failing.at(-1)?.reject(new Error('The disk does not answer.'))
      await settle()
      // Nothing new: it waits.
      expect(failing.length).toBe(reads + 1)
    }
    expect(failures).toBe(4)
    isFailing = false
    subscription.restart(0, 100)
    await settle()
    expect(sent).toEqual([1, 2])
    isFailing = true
    subscription.restart(0, 100)
    await settle()
    subscription.stop()
    failing.at(-1)?.reject(new Error('Nobody follows any more.'))
    await settle()
    expect(failures).toBe(4)
  })

  it('V22 a page is encoded once for all who stand at the same position', async () => {
    const { hub, grow } = await grown(3)
    const [one, two] = await Promise.all([hub.page('shop', 0, 100), hub.page('shop', 0, 100)])
    expect(one?.frame).toBe(two?.frame)
    expect(await hub.page('shop', 3, 100)).toBe(null)
    await grow(1)
    expect((await hub.page('shop', 0, 100))?.last).toBe(4)
    hub.release('shop')
    expect(await hub.page('shop', 0, 100)).toBe(null)
  })
})
