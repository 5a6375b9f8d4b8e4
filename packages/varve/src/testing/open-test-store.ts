/**
 * A store without a worker: the engine runs in the same thread, by default over a log in memory. For tests, scripts and
 * whoever holds a replica in Node. What is watched is cloned as on its way out of a worker, so that a test in Node sees
 * what a page will see.
 */
import type { LogId } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import type { Query, Update } from '../core/query.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import { memoryLog } from '../log/memory.ts'
import type { StoreLog } from '../log/port.ts'
import type { Store } from '../store/store.ts'
import { type HostOptions, storeOn } from '../store/store-on.ts'
import type { SyncFactory } from '../sync/index.ts'
import type { Host, Opened, OpenRequest, Reply } from '../worker/contract.ts'
import { failureOf, hostOf, lossOf, reply } from '../worker/host.ts'
import { startSyncing } from '../worker/serve-sync.ts'
import { uncloneable } from '../worker/uncloneable.ts'

export interface LocalStoreOptions<LogKind extends string = string>
  extends Partial<Omit<HostOptions<LogKind>, 'onLife'>> {
  /** Where it remembers; closed with the store. Default: a new one in memory. To share or reopen: `openMemoryLog`. */
  readonly log?: StoreLog
  readonly sync?: SyncFactory
  /** Told the engine once it is open, for tests that play the server. */
  readonly onEngine?: (engine: Engine) => void
}

/** Opens at once; by default each kind of log is the log of that name. */
export function openLocalStore<LogKind extends string>(
  model: Model<LogKind>,
  options: LocalStoreOptions<NoInfer<LogKind>> = {},
): Store {
  const logs = Object.fromEntries(model.logKinds.map((kind) => [kind, kind])) as Readonly<
    Record<string, LogId>
  > as Record<LogKind, LogId>
  return storeOn(localHost(model, options), model, { name: 'local', logs, ...options })
}

/** The engine as a host that opens it when it is told to. */
export function localHost(model: Model, options: LocalStoreOptions): Host {
  const { log = memoryLog(), now = Date.now, newId = () => crypto.randomUUID() } = options
  let host: Host | null = null
  let opening: Promise<Reply<Opened>> | null = null

  const open = async (request: OpenRequest): Promise<Opened> => {
    const { name, logs, actor, witness } = request
    const engine = await openEngine({ model, log, logs, actor, ports: { now, newId, report } })
    options.onEngine?.(engine)
    // Without a server there is nobody to talk to: not even other tabs, for a test has none.
    const syncing = options.sync && startSyncing(options.sync, { engine, name, store: engine.store }, request)
    const inner = hostOf(engine, syncing)
    host = Object.freeze({
      ...inner,
      close: async () => {
        await syncing?.stop()
        return inner.close()
      },
    })
    return { store: engine.store, lost: lossOf(witness, engine) }
  }
  const ask = async <T>(question: (host: Host) => Promise<Reply<T>>): Promise<Reply<T>> =>
    host === null ? { ok: false, failure: failureOf(notOpen()) } : question(host)

  return Object.freeze({
    open(request: OpenRequest) {
      opening ??= reply(() => open(request))
      return opening
    },
    dispatch: (request, again) => ask((to) => to.dispatch(request, again)),
    subscribe(query, listener) {
      if (host === null) throw notOpen()
      return host.subscribe(query, (update) => listener(cloned(query, update)))
    },
    history: (stream, from, past) => ask((to) => to.history(stream, from, past)),
    openPast: (cut) => ask((to) => to.openPast(cut)),
    closePast: (past) => ask((to) => to.closePast(past)),
    cancel: (ref) => ask((to) => to.cancel(ref)),
    dismiss: (ref) => ask((to) => to.dismiss(ref)),
    setToken: (token) => ask((to) => to.setToken(token)),
    async close() {
      await opening
      return host === null ? { ok: true, value: null } : host.close()
    },
  } satisfies Host)
}

/** As it would arrive in a page. */
function cloned(query: Query, update: Update): Update {
  try {
    return structuredClone(update)
  } catch (thrown) {
    return uncloneable(query, thrown, report)
  }
}

function report(thrown: unknown): void {
  console.error('varve:', thrown)
}

function notOpen(): VarveError {
  return new VarveError('not_open', 'The store is not open yet.')
}
