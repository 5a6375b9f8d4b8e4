import { afterEach, describe, expect, it } from 'vitest'
import { Account, shop } from '../core/cart.fixture.ts'
import { createLedger } from '../core/ledger.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import type { SyncPort } from '../engine/sync-port.ts'
import { type MemoryDisk, memoryDisk, openMemoryLog } from '../log/index.ts'
import { freezableTab, virtualTime } from '../testing/freezable-tabs.fixture.ts'
import { memoryNetwork, memoryPorts } from '../testing/memory-ports.ts'
import { referenceServer } from '../testing/reference-server.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { type Sync, startSync } from './sync.ts'

interface Tab {
  readonly engine: Engine
  readonly sync: Sync
  readonly isNamed: () => boolean
  freeze(): void
  thaw(): void
  deposit(amount: number): Promise<unknown>
}

const tabs: Tab[] = []
let seeds = 0

afterEach(async () => {
  for (const tab of tabs) tab.thaw()
  for (const { sync, engine } of tabs.splice(0)) {
    await sync.stop()
    await engine.close()
  }
})

/** One browser profile and its server; errors are told to the test that looks for them. */
function device() {
  const ledger = createLedger('e')
  const time = virtualTime(seededRandom(1).next)
  const errors: unknown[] = []
  const network = memoryNetwork(referenceServer('bank/1', ledger, () => time.clock.now()))
  const shared = { ...memoryPorts(network, (error) => errors.push(error)), clock: time.clock }
  const disk = memoryDisk()

  async function open(change: (engine: Engine) => Partial<SyncPort> = () => ({})): Promise<Tab> {
    const engine = await openEngine({
      model: shop,
      log: openMemoryLog(disk),
      logs: { customer: 'customer/1', bank: 'bank/1' },
      ports: { now: () => 0, newId: time.clock.newId, report: (error) => errors.push(error) },
    })
    const { ports, freeze, thaw } = freezableTab(shared)
    // The reference server serves one log: the other one stays on the device.
    const bankOnly = {
      ...engine,
      logs: () => engine.logs().filter(({ head }) => head.log === 'bank/1'),
      ...change(engine),
    }
    const sync = startSync({ engine: bankOnly, name: 'test', store: engine.store, token: 'token' }, ports)
    let isNamed = false
    sync.named?.then(() => {
      isNamed = true
    })
    const tab: Tab = {
      engine,
      sync,
      freeze,
      thaw,
      isNamed: () => isNamed,
      deposit(amount) {
        seeds += 1
        const commands = [Account.commands.deposit('a', { amount })] as never
        return engine.dispatch({ commands, now: 0, seed: `takeover-${seeds}` })
      },
    }
    tabs.push(tab)
    // What only a leader needs is loaded.
    await import('./lead.ts')
    await time.pass(500)
    return tab
  }
  return { open, pass: time.pass, ledger, errors, network, disk }
}

const leads = ({ engine }: Tab): boolean => engine.status().leading
const isSynced = ({ engine }: Tab): boolean => engine.status().phase === 'synced'

