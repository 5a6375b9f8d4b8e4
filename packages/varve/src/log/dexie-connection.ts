/**
 * The connection of a log to its database: opens it when it is first needed, runs transactions, and names what goes
 * wrong.
 *
 *   idle ──call──▸ open ──broken (full disk, connection lost)──▸ idle
 *     └──────────────┴── cleared, deleted, newer schema ──▸ gone
 *     └──────────────┴── close ──▸ closed
 *
 * A Dexie instance that has met a full disk is dead for ever, so a broken one is replaced on the next call. A database
 * that was there and is not any more is never created again in silence. Does not know what is stored.
 */
import { VarveError } from '../core/errors.ts'
import type { Transaction } from './dexie-library.ts'
import { type Database, type DatabaseOptions, newDatabase, type TableName } from './dexie-schema.ts'
import { failures, type GoneCode, goneFailure } from './failures.ts'
import { type WriteRequest, writeTransaction } from './write-transaction.ts'

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'open'; readonly database: Database; readonly opened: Promise<void> }
  | { readonly kind: 'gone'; readonly code: GoneCode }
  | { readonly kind: 'closed' }

export interface Connection {
  /** One strict read-write transaction; resolves after its `complete`. Inside: Dexie awaits and pure functions only. */
  write<T>(request: LogWrite, body: (database: Database) => Promise<T>): Promise<T>
  /** One read-only transaction. */
  read<T>(tables: readonly TableName[], body: (database: Database) => Promise<T>): Promise<T>
  close(): Promise<void>
  onGone(listener: (code: GoneCode) => void): () => void
}

/** Which write it is, and the tables that it needs. */
export interface LogWrite extends WriteRequest {
  readonly tables: readonly TableName[]
}

export interface ConnectionOptions extends DatabaseOptions {
  /** True once the store has been met: its database may then not be created anew. */
  isKnown(): boolean
  /** Reads enough to throw `store_gone` if the store is not there. Runs when the browser took the connection away. */
  visit(): Promise<unknown>
}

const visitsMax = 3

export function openConnection(options: ConnectionOptions): Connection {
  let state: State = { kind: 'idle' }
  /** The last that was heard of the disk. */
  let isFull = false
  const running = new Set<Promise<unknown>>()
  const listeners = new Set<(code: GoneCode) => void>()

  function connect(): Extract<State, { kind: 'open' }> {
    if (state.kind === 'closed') throw failures.closed()
    if (state.kind === 'gone') throw goneFailure(state.code)
    if (state.kind === 'open') return state
    const database = newDatabase(options)
    database.on('versionchange', (event) => {
      leave(event.newVersion === null ? 'store_gone' : 'store_newer')
      database.close()
      // Keeps Dexie from closing once more, with a warning on the console.
      return false
    })
    let wasOpen = false
    database.on('close', () => {
      // The browser did it: site data cleared, or its storage process died.
      if (dropped(database) && wasOpen && options.isKnown()) void visit(visitsMax)
    })
    database.on('populate', () => {
      if (options.isKnown()) throw failures.gone()
    })
    const opened = Promise.resolve(database.open()).then(() => {
      wasOpen = true
    })
    state = { kind: 'open', database, opened }
    return state
  }

  /** Looks whether the store is still there. While it is being cleared Chromium aborts the opening: look again. */
  async function visit(times: number): Promise<void> {
    try {
      await options.visit()
    } catch {
      if (times > 1 && state.kind === 'idle') await visit(times - 1)
    }
  }

  /** True if this was the present connection. */
  function dropped(database: Database): boolean {
    if (state.kind !== 'open' || state.database !== database) return false
    state = { kind: 'idle' }
    return true
  }

  function leave(code: GoneCode): void {
    if (state.kind === 'gone' || state.kind === 'closed') return
    const database = state.kind === 'open' ? state.database : null
    state = { kind: 'gone', code }
    database?.close()
    for (const listener of [...listeners]) listener(code)
  }

  /** @param request a write, or the tables to be read */
  async function run<T>(
    request: LogWrite | readonly TableName[],
    body: (database: Database) => Promise<T>,
  ): Promise<T> {
    const { database, opened } = connect()
    const begun: { ending?: Promise<IDBTransaction> } = {}
    try {
      await opened
      // Async, for Dexie treats such a function differently: else it takes the transaction for committed too early.
      const begin = async ({ idbtrans }: Transaction): Promise<T> => {
        begun.ending = endOf(idbtrans)
        return body(database)
      }
      const result =
        'name' in request
          ? await writeTransaction(database, request, begin)
          : await database.transaction('r', [...request], begin)
      isFull = false
      return result
    } catch (cause) {
      // Dexie tells of the aborted request; only the transaction knows why, a moment later.
      throw nameFailure(database, cause, (await begun.ending)?.error ?? null)
    }
  }

  function nameFailure(database: Database, thrown: unknown, reason: DOMException | null): unknown {
    const causes = [...causesOf(thrown), ...causesOf(reason)]
    const isNewer = causes.some((each) => each.name === 'VersionError')
    const own = isNewer ? failures.newer() : causes.find((each) => each instanceof VarveError)
    if (own?.code === 'store_gone' || own?.code === 'store_newer') leave(own.code)
    if (own !== undefined) return own
    const names = causes.map((each) => each.name)
    if (!names.some((name) => harmless.has(name)) && dropped(database)) database.close()
    if (state.kind === 'gone') return goneFailure(state.code)
    const says = causes.some(
      (each) =>
        each.name === 'QuotaExceededError' || /no_space|no space|full disk|disk full/i.test(each.message),
    )
    // While the disk is full the database cannot even be opened, for no stated reason.
    isFull = says || (isFull && names.includes('UnknownError'))
    return isFull ? failures.full(reason ?? thrown) : failures.failed(reason ?? thrown)
  }

  function tracked<T>(promise: Promise<T>): Promise<T> {
    running.add(promise)
    const done = (): void => void running.delete(promise)
    promise.then(done, done)
    return promise
  }

  return Object.freeze({
    write: (request, body) => tracked(run(request, body)),
    read: (tables, body) => tracked(run(tables, body)),
    async close() {
      const last = state
      state = { kind: 'closed' }
      await Promise.allSettled(running)
      if (last.kind === 'open') last.database.close()
    },
    onGone(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } satisfies Connection)
}

/** The transaction when it is over, whichever way. */
function endOf(transaction: IDBTransaction): Promise<IDBTransaction> {
  return new Promise((resolve) => {
    for (const end of ['complete', 'abort']) transaction.addEventListener(end, () => resolve(transaction))
  })
}

/** The connection is as good as before: what was asked for was wrong. */
const harmless: ReadonlySet<string> = new Set([
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'SyntaxError',
  'TypeError',
])

/** An error and what Dexie or the browser says is behind it. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let each = error; each instanceof Error && !causes.includes(each); ) {
    causes.push(each)
    const { inner, cause } = each as { readonly inner?: unknown; readonly cause?: unknown }
    each = inner ?? cause
  }
  return causes
}
