/** One device, on virtual time, whose disk may be full, and a server that does what the test's mood says. */
import { onTestFinished } from 'vitest'
import { Account, shop } from '../core/cart.fixture.ts'
import { createLedger } from '../core/ledger.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import type { SyncReport } from '../engine/sync-port.ts'
import { failures } from '../log/failures.ts'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import type { MemoryWrite } from '../log/memory-disk.ts'
import type { ClientMessage, RefusalCode, ServerMessage } from '../protocol/messages.ts'
import { freezableTab, virtualTime } from '../testing/freezable-tabs.fixture.ts'
import { memoryNetwork, memoryPorts } from '../testing/memory-ports.ts'
import { referenceServer } from '../testing/reference-server.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { startSync } from './sync.ts'

/** What the server lets through, and what it makes of what it says; `refuse` answers every push. */
interface Mood {
  hears: (message: ClientMessage) => boolean
  says: (message: ServerMessage) => boolean
  alters: (message: ServerMessage) => ServerMessage
  refuse: RefusalCode | null
}

interface Space {
  /** At which write of a transaction it is found that there is no room for it; null: there is. */
  fullAt: MemoryWrite | null
  /** How often that was found. */
  refusals: number
}

export function device() {
  const ledger = createLedger('e')
  const time = virtualTime(seededRandom(1).next)
  const mood: Mood = { hears: () => true, says: () => true, alters: (message) => message, refuse: null }
  const server = referenceServer('bank/1', ledger, () => 1)
  const network = memoryNetwork({
    ...server,
    connect(send) {
      const remote = server.connect((message) => mood.says(message) && send(mood.alters(message)))
      return {
        ...remote,
        receive(message) {
          if (message.type === 'push' && mood.refuse !== null)
            send({ type: 'refuse', code: mood.refuse, message: 'no', log: 'bank/1', head: ledger.head() })
          else if (mood.hears(message)) remote.receive(message)
        },
      }
    },
  })
  const shared = { ...memoryPorts(network, () => {}), clock: time.clock }
  const disk = memoryDisk()
  const space: Space = { fullAt: null, refusals: 0 }
  const onWrite = (write: MemoryWrite): void => {
    if (write !== space.fullAt) return
    space.refusals += 1
    throw failures.full(new Error('no space'))
  }

  async function open() {
    const engine: Engine = await openEngine({
      model: shop,
      log: openMemoryLog(disk, { onWrite }),
      logs: { customer: 'customer/1', bank: 'bank/1' },
      ports: { now: () => 1_000_000 + time.clock.now(), newId: time.clock.newId },
    })
    const { ports, freeze, thaw } = freezableTab(shared)
    const logs = () => engine.logs().filter(({ head }) => head.log === 'bank/1')
    const reports: SyncReport[] = []
    const report = (told: SyncReport): void => {
      reports.push(told)
      engine.report(told)
    }
    const context = { engine: { ...engine, logs, report }, name: 'test', store: engine.store, token: 'token' }
    const sync = startSync(context, ports)
    const close = async () => {
      thaw()
      await sync.stop()
      await engine.close()
    }
    onTestFinished(close)
    await import('./lead.ts')
    await time.pass(500)
    const deposit = (amount: number, seed: string) =>
      engine.dispatch({
        commands: [Account.commands.deposit('a', { amount })] as never,
        now: 0,
        seed,
      })
    return { engine, reports, freeze, thaw, close, deposit, stalled: () => engine.status().stalled }
  }
  return { open, mood, space, network, pass: time.pass, clock: time.clock, ledger }
}
