/**
 * The worker's side of the border: opens the log, the engine and sync when the page says so, and answers the calls of
 * the contract through a filter. One worker serves one page and one store.
 *
 *   idle ──open──▸ opening ──▸ open ──close──▸ closed
 *     ▴               │ failed
 *     └───────────────┘
 *
 * While somebody holds the database it goes on opening, and says so each time that it is asked to open.
 */
import { expose } from 'comlink'
import { VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { openEngine } from '../engine/engine.ts'
import { openDexieLog } from '../log/dexie.ts'
import { openDexieWishJournal } from '../log/dexie-wish-journal.ts'
import type { StoreLog } from '../log/port.ts'
import type { WishJournal } from '../log/wish-journal.ts'
import { openTabChannel, type SyncFactory, systemClock } from '../sync/index.ts'
import {
  type Contract,
  type Failed,
  type Host,
  heldCode,
  type Opened,
  type OpenRequest,
  type Reply,
} from './contract.ts'
import { modelSignature } from './contract-model.ts'
import { filterEndpoint, type RawEndpoint } from './endpoint.ts'
import { failureOf, hostOf, lossOf, reply } from './host.ts'
import { postUpdates } from './post-updates.ts'
import { patienceMs, startOverflow } from './serve-overflow.ts'
import { type Syncing, startSyncing } from './serve-sync.ts'

export interface ServeOptions {
  /** How to agree with a server, such as `webSocket('/sync')`. Without it the store stays in this browser. */
  readonly sync?: SyncFactory
  /** Default: the global scope of this worker. */
  readonly endpoint?: RawEndpoint
  /** Default: IndexedDB. */
  readonly openLog?: (name: string) => StoreLog
  /** Where wishes are saved while the log does not answer. Default: IndexedDB, and nowhere for a log of another kind. */
  readonly openJournal?: ((name: string) => WishJournal) | null
}

type State =
  | { readonly phase: 'idle' | 'closed' }
  | { readonly phase: 'opening'; readonly opening: Promise<Reply<Opened>>; readonly aliveLock: string }
  | { readonly phase: 'open'; readonly host: Host; readonly syncing: Syncing }

/** Called once, in the worker's script. */
export function serveStore(model: Model, options: ServeOptions = {}): void {
  const endpoint = options.endpoint ?? (globalThis as unknown as RawEndpoint)
  // WebKit runs the script of a worker again when a part that is loaded later imports from it; the first one serves.
  const global = globalThis as { [servedKey]?: WeakSet<RawEndpoint> }
  global[servedKey] ??= new WeakSet()
  if (global[servedKey].has(endpoint)) return
  global[servedKey].add(endpoint)
  expose(createBorder(model, options), filterEndpoint(endpoint))
}

/** The same for every copy of this module. */
const servedKey: unique symbol = Symbol.for('varve.served') as never

/** The contract, ready to be exposed. */
export function createBorder(model: Model, options: ServeOptions = {}): Contract {
  const { openLog = (name) => openDexieLog({ name }), sync = null } = options
  const ownJournal = options.openLog === undefined ? (name: string) => openDexieWishJournal({ name }) : null
  const { openJournal = ownJournal } = options
  const subscriptions = new Set<() => void>()
  let state: State = { phase: 'idle' }
  /** Whether the database has answered since it was opened. */
  let hasAnswered = false

  const open = async (request: OpenRequest): Promise<Opened> => {
    await holdForEver(request.aliveLock)
    if (request.model !== modelSignature(model)) throw mismatch(request.model, modelSignature(model))
    const log = noticing(openLog(request.name), () => {
      hasAnswered = true
    })
    try {
      const { name, logs, actor, witness } = request
      const engine = await openEngine({ model, log, logs, actor, ports })
      const syncing = startSyncing(sync, { engine, name, store: engine.store }, request)
      const overflow =
        openJournal === null
          ? null
          : startOverflow(engine, {
              journal: openJournal(name),
              channel: openTabChannel(`varve:${name}:overflow`),
              clock: systemClock,
              named: syncing.named,
              report: ports.report,
            })
      state = { phase: 'open', host: hostOf(engine, { ...syncing, overflow }), syncing }
      return { store: engine.store, lost: lossOf(witness, engine) }
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** The page is told soon why nothing happens; a log that is long is only long. */
  const unlessHeld = (opening: Promise<Reply<Opened>>): Promise<Reply<Opened>> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => !hasAnswered && resolve({ ok: false, failure: heldFailure }), patienceMs)
      opening.then((opened) => {
        clearTimeout(timer)
        resolve(opened)
      })
    })

  const mustOpen = async (): Promise<State & { readonly phase: 'open' }> => {
    if (state.phase === 'opening') await state.opening
    if (state.phase !== 'open') throw notOpen(state.phase)
    return state
  }
  /** What the host answers, or why it cannot be asked. */
  const ask = async <T>(question: (host: Host) => Promise<Reply<T>>): Promise<Reply<T>> => {
    try {
      return await question((await mustOpen()).host)
    } catch (thrown) {
      return { ok: false, failure: failureOf(thrown) }
    }
  }

  return Object.freeze({
    async open(request: OpenRequest): Promise<Reply<Opened>> {
      // Whoever was told that the database is held asks again, and waits for the same.
      if (state.phase === 'opening' && state.aliveLock === request.aliveLock && !hasAnswered)
        return unlessHeld(state.opening)
      if (state.phase !== 'idle') return { ok: false, failure: failureOf(openAlready()) }
      hasAnswered = false
      const opening = reply(() => open(request)).then((opened) => {
        if (!opened.ok) state = { phase: 'idle' }
        return opened
      })
      state = { phase: 'opening', opening, aliveLock: request.aliveLock }
      return unlessHeld(opening)
    },
    dispatch: (request, again) => ask((host) => host.dispatch(request, again)),
    subscribe: (query, port) =>
      reply(async () => {
        const { host } = await mustOpen()
        const end = postUpdates(host, query, {
          port,
          report: ports.report,
          onEnd: () => subscriptions.delete(end),
        })
        subscriptions.add(end)
        return null
      }),
    history: (stream, from, past) => ask((host) => host.history(stream, from, past)),
    openPast: (cut) => ask((host) => host.openPast(cut)),
    closePast: (past) => ask((host) => host.closePast(past)),
    cancel: (ref) => ask((host) => host.cancel(ref)),
    dismiss: (ref) => ask((host) => host.dismiss(ref)),
    setToken: (token) => ask((host) => host.setToken(token)),
    close: () =>
      ask(async (host) => {
        const { syncing } = await mustOpen()
        state = { phase: 'closed' }
        for (const end of [...subscriptions]) end()
        await syncing.stop()
        return host.close()
      }),
  } satisfies Contract)
}

