/** `kill -9` at every place around a write of a real server process, and what it asks of the disk, seen from outside. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { barriers } from './testing/barriers.fixture.ts'
import { judge, readLogs, type Told } from './testing/kill-judge.fixture.ts'
import { killServer, startServer } from './testing/kill-server.fixture.ts'
import {
  type FlushReport,
  flushesBeforeReceipts,
  hasStrace,
  killAtCall,
  traceTo,
} from './testing/strace.fixture.ts'
import { testAuthor } from './testing/test-author.ts'
import { connectTestClient } from './testing/test-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isTraced = hasStrace()
if (!isTraced) console.log('skipped: what needs strace, which is not here or may not look at a process')

describe('kill -9', () => {
  it('V28 V23 V36 V2 W6 at each barrier around a write: nothing acknowledged is lost, nothing is doubled, who follows sees each entry once, the world is asked with one key each', async () => {
    const lives = barriers.map((barrier, index) => ({ barrier, nth: 1 + (index % 3) }))
    const { faults, killed } = await killServer({ file: join(folder, 'barriers.db'), seed: 1, lives })
    expect(faults).toEqual([])
    expect(killed).toBe(lives.length)
  })

  it.skipIf(!isTraced)('V1 V28 at a system call that writes or flushes: the same', async () => {
    const lives = [2, 9, 17, 23, 40].map((nth) => ({ under: killAtCall('pwrite64,fdatasync', nth) }))
    const { faults, killed } = await killServer({ file: join(folder, 'calls.db'), seed: 2, lives })
    expect(faults).toEqual([])
    expect(killed).toBe(lives.length)
  })

  it('V28 the judge finds what was lost, doubled, answered twice, and what a follower did not see', async () => {
    const file = join(folder, 'sound.db')
    const { faults, told } = await killServer({ file, seed: 3, lives: [] })
    expect(faults).toEqual([])
    const logs = await readLogs(file)
    const ann = logs.get('customer/ann') ?? []
    const spoiled = (changed: Partial<Told>) => judge(logs, { ...told, ...changed })
    expect(judge(new Map([...logs, ['customer/ann', ann.slice(0, -1)]]), told)).not.toEqual([])
    expect(judge(new Map([...logs, ['customer/ann', [...ann, ...ann.slice(-1)]]]), told)).toContainEqual(
      expect.stringContaining('stands twice'),
    )
    expect(spoiled({ receipts: new Map([['customer/ann phone:9', 9]]) })).toContainEqual(
      expect.stringContaining('was acknowledged'),
    )
    expect(spoiled({ orders: [...told.orders, { log: 'customer/ann', id: 'unanswered' }] })).toContainEqual(
      expect.stringContaining('order unanswered'),
    )
    expect(spoiled({ pieces: 1 })).toContainEqual(expect.stringContaining('pieces'))
    expect(spoiled({ mail: told.mail.slice(1) })).toContainEqual(expect.stringContaining('with 0 keys'))
    expect(spoiled({ mail: [...told.mail, 'another key'] })).toContainEqual(
      expect.stringContaining('letters'),
    )
    expect(spoiled({ mail: [...told.mail, ...told.mail] })).toContainEqual(expect.stringContaining('letters'))
    const seen = new Map([['shop', []]])
    expect(spoiled({ follower: { faults: [], entries: seen } })).toContainEqual(
      expect.stringContaining('who followed'),
    )
  })
})

describe('the disk, seen from outside', () => {
  it.skipIf(!isTraced)(
    'V28 each receipt is sent after the write-ahead log was written and flushed',
    async () => {
      expect(await trace('flushed.db')).toEqual({ receipts: 8, early: 0 })
      // The control: one that does not wait for the disk is found.
      expect(await trace('unflushed.db', 'unflushed')).toEqual({ receipts: 8, early: 8 })
    },
  )

  async function trace(name: string, barrier?: 'unflushed'): Promise<FlushReport> {
    const traced = join(folder, `${name}.trace`)
    const server = await startServer(join(folder, name), {
      under: traceTo(traced),
      ...(barrier && { barrier }),
    })
    const client = await connectTestClient(server.url ?? '', { logs: ['customer/ann'] })
    const { epoch } = (await client.next('welcome')).logs[0]!
    const author = testAuthor({ log: 'customer/ann', replica: 'phone' })
    for (let n = 0; n < 8; n++) {
      client.send(author.push([author.commit()], epoch))
      await client.next('receipt')
    }
    server.kill()
    await server.gone
    return flushesBeforeReceipts(readFileSync(traced, 'utf8'), server.id)
  }
})
