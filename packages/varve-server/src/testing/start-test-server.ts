/** A server on a free port of this machine, in memory unless told otherwise, that lets everybody in. */

import { assert } from 'varve/core'
import type { ServerAddress } from '../http-front.ts'
import type { ServerLog } from '../log-port.ts'
import { createSyncServer, type SyncServer, type SyncServerOptions } from '../server.ts'
import { memoryLog } from './memory-log.ts'

export interface TestServer extends ServerAddress {
  readonly server: SyncServer
  readonly log: ServerLog
  close(): Promise<void>
}

export async function startTestServer(options: Partial<SyncServerOptions> = {}): Promise<TestServer> {
  const log = options.log ?? memoryLog()
  const server = createSyncServer({
    allowMissingOrigin: true,
    ...(options.authorize === undefined ? { insecure: true } : null),
    ...options,
    log,
  })
  const address = await server.listen()
  assert(address !== null, 'A server of its own listens.')
  return Object.freeze({ ...address, server, log, close: () => server.close({ graceMs: 1_000 }) })
}
