/**
 * A store on any host: the worker behind its border, or an engine in the same thread. It is returned at once and opens
 * behind; what is asked before waits for that.
 */
import type { LogId } from '../core/dot.ts'
import type { VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import type { WorkerLife } from '../worker/connect.ts'
import { type Failed, type Host, heldCode } from '../worker/contract.ts'
import { modelSignature } from '../worker/contract-model.ts'
import { closedError, errorOf, failureOf, mustReply } from './failure.ts'
import { createFates } from './fates.ts'
import { defaultFrame, type Frame } from './frame.ts'
import { createCell } from './live.ts'
import { type Auth, firstToken, keepSignedIn, withPatience } from './sign-in.ts'
import { type Known, nothingKnown, statusAtFirst, statusOf, wantsToken } from './status.ts'
import type { Store } from './store.ts'
import type { Listen } from './watch.ts'
import { type Base, openWindow } from './window.ts'
import { noWitness, type Witness } from './witness.ts'
import { mustOptions, mustToken } from './wrong-call.ts'

export interface StoreOptions<LogKind extends string = string> {
  /** One database per name: two people on one device have two names. */
  readonly name: string
  /** For each kind of log of the model, which log it is. */
  readonly logs: Readonly<Record<LogKind, LogId>>
  /** Gives the token for the server; asked when the store opens and when the server does not take it any more. */
  readonly auth?: Auth
  /** Journaled with each commit: who did it, as far as this device knows. */
  readonly actor?: string
}

export interface HostOptions<LogKind extends string = string> extends StoreOptions<LogKind> {
  readonly witness?: Witness
  readonly onLife?: (listener: (life: WorkerLife) => void) => () => void
  /** Ports, for tests: frames, time in ms since 1970, and random ids. */
  readonly frame?: Frame
  readonly now?: () => number
  readonly newId?: () => string
}

export function storeOn(host: Host, model: Model, options: HostOptions): Store {
  const { auth = null, witness = noWitness, frame = defaultFrame, now = Date.now } = options
  const status = createCell(statusAtFirst)
  const lost = createCell(false)
  /** As last told: a worker that comes after another one may find less. */
  let written = { store: '', writes: -1 }
  const windows = new Set<() => void>()
  let known = nothingKnown
  let incarnation = 0
  let isClosed = false

  const heldFirst = Promise.withResolvers<void>()
  const know = (more: Partial<Known>): void => {
    known = { ...known, ...more }
    lost.set(known.lost !== null)
    status.set(statusOf(known))
  }
  const whenOver = new Set<(why: VarveError) => void>()
  let overWith: VarveError | null = null
  const onOver = (listener: (why: VarveError) => void): (() => void) => {
    if (overWith !== null) listener(overWith)
    else whenOver.add(listener)
    return () => whenOver.delete(listener)
  }
  const endWith = (failure: Failed): void => {
    overWith ??= errorOf(failure)
    for (const listener of [...whenOver]) listener(overWith)
    whenOver.clear()
    know({ failure })
  }
  const stopLife = options.onLife?.((life) => {
    if (life.phase === 'over') return endWith(life.failure)
    incarnation = life.incarnation
    if (life.phase === 'up')
      know({ worker: 'up', held: null, lost: witness.write(life.opened) ?? known.lost })
    else know({ worker: 'starting', held: life.held ?? null })
    if (life.phase === 'starting' && life.held !== undefined) heldFirst.resolve()
  })
  const ready = openHost()
  const answering = Promise.race([ready, heldFirst.promise])
  // Who does not await `ready` sees the failure in the status.
  ready.catch((error: unknown) => isHeld(failureOf(error)) || know({ failure: failureOf(error) }))

  const listen: Listen = (query, listener) => {
    let stop: (() => void) | null = null
    let isOver = false
    answering.then(
      () => {
        if (!isOver && !isClosed) stop = host.subscribe(query, (update) => isOver || listener(update))
      },
      () => undefined,
    )
    return () => {
      isOver = true
      stop?.()
    }
  }

  const signIn =
    auth === null
      ? null
      : keepSignedIn(auth, {
          setToken: (token) => host.setToken(token),
          onTurn: (isUsers) => know({ signIn: isUsers }),
        })
  const fates = createFates(listen)
  onOver(fates.stop)
  const stopStatus = listen({ kind: 'status' }, (update) => {
    if (update.kind !== 'status') return
    // Not when it ends: a device that slept was not synced until it woke up.
    const syncedAt = update.status.phase === 'synced' ? now() : (known.told?.syncedAt ?? null)
    know({ told: { ...update.status, syncedAt } })
    const { store, writes } = update.status
    if (store !== written.store || writes !== written.writes) {
      if (store === written.store && writes < written.writes)
        know({ lost: witness.write({ store, lost: 'store_rolled_back' }) })
      written = { store, writes }
      witness.note(store, writes)
    }
    signIn?.hear(wantsToken(update.status))
  })

  const base: Base = {
    host,
    model,
    ready,
    answering,
    fates,
    listen,
    frame,
    onOver,
    windows,
    status$: status.value$,
    lost$: lost.value$,
    acknowledgeLoss() {
      witness.acknowledge()
      know({ lost: null })
    },
    now,
    newId: options.newId ?? (() => crypto.randomUUID()),
    getIncarnation: () => incarnation,
    async setToken(next: string | null) {
      const token = mustToken(next)
      await answering
      if (isClosed) throw closedError()
      mustReply(await host.setToken(token))
    },
    async close() {
      if (isClosed) return
      for (const closeWindow of [...windows]) closeWindow()
      isClosed = true
      signIn?.stop()
      stopStatus()
      stopLife?.()
      endWith(failureOf(closedError()))
      status.close()
      lost.close()
      mustReply(await host.close())
    },
  }
  return openWindow(base, null)

  async function openHost(): Promise<void> {
    mustOptions(options)
    const { token, later } = firstToken(auth)
    const reply = await host.open({
      name: options.name,
      model: modelSignature(model),
      logs: options.logs,
      actor: options.actor ?? null,
      witness: witness.read(),
      aliveLock: '',
      token,
      awaitToken: later !== null,
    })
    if (later !== null && (reply.ok || isHeld(reply.failure))) {
      withPatience(later).then(async (first) => {
        host.setToken(first)
        const last = await later
        if (last !== first && last !== null) host.setToken(last)
      })
    }
    const opened = mustReply(reply)
    know({ worker: 'up', lost: witness.write(opened) })
  }
}

function isHeld({ code }: Failed): boolean {
  return code === heldCode
}
