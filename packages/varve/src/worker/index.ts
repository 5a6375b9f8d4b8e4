/** The door `varve/worker`: what the script of a worker needs. */

export type { Sync, SyncContext, SyncFactory } from '../sync/index.ts'
export { webSocket } from '../sync/index.ts'
export { type ServeOptions, serveStore } from './serve.ts'
