/**
 * The door `varve/testing`: for tests of apps and of other implementations of the ports. Runs in Node and in a page;
 * depends on no test runner.
 */

export { type MemoryDisk, memoryDisk, memoryLog, openMemoryLog, type StoreLog } from '../log/index.ts'
export type { SyncClock } from '../sync/ports.ts'
export { type Given, given, givenId, type When } from './given.ts'
export {
  localWebSocket,
  type MemoryNetwork,
  memoryLocks,
  memoryNetwork,
  memoryPorts,
  memoryTabChannels,
} from './memory-ports.ts'
export { type LocalStoreOptions, openLocalStore } from './open-test-store.ts'
export { type ReferenceReplica, type ReplicaOptions, referenceReplica } from './reference-replica.ts'
export { type ReferenceServer, referenceServer } from './reference-server.ts'
export { type SeededRandom, seededRandom } from './seeded-random.ts'
export type { Invariant } from './sim/auditor/server-audit.ts'
export { type Replay, type SimulationResult, simulateSeed } from './sim/campaign.ts'
export { type Action, defaultFaults, type FaultKind } from './sim/history.ts'
export { type MonthOptions, simulateMonth } from './sim/month.ts'
export type { OpenSimServer, SimServer } from './sim/server-port.ts'
export { toyOf } from './sim/toy-two-logs.ts'
export { type ModelSimulation, simulateModel } from './simulate-model.ts'
