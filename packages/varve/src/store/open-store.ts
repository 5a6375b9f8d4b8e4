/** Opens a store from a page: the engine runs in a worker, and is replaced when it dies. */
import type { Model } from '../core/model.ts'
import { connectWorker } from '../worker/connect.ts'
import type { Store } from './store.ts'
import { type StoreOptions, storeOn } from './store-on.ts'
import { localWitness } from './witness.ts'

/**
 * @param worker a function that starts the worker, whose script calls `serveStore` with the same model:
 *   `() => new Worker(new URL('./shop.worker.ts', import.meta.url), { type: 'module' })`. Given a Worker instead,
 *   nothing can replace it, and everything fails with `worker_lost` if it dies.
 */
export function openStore<LogKind extends string>(
  model: Model<LogKind>,
  worker: Worker | (() => Worker),
  options: StoreOptions<NoInfer<LogKind>>,
): Store {
  const host = connectWorker(worker)
  return storeOn(host, model, { ...options, witness: localWitness(options.name), onLife: host.onLife })
}
