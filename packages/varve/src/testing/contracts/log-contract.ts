/**
 * The contract of the log port: one suite that every implementation runs, on every place that it stores to.
 *
 * Rules L1–L23 are in SPEC.md. The suite knows the port only; how to open handles, clear the data and break a write
 * is the disk's (log-disk.ts).
 */
import { logCrashContract } from './log-contract-crash.ts'
import { logOutboxContract } from './log-contract-outbox.ts'
import { logReadContract } from './log-contract-read.ts'
import { logResetContract } from './log-contract-reset.ts'
import { logStoreContract } from './log-contract-store.ts'
import { logWriteContract } from './log-contract-write.ts'
import type { OpenDisk, TestApi } from './log-disk.ts'

export function logContract(api: TestApi, openDisk: OpenDisk): void {
  api.describe('the store', () => logStoreContract(api, openDisk))
  api.describe('writes', () => logWriteContract(api, openDisk))
  api.describe('the outbox and the inbox', () => logOutboxContract(api, openDisk))
  api.describe('reads', () => logReadContract(api, openDisk))
  api.describe('resets', () => logResetContract(api, openDisk))
  api.describe('crashes', () => logCrashContract(api, openDisk))
}
