/** A disk that is full, for real where a small one can be mounted. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { sqliteLog } from './sqlite/index.ts'
import { startTestServer } from './testing/start-test-server.ts'
import { testAuthor } from './testing/test-author.ts'
import { connectTestClient } from './testing/test-client.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  const failures: unknown[] = []
  // Whatever fails, no disk stays mounted.
  for (const cleanup of cleanups.splice(0).toReversed()) {
    try {
      await cleanup()
    } catch (thrown) {
      failures.push(thrown)
    }
  }
  expect(failures).toEqual([])
})

const diskBytes = 2 * 1024 * 1024
const name = 'customer/ann'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'varve-disk-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder on a small disk of its own. */
function mountSmallDisk(): string {
  const folder = temporaryFolder()
  expect(mount(folder)).toBe(true)
  cleanups.push(() => unmount(folder))
  return folder
}

function mount(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder]).status === 0
}

function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder])
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'varve-disk-'))
  const isMounted = mount(folder)
  if (isMounted) unmount(folder)
  rmSync(folder, { recursive: true, force: true })
  return isMounted
}

const isMountable = canMount()
if (!isMountable) console.log('skipped: what needs a small disk, for none may be mounted here')

function fill(file: string): void {
  for (let size = diskBytes; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(file, 'x'.repeat(size), { flag: 'a' })
    } catch {
      // ENOSPC: less may still fit.
    }
  }
}

async function serve(log: ReturnType<typeof sqliteLog>) {
  const errors: unknown[] = []
  const server = await startTestServer({ log, onError: (error) => errors.push(error) })
  cleanups.push(() => server.close())
  const client = await connectTestClient(server.url, { logs: [name] })
  const { epoch } = (await client.next('welcome')).logs[0]!
  return { server, client, epoch, errors }
}

/** Pushes a commit with so many characters, and gives the answer. */
function pusher({ client, epoch }: Awaited<ReturnType<typeof serve>>) {
  const author = testAuthor({ log: name, replica: 'phone' })
  let last = author.commit()
  return {
    next: (chars: number) => {
      last = author.commit({ data: 'x'.repeat(chars), seed: String(chars) })
    },
    again: async () => {
      client.send(author.push([last], epoch))
      return client.next('receipt', 'refuse')
    },
  }
}

describe('a full disk', () => {
  it.skipIf(!isMountable)(
    'V9 V18 V20 V28 refuses pushes, keeps what was acknowledged, serves it, and goes on by itself when there is room',
    async () => {
      const disk = mountSmallDisk()
      const file = join(disk, 'log.db')
      const ballast = join(disk, 'ballast')
      const served = await serve(sqliteLog(file))
      const { client, server, errors } = served
      const push = pusher(served)
      let placed = 0
      const pushNext = async () => {
        const answer = await push.again()
        if (answer.type === 'receipt') {
          placed += 1
          push.next(20_000)
        }
        return answer
      }
      for (let n = 0; n < 5; n++) expect((await pushNext()).type).toBe('receipt')

      for (let round = 1; round <= 2; round++) {
        fill(ballast)
        let answer = await pushNext()
        // What was set aside for the log before may still take some.
        while (answer.type === 'receipt') answer = await pushNext()
        expect(answer).toMatchObject({ code: 'internal', retryAfterMs: expect.any(Number) })
        expect(errors.at(-1)).toMatchObject({ code: 'storage_full' })
        expect(await push.again()).toMatchObject({ type: 'refuse', code: 'internal' })
        client.send({ type: 'pull', log: name, after: 0, credit: 1_000 })
        let seen = 0
        while (seen < placed) seen = (await client.next('entries')).entries.at(-1)?.position ?? 0
        expect(seen).toBe(placed)

        rmSync(ballast)
        expect((await pushNext()).type).toBe('receipt')
        client.send({ type: 'pull', log: name, after: 0, credit: 0 })
      }

      // A server that has to start on a full disk serves what it has, and takes its mark the next time.
      await client.close()
      fill(ballast)
      await server.close()
      const restarted = await serve(sqliteLog(file))
      expect(await restarted.server.log.head(name)).toMatchObject({ position: placed, epoch: served.epoch })
      await restarted.client.close()
      rmSync(ballast)
      await restarted.server.close()
      const last = await serve(sqliteLog(file))
      expect(await last.server.log.head(name)).toMatchObject({ position: placed, epoch: served.epoch })
      await last.client.close()
    },
  )

  it('V9 V20 a log that may not grow refuses what is too much for it, and takes what fits', async () => {
    const served = await serve(sqliteLog(join(temporaryFolder(), 'log.db'), { pagesMax: 70 }))
    const push = pusher(served)
    expect((await push.again()).type).toBe('receipt')
    push.next(120_000)
    expect(await push.again()).toMatchObject({ code: 'internal' })
    expect(served.errors.at(-1)).toMatchObject({ code: 'storage_full' })
    const ben = testAuthor({ log: name, replica: 'desk' })
    served.client.send(ben.push([ben.commit({ writes: ['note/2'] })], served.epoch))
    expect((await served.client.next('receipt', 'refuse')).type).toBe('receipt')
    await served.client.close()
  })
})
