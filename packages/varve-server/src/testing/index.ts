/** The door `varve-server/testing`. Depends on no test runner: contracts (server-log-contract.ts) are imported by tests alone. */
export {
  captivePortal,
  type FalseAnswer,
  type FaultCounts,
  type FaultProxy,
  type FaultProxyOptions,
  type Faults,
  type FrameFaults,
  startFaultProxy,
  tooManyRequests,
  unavailable,
} from './fault-proxy.ts'
export { memoryLog } from './memory-log.ts'
export { simServer } from './sim-server.ts'
export { startTestServer, type TestServer } from './start-test-server.ts'
