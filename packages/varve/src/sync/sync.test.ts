import { afterEach, describe, expect, it } from 'vitest'
import { Account, shop } from '../core/cart.fixture.ts'
import type { CommandCall } from '../core/command.ts'
import { createLedger, type Ledger } from '../core/ledger.ts'
import type { CommitRef, EngineStatus } from '../core/query.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import type { StoreLog } from '../log/port.ts'
import { memoryNetwork, memoryPorts } from '../testing/memory-ports.ts'
import { referenceServer } from '../testing/reference-server.ts'
import { lead } from './lead.ts'
import type { SyncPorts } from './ports.ts'
import { type LoadLead, type Sync, startSync } from './sync.ts'

interface Tab {
  readonly engine: Engine
  readonly sync: Sync
  wish(call: CommandCall | readonly CommandCall[]): Promise<unknown>
  /** Resolves when the status satisfies the test. */
  until(test: (status: EngineStatus) => boolean): Promise<EngineStatus>
  close(): Promise<void>
}

const tabs: Tab[] = []
const errors: unknown[] = []
let seeds = 0

afterEach(async () => {
  await Promise.all(tabs.splice(0).map((tab) => tab.close()))
  expect(errors.splice(0)).toEqual([])
})

function world(): { ledger: Ledger; network: ReturnType<typeof memoryNetwork>; device: () => Device } {
  const ledger = createLedger('e')
  const network = memoryNetwork(referenceServer('bank/1', ledger, () => Date.now()))
  const device = (): Device => ({
    disk: memoryDisk(),
    ports: memoryPorts(network, (error) => errors.push(error)),
  })
  return { ledger, network, device }
}

interface Device {
  readonly disk: ReturnType<typeof memoryDisk>
  readonly ports: SyncPorts
  readonly listen?: (log: StoreLog) => StoreLog
}

async function openTab({ disk, ports, listen }: Device, load?: LoadLead): Promise<Tab> {
  const log = openMemoryLog(disk)
  const engine = await openEngine({
    model: shop,
    log: listen?.(log) ?? log,
    logs: { customer: 'customer/1', bank: 'bank/1' },
    ports: { now: () => 0, newId: () => crypto.randomUUID(), report: (error) => errors.push(error) },
  })
  // The reference server serves one log: the other one stays on the device.
  const bankOnly = {
    ...engine,
    logs: () => engine.logs().filter(({ head }) => head.log === 'bank/1'),
  }
  const context = { engine: bankOnly, name: 'test', store: engine.store, token: 'token' }
  const sync = startSync(context, ports, load)
  const tab: Tab = {
    engine,
    sync,
    wish(calls) {
      seeds += 1
      return engine.dispatch({ commands: [calls].flat() as never, now: 0, seed: `seed-${seeds}` })
    },
    until: (test) =>
      new Promise((resolve) => {
        let stop: (() => void) | null = null
        stop = engine.subscribe({ kind: 'status' }, (update) => {
          if (update.kind !== 'status' || !test(update.status)) return
          queueMicrotask(() => stop?.())
          resolve(update.status)
        })
      }),
    async close() {
      await sync.stop()
      await engine.close()
    },
  }
  tabs.push(tab)
  return tab
}

function watchFate({ engine }: Tab, ref: CommitRef) {
  let status: string | null = null
  let look = (): void => {}
  engine.subscribe({ kind: 'fate', ref }, (update) => {
    if (update.kind === 'fate') status = update.fate.status
    look()
  })
  return {
    until: (wanted: string) =>
      new Promise<void>((resolve) => {
        look = () => status === wanted && resolve()
        look()
      }),
  }
}

const balance = ({ engine }: Tab, id = 'a'): Promise<unknown> =>
  new Promise((resolve) => {
    engine.subscribe({ kind: 'stream', stream: `account/${id}` }, (update) => {
      if (update.kind === 'stream') resolve(update.state)
    })
  })