/** Calls back when the first transaction is done, which every opening begins with. */
function noticing(log: StoreLog, onAnswer: () => void): StoreLog {
  return {
    ...log,
    async ensureStore(first) {
      const ensured = await log.ensureStore(first)
      onAnswer()
      return ensured
    },
  }
}

const heldFailure: Failed = {
  code: heldCode,
  message: 'The database of this store does not answer: another tab of this site may hold it.',
  hint: 'The store opens by itself when it is let go. Close other tabs of this site, or go to them, for a frozen one goes on then.',
}

const ports = {
  now: () => Date.now(),
  newId: () => crypto.randomUUID(),
  report: (thrown: unknown) => console.error('varve:', thrown),
}

/** Resolves once the lock is held. It is given back only by the end of this worker, which is how the page notices. */
function holdForEver(name: string): Promise<void> {
  const locks: LockManager | undefined = navigator.locks
  if (locks === undefined) return Promise.resolve()
  return new Promise((resolve, reject) => {
    locks
      .request(name, () => {
        resolve()
        return new Promise(() => undefined)
      })
      .catch(reject)
  })
}

function openAlready(): VarveError {
  return new VarveError('already_open', 'This worker serves a store already.')
}

function notOpen(phase: 'idle' | 'closed' | 'opening'): VarveError {
  return phase === 'closed'
    ? new VarveError('closed', 'The store was closed.')
    : new VarveError('not_open', 'The store is not open yet.')
}

function mismatch(page: string, worker: string): VarveError {
  return new VarveError(
    'model_mismatch',
    `Page and worker have different models.\npage:   ${page}\nworker: ${worker}`,
    {
      hint: 'Both must be built together. After an update, reload the page.',
    },
  )
}