describe('a leader that is silent', () => {
  it('Y11 a frozen leader is replaced in less than 8 s, and the other syncs', async () => {
    const { open, pass, ledger, errors } = device()
    const [a, b] = [await open(), await open()]
    expect([leads(a), leads(b)]).toEqual([true, false])
    a.freeze()
    await b.deposit(1)
    await pass(4_000)
    expect([leads(b), ledger.head()]).toEqual([false, 0])
    await pass(4_000)
    expect([leads(b), isSynced(b), ledger.head()]).toEqual([true, true, 1])
    expect(errors).toEqual([])
  })

  it('Y12 a leader that wakes after it was replaced follows, does no harm, and its tab goes on', async () => {
    const { open, pass, ledger, errors } = device()
    const [a, b] = [await open(), await open()]
    await a.deposit(1)
    a.freeze()
    await b.deposit(2)
    await pass(8_000)
    await b.deposit(3)
    await pass(1_000)
    expect(ledger.head()).toBe(3)
    a.thaw()
    await pass(1_000)
    expect([leads(a), leads(b), isSynced(a)]).toEqual([false, true, true])
    await a.deposit(4)
    await pass(20_000)
    expect([leads(a), leads(b), isSynced(a), isSynced(b)]).toEqual([false, true, true, true])
    expect(ledger.entries(0).map(({ commit }) => commit.events.length)).toEqual([1, 1, 1, 1])
    expect(errors).toEqual([])
  })

  it('Y12 the tab that was robbed takes over when the thief is frozen', async () => {
    const { open, pass, ledger } = device()
    const [a, b] = [await open(), await open()]
    a.freeze()
    await pass(8_000)
    a.thaw()
    await pass(1_000)
    b.freeze()
    await a.deposit(1)
    await pass(8_000)
    expect([leads(a), ledger.head()]).toEqual([true, 1])
    b.thaw()
    await pass(1_000)
    expect([leads(a), leads(b)]).toEqual([true, false])
  })

  it('Y11 of several tabs that hear nothing one leads', async () => {
    const { open, pass, ledger } = device()
    const all = [await open(), await open(), await open(), await open()]
    all[0]?.freeze()
    await pass(8_000)
    expect(all.slice(1).filter(leads)).toHaveLength(1)
    all[0]?.thaw()
    for (const tab of all) await tab.deposit(1)
    await pass(10_000)
    expect(all.filter(leads)).toHaveLength(1)
    expect([all.every(isSynced), ledger.head()]).toEqual([true, 4])
  })

  it('Y11 one that is busy for 4 s is not robbed, however often', async () => {
    const { open, pass } = device()
    const [a, b] = [await open(), await open()]
    for (let round = 0; round < 5; round += 1) {
      a.freeze()
      await pass(4_000)
      a.thaw()
      await pass(100)
      expect([leads(a), leads(b)]).toEqual([true, false])
    }
  })

  it('Y11 a tab that was stalled itself does not take its own silence for that of the leader', async () => {
    const { open, pass } = device()
    const [a, b] = [await open(), await open()]
    b.freeze()
    await pass(60_000)
    b.thaw()
    await pass(20_000)
    expect([leads(a), leads(b), isSynced(b)]).toEqual([true, false, true])
  })

  it('Y11 a leader that waits for the disk is alive, though it has no name to tell', async () => {
    const { open, pass } = device()
    const disk = Promise.withResolvers<void>()
    const a = await open((engine) => ({ lead: (replica) => disk.promise.then(() => engine.lead(replica)) }))
    const b = await open()
    await pass(30_000)
    expect([leads(a), leads(b), b.isNamed()]).toEqual([false, false, false])
    disk.resolve()
    await pass(2_000)
    expect([leads(a), leads(b), b.isNamed()]).toEqual([true, false, true])
  })

  it('Y12 a tab that gets to lead only after it was robbed leaves that to the thief', async () => {
    const { open, pass, ledger } = device()
    const disk = Promise.withResolvers<void>()
    const a = await open((engine) => ({ lead: (replica) => disk.promise.then(() => engine.lead(replica)) }))
    a.freeze()
    const b = await open()
    await b.deposit(1)
    await pass(8_000)
    expect(leads(b)).toBe(true)
    a.thaw()
    disk.resolve()
    await pass(10_000)
    expect([leads(a), leads(b)].filter((each) => each)).toHaveLength(1)
    await a.deposit(1)
    await b.deposit(1)
    await pass(5_000)
    expect([isSynced(a), isSynced(b), ledger.head()]).toEqual([true, true, 3])
  })

  it('Y16 what a tab stored and could not tell is sent all the same', async () => {
    const { open, pass, ledger } = device()
    const [a, b] = [await open(), await open()]
    await b.sync.stop()
    await b.deposit(1)
    await pass(11_000)
    expect([leads(a), isSynced(a), ledger.head()]).toEqual([true, true, 1])
  })

  it('Y20 what a leader stored and could not tell is shown once another one leads', async () => {
    const { open, pass, ledger } = device()
    const mute = await open(() => ({ onChange: () => () => {} }))
    const [, c] = [await open(), await open()]
    const shown = () => c.engine.status().logs.find(({ log }) => log === 'bank/1')?.position
    await mute.deposit(1)
    await pass(11_000)
    expect([ledger.head(), shown()]).toEqual([1, 0])
    await mute.sync.stop()
    await pass(1_000)
    expect(shown()).toBe(1)
  })

  it('Y13 tabs that are all too busy do not rob each other for ever', async () => {
    const { open, pass } = device()
    const both = [await open(), await open()]
    let leader = both[0] as Tab
    for (let round = 1; ; round += 1) {
      expect(round).toBeLessThan(10)
      leader.freeze()
      await pass(15_000)
      leader.thaw()
      await pass(1_000)
      const next = both.find(leads) as Tab
      if (next === leader) break
      leader = next
    }
  })

  it('Y24 a leader whose store is gone leads no more, and the tab that starts anew syncs', async () => {
    const { open, pass, ledger, errors, disk } = device()
    const [leader, follower] = [await open(), await open()]
    await leader.deposit(3)
    await pass(2_000)
    disk.erase()
    const fresh = await open()
    await pass(12_000)
    expect([leader, follower, fresh].map(({ engine }) => engine.status().leading)).toEqual([
      false,
      false,
      true,
    ])
    for (const { engine } of [leader, follower])
      expect(engine.status()).toMatchObject({ phase: 'halted', problem: { code: 'store_gone' } })
    await fresh.deposit(4)
    await pass(2_000)
    expect(fresh.engine.status()).toMatchObject({ phase: 'synced', pending: 0, problem: null })
    expect(ledger.head()).toBe(2)
    // The status has said it: nobody repeats it to the developer again and again.
    await pass(60_000)
    expect(errors).toEqual([])
  })

  it.each([
    ['went', (disk: MemoryDisk) => disk.erase()],
    ['was set back', (disk: MemoryDisk, before: MemoryDisk) => disk.setBack(before)],
  ])(
    'Y24 what a store had not sent when it %s is not sent later, though its tab still shows it',
    async (_, harm) => {
      const { open, pass, ledger, network, disk } = device()
      const leader = await open()
      await pass(2_000)
      network.down()
      const before = disk.clone()
      await leader.deposit(3)
      harm(disk, before)
      await expect(leader.deposit(4)).rejects.toThrow(/store/)
      expect(leader.engine.status()).toMatchObject({ phase: 'halted', pending: 1 })
      network.up()
      await pass(12_000)
      const fresh = await open()
      await pass(2_000)
      expect(fresh.engine.status()).toMatchObject({ phase: 'synced', pending: 0 })
      expect(ledger.head()).toBe(0)
    },
  )

  it('Y24 a tab that finds the store set back tells the leader, which has not looked yet and sends nothing', async () => {
    const { open, pass, ledger, network, disk } = device()
    const [leader, follower] = [await open(), await open()]
    await pass(2_000)
    network.down()
    const before = disk.clone()
    await leader.deposit(3)
    await pass(100)
    disk.setBack(before)
    await expect(follower.deposit(4)).rejects.toMatchObject({ code: 'store_rolled_back' })
    await pass(100)
    expect(leader.engine.status()).toMatchObject({ phase: 'halted', problem: { code: 'store_rolled_back' } })
    network.up()
    await pass(12_000)
    expect([ledger.head(), leads(leader), leads(follower)]).toEqual([0, false, false])
  })
})
