export {
  browserPorts,
  openTabChannel,
  type SyncFactory,
  systemClock,
  webLocks,
  webSocket,
  webSocketTransport,
} from './browser-ports.ts'
export type { Connection, Locks, NetworkHints, SyncClock, SyncPorts, TabChannel, Transport } from './ports.ts'
export { type Sync, type SyncContext, startSync } from './sync.ts'
