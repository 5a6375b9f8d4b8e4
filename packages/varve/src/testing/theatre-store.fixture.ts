/** The engine's theatre as the store's tests need it: stores over one disk, and a server that they are synced with by hand. */
import type { Engine } from '../engine/engine.ts'
import { type Server, theatre, theatreServer } from '../engine/theatre.fixture.ts'
import { type MemoryDisk, memoryDisk, openMemoryLog } from '../log/index.ts'
import type { Store } from '../store/store.ts'
import { type LocalStoreOptions, openLocalStore } from './open-test-store.ts'

export { Busy, Claps, Guests, Note, Seat, Sold, theatre } from '../engine/theatre.fixture.ts'

export interface Stage {
  readonly store: Store
  readonly engine: Engine
  readonly disk: MemoryDisk
  readonly server: Server
  /** Pushes what is pending and pulls what others pushed. */
  sync(): Promise<void>
}

export interface StageOptions extends LocalStoreOptions<'hall' | 'desk'> {
  readonly disk?: MemoryDisk
  readonly server?: Server
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const { disk = memoryDisk(), server = theatreServer() } = options
  const { promise, resolve } = Promise.withResolvers<Engine>()
  const logs = { hall: 'hall', desk: 'desk/1' }
  const store = openLocalStore(theatre, { logs, log: openMemoryLog(disk), onEngine: resolve, ...options })
  await store.ready
  const engine = await promise
  let isLeading = false
  return {
    store,
    engine,
    disk,
    server,
    async sync() {
      if (!isLeading) await engine.lead(crypto.randomUUID())
      isLeading = true
      await server.sync(engine)
    },
  }
}