const deposit = (amount: number) => Account.commands.deposit('a', { amount })
/** Until what is under way has had its turns. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
const isSynced = (status: EngineStatus) => status.phase === 'synced'

describe('sync', () => {
  it('Y1 what one device decides, the other shows', async () => {
    const { device, ledger } = world()
    const [a, b] = [await openTab(device()), await openTab(device())]
    await a.wish(deposit(5))
    await b.wish(Account.commands.deposit('a', { amount: 2 }))
    await Promise.all(
      [a, b].map((tab) =>
        tab.until(
          (status) =>
            isSynced(status) && status.logs.every(({ log, position }) => log !== 'bank/1' || position === 2),
        ),
      ),
    )
    expect(await balance(a)).toEqual({ balance: 7 })
    expect(await balance(b)).toEqual({ balance: 7 })
    expect(ledger.head()).toBe(2)
  })

  it('Y2 works while the network is gone, says so, and catches up when it is back', async () => {
    const { device, network, ledger } = world()
    const phone = device()
    const a = await openTab(phone)
    await a.until(isSynced)
    network.down()
    await a.until((status) => status.phase === 'offline')
    for (let i = 0; i < 20; i++) await a.wish(deposit(1))
    expect(a.engine.status()).toMatchObject({ phase: 'offline', pending: 20 })
    network.up()
    await a.until((status) => isSynced(status) && status.pending === 0)
    expect(ledger.head()).toBe(20)
  })

  it('Y21 a leader sends what it has written itself, and does not read it again', async () => {
    let reads = 0
    const listen = (log: StoreLog): StoreLog => ({
      ...log,
      readNews(...of) {
        reads += 1
        return log.readNews(...of)
      },
    })
    const tab = await openTab({ ...world().device(), listen })
    await tab.until(isSynced)
    expect(reads).toBeGreaterThan(0)
    reads = 0
    for (let wish = 1; wish <= 5; wish += 1) {
      await tab.wish(deposit(1))
      await tab.until((status) => isSynced(status) && status.logs.some(({ position }) => position === wish))
    }
    expect(reads).toBe(0)
  })

  it('Y3 every tab writes and one syncs; when it closes another takes over', async () => {
    const { device, ledger } = world()
    const phone = device()
    const first = await openTab(phone)
    await first.until((status) => status.leading && isSynced(status))
    const second = await openTab(phone)
    await second.until(isSynced)
    expect(second.engine.status().leading).toBe(false)
    await second.wish(deposit(3))
    await first.until((status) => isSynced(status) && status.logs.some(({ position }) => position === 1))
    await second.until((status) => isSynced(status) && status.pending === 0)
    await tabs.shift()?.close()
    await second.until((status) => status.leading && isSynced(status))
    await second.wish(deposit(4))
    await second.until(
      (status) =>
        isSynced(status) && status.pending === 0 && status.logs.some(({ position }) => position === 2),
    )
    expect(ledger.entries(0).map((entry) => entry.commit.dot.replica)).toHaveLength(2)
    const [one, two] = ledger.entries(0)
    // C8: another leader, another name, which continues the first.
    expect(two?.commit.parent).toEqual(one?.commit.dot)
  })

  it('Y18 what the server has is told as sent in every tab, and as pending again when the connection is gone', async () => {
    const { ledger, device } = world()
    const server = referenceServer('bank/1', ledger, () => Date.now())
    // The way back for entries is blocked: there are receipts only.
    const network = memoryNetwork({
      ...server,
      connect: (send) => server.connect((message) => message.type !== 'entries' && send(message)),
    })
    const phone = { ...device(), ports: memoryPorts(network, (error) => errors.push(error)) }
    const leader = await openTab(phone)
    await leader.until((status) => status.leading && isSynced(status))
    const follower = await openTab(phone)
    await follower.until(isSynced)
    const decided = await follower.engine.dispatch({ commands: [deposit(3)] as never, now: 0, seed: 'mine' })
    if (!decided.ok) throw new Error('it was accepted')
    const ref = { log: decided.log, dot: decided.dot, seed: 'mine' }
    const seen = [leader, follower].map((tab) => watchFate(tab, ref))
    await Promise.all(seen.map(({ until }) => until('sent')))
    network.down()
    await Promise.all(seen.map(({ until }) => until('pending')))
    for (const tab of [leader, follower]) expect(tab.engine.status().pending).toBe(1)
  })

  it('Y8 C8 a store is named once this tab has minted a replica, or has heard from one that has', async () => {
    const { device } = world()
    const phone = device()
    const first = await openTab(phone)
    const before = first.engine.status().replica
    await first.sync.named
    expect(first.engine.status().leading).toBe(true)
    const minted = first.engine.status().replica
    expect(minted).not.toBe(before)
    const second = await openTab(phone)
    await second.sync.named
    expect(second.engine.status()).toMatchObject({ leading: false, replica: minted })
  })

  it('Y8 without what a leader needs, or behind a leader that is silent, a store is not named', async () => {
    const { device } = world()
    const tab = await openTab(device(), () => new Promise(() => {}))
    const named = await Promise.race([
      tab.sync.named?.then(() => 'named'),
      balance(tab).then(() => 'not yet'),
    ])
    expect(named).toBe('not yet')
  })

  it('Y4 a closed store leaves nothing running', async () => {
    const { device, ledger } = world()
    const a = await openTab(device())
    await a.until(isSynced)
    await tabs.shift()?.close()
    await expect(a.wish(deposit(1))).rejects.toMatchObject({ code: 'closed' })
    expect(ledger.head()).toBe(0)
  })

  it('Y4 C8 a tab that is stopped while it takes its name waits for that, and has said nothing before', async () => {
    const [append, mint] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const listen = (log: StoreLog): StoreLog => ({
      ...log,
      appendCommits: (write) => append.promise.then(() => log.appendCommits(write)),
      mintLeader: (...of) => mint.promise.then(() => log.mintLeader(...of)),
    })
    const tab = await openTab({ ...world().device(), listen })
    const phases = new Set<string>()
    tab.engine.subscribe({ kind: 'status' }, (update) => {
      if (update.kind === 'status') phases.add(update.status.phase)
    })
    const wish = tab.wish(deposit(1))
    await pause()
    append.resolve()
    await wish
    await pause()
    const ended: string[] = []
    const stopped = tab.sync.stop().then(() => ended.push('stopped'))
    await pause()
    expect([ended, [...phases]]).toEqual([[], ['connecting']])
    mint.resolve()
    await stopped
    expect(tab.engine.status().leading).toBe(false)
  })

  it('Y5 works while what a leader needs cannot be loaded, is honest about it, and loses nothing', async () => {
    const { device, ledger } = world()
    const phone = device()
    const hints = new Set<(network: 'online') => void>()
    const networkHints: SyncPorts['networkHints'] = (listener) => {
      hints.add(listener)
      return () => hints.delete(listener)
    }
    const tokens: (string | null)[] = []
    let isReachable = false
    const load: LoadLead = async () => {
      if (!isReachable) throw new Error('not reachable')
      return {
        lead: (context, ...rest) => {
          tokens.push(context.token)
          return lead(context, ...rest)
        },
      }
    }
    const a = await openTab({ ...phone, ports: { ...phone.ports, networkHints } }, load)
    expect(a.engine.status().phase).toBe('connecting')
    await a.until((status) => status.phase === 'offline')
    await a.wish(deposit(1))
    expect(a.engine.status()).toMatchObject({ phase: 'offline', pending: 1, leading: false })
    a.sync.setToken('late')
    isReachable = true
    for (const hear of hints) hear('online')
    await a.until((status) => isSynced(status) && status.pending === 0)
    expect(ledger.head()).toBe(1)
    expect(tokens).toEqual(['late'])
    expect(errors.splice(0)).toEqual([new Error('not reachable')])
  })

  it('Y5 who cannot lead asks for no lock, hears the other tabs and is told by their leader', async () => {
    const { device, ledger } = world()
    const phone = device()
    const never = await openTab(phone, () => Promise.reject(new Error('not reachable')))
    await never.until((status) => status.phase === 'offline')
    const leader = await openTab(phone)
    await leader.until((status) => status.leading && isSynced(status))
    await never.wish(deposit(2))
    await never.until((status) => isSynced(status) && status.logs.some(({ position }) => position === 1))
    expect(never.engine.status()).toMatchObject({ leading: false, pending: 0 })
    expect(ledger.head()).toBe(1)
    await tabs.shift()?.close()
    expect(errors.splice(0)).toContainEqual(new Error('not reachable'))
  })

  it('Y5 stops without waiting for what is being loaded', async () => {
    const { device } = world()
    const phone = device()
    const loading = await openTab(phone, () => new Promise(() => undefined))
    expect(loading.engine.status().phase).toBe('connecting')
    await tabs.shift()?.close()
    const next = await openTab(phone)
    await next.until((status) => status.leading && isSynced(status))
  })
})
