/** The door `varve-server/testing`. Depends on no test runner: contracts (server-log-contract.ts) are imported by tests alone. */
export { memoryLog } from './memory-log.ts'
export { startTestServer, type TestServer } from './start-test-server.ts'
