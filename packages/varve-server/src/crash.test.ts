import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Commit,
  chainOf,
  chainStart,
  dotKey,
  type Entry,
  extendHistory,
  historyStart,
  sealCommit,
} from 'varve/core'
import { afterAll, describe, expect, it } from 'vitest'
import { createSyncServer } from './server.ts'
import { sqliteLog } from './sqlite/sqlite-log.ts'
import { market, Order, Stock } from './testing/market.fixture.ts'
import { connectTestClient } from './testing/test-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-crash-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const log = 'customer/ann'
const ordersMax = 60

function orderCommit(n: number): Commit {
  const stream = `order/o${n}`
  const data = { sku: 'tee', quantity: 1 }
  return sealCommit({
    log,
    dot: { replica: 'phone', counter: n },
    base: 0,
    born: 0,
    parent: null,
    guards: [{ stream, revision: 0, kind: 'serial' }],
    events: [{ stream, type: 'order.requested', version: 1, data }],
    withdrawn: null,
    commands: [{ stream, name: 'request', input: data }],
    now: n,
    seed: String(n),
    actor: null,
    correlation: null,
    causation: null,
  })
}

async function startProcess(path: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('testing/crash-server.fixture.ts', import.meta.url)), path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, url: String(said).trim().split(' ')[1] ?? '' }
}

describe('kill -9', () => {
  it('V28 V23 whatever was acknowledged is there, once, and each order gets one answer', async () => {
    const path = join(folder, 'shop.db')
    const setUp = createSyncServer({ log: sqliteLog(path), insecure: true, model: market })
    await setUp.dispatch('shop', Stock.commands.receive('tee', { quantity: 40 }), { principal: 'seed' })
    await setUp.close()

    const commits = Array.from({ length: ordersMax }, (_, n) => orderCommit(n + 1))
    const receipts = new Map<string, number>()
    let kills = 0
    for (let next = 0; next < commits.length; ) {
      const { child, url } = await startProcess(path)
      const client = await connectTestClient(url, { logs: [log] })
      const { epoch } = (await client.next('welcome')).logs[0]!
      // A few acknowledged ones, then more in flight, and the process dies among them.
      const lives = 3 + ((kills * 7) % 11)
      let prev = historyStart
      for (const commit of commits.slice(0, next)) prev = extendHistory(prev, commit)
      for (const commit of commits.slice(next, next + lives + 4)) {
        client.send({ type: 'push', log, epoch, prev, commits: [commit] })
        prev = extendHistory(prev, commit)
      }
      for (let n = 0; n < lives && next < commits.length; n++) {
        for (const { dot, position } of (await client.next('receipt')).placed) {
          receipts.set(dotKey(dot), position)
          next += 1
        }
      }
      child.kill('SIGKILL')
      kills += 1
      await Promise.all([once(child, 'exit'), client.closed])
    }
    expect(kills).toBeGreaterThan(5)

    const survivor = sqliteLog(path)
    const server = createSyncServer({ log: survivor, insecure: true, model: market, policies: [] })
    const entries = await survivor.entries(log, 0, 1_000)
    for (const [key, position] of receipts) expect(dotKey(entries[position - 1]!.commit.dot)).toBe(key)
    expect(receipts.size).toBe(ordersMax)
    expect(new Set(entries.map(({ commit }) => dotKey(commit.dot))).size).toBe(entries.length)
    expectChained(entries)
    expectChained(await survivor.entries('shop', 0, 1_000))
    await server.close()

    // What the policies had not come to, they come to now.
    const { fulfilment, settlement } = await import('./testing/market.fixture.ts')
    const last = createSyncServer({
      log: sqliteLog(path),
      insecure: true,
      model: market,
      policies: [fulfilment, settlement],
    })
    await last.listen()
    await last.settled()
    const statuses = await Promise.all(commits.map((_, n) => last.read(log, Order, `o${n + 1}`)))
    expect(statuses.filter(({ status }) => status === 'placed')).toHaveLength(40)
    expect(statuses.filter(({ status }) => status === 'declined')).toHaveLength(20)
    expect(await last.read('shop', Stock, 'tee')).toEqual({ free: 0, reserved: 40 })
    await last.close()
  })
})

function expectChained(entries: readonly Entry[]): void {
  let chain = chainStart
  for (const [index, { chain: own, ...entry }] of entries.entries()) {
    expect(entry.position).toBe(index + 1)
    chain = chainOf(chain, entry)
    expect(own).toBe(chain)
  }
}
