export { type DexieLogOptions, openDexieLog } from './dexie.ts'
export { type MemoryLogOptions, memoryLog, openMemoryLog } from './memory.ts'
export {
  type MemoryDisk,
  type MemoryTables,
  type MemoryWrite,
  memoryDisk,
  type OnMemoryWrite,
} from './memory-disk.ts'
export {
  type AppendCommits,
  type ApplyEntries,
  type InboxItem,
  type LogHead,
  logLimits,
  type ReviseOutbox,
  type Snapshot,
  type Stamp,
  type StoreLog,
  type StoreRecord,
  type Written,
} from './port.ts'
