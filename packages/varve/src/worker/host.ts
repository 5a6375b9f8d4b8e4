/**
 * The engine as a host: what a store stands on, in the same thread or behind the worker's border. Failures become
 * values here, because an error thrown through Comlink loses its code and cause.
 */
import { messageOf, VarveError } from '../core/errors.ts'
import type { Engine } from '../engine/engine.ts'
import type { Failed, Host, Loss, OpenRequest, Reply } from './contract.ts'
import type { Overflow } from './serve-overflow.ts'

export interface HostOptions {
  /** A fresh token for whoever talks to the server, or null when signed out. */
  readonly setToken?: (token: string | null) => void
  /** What a wish waits for: that the store writes under a name of its own. */
  readonly named?: Promise<void>
  /** Takes the wishes instead of the engine, and waits for the name itself. */
  readonly overflow?: Overflow | null
}

export function hostOf(
  engine: Engine,
  { setToken = () => {}, named = Promise.resolve(), overflow = null }: HostOptions = {},
): Host {
  const dispatch: Engine['dispatch'] = (request, again = false) =>
    overflow === null ? named.then(() => engine.dispatch(request, again)) : overflow.dispatch(request, again)
  const close = async (): Promise<void> => {
    overflow?.stop()
    await engine.close()
    await overflow?.close()
  }
  return Object.freeze({
    open: ({ witness }: OpenRequest) =>
      reply(async () => ({ store: engine.store, lost: lossOf(witness, engine) })),
    dispatch: (request, again) => reply(() => dispatch(request, again)),
    subscribe: (query, listener) => engine.subscribe(query, listener),
    history: (stream, from, past) => reply(() => engine.history(stream, from, past)),
    openPast: (cut) => reply(() => engine.openPast(cut)),
    closePast: (past) => reply(() => nothing(engine.closePast(past))),
    cancel: (ref) => reply(() => engine.cancel(ref)),
    dismiss: (ref) => reply(() => nothing(engine.dismiss(ref))),
    setToken: (token) => reply(async () => nothing(setToken(token))),
    close: () => reply(() => nothing(close())),
  } satisfies Host)
}

/** A witness is the store's identity and, behind a space, how often it had been written to. */
export function lossOf(
  witness: string | null,
  { store, status }: Pick<Engine, 'store' | 'status'>,
): Loss | null {
  if (witness === null) return null
  const [witnessed, saved = '0'] = witness.split(' ')
  if (witnessed !== store) return 'store_lost'
  return Number(saved) > status().writes ? 'store_rolled_back' : null
}

/** Runs a call; what it throws becomes a value. */
export async function reply<T>(call: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await call() }
  } catch (thrown) {
    return { ok: false, failure: failureOf(thrown) }
  }
}

export function failureOf(thrown: unknown): Failed {
  if (thrown instanceof VarveError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint ?? '' }
  }
  return { code: 'defect', message: messageOf(thrown), hint: 'This is a bug in varve: please report it.' }
}

async function nothing(done: Promise<void> | void): Promise<null> {
  await done
  return null
}
