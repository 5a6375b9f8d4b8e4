/** One window on a store: the present, or the past cut somewhere. Both are the same Store, but the past is read-only. */
import type { Observable } from 'rxjs'
import type { CommandCall } from '../core/command.ts'
import type { StreamName } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { CommitRef, Cut, HistoryPage, InboxNote } from '../core/query.ts'
import type { AnyStream } from '../core/stream.ts'
import { startDeadline } from '../worker/connect-deadline.ts'
import { type DispatchPorts, dispatchOn, retryOn } from './dispatch.ts'
import { mustReply, readOnlyError } from './failure.ts'
import type { Frame } from './frame.ts'
import { changesOf, firstOf, startWith } from './live.ts'
import type { AnyView, Store } from './store.ts'
import { createWatches, type Listen } from './watch.ts'
import { mustCut, mustRef } from './wrong-call.ts'

/** What present and past share. */
export interface Base
  extends DispatchPorts,
    Pick<Store, 'status$' | 'lost$' | 'acknowledgeLoss' | 'setToken' | 'close'> {
  readonly listen: Listen
  readonly frame: Frame
  /** Calls back when the store can be used no more (its worker is lost for good, or it was closed), or at once; returns the way to stop. */
  readonly onOver: (listener: (why: VarveError) => void) => () => void
  /** How to complete what is watched in each window that is open. */
  readonly windows: Set<() => void>
}

interface Past {
  readonly id: string
  readonly cut: Cut
}

export function openWindow(base: Base, past: Past | null): Store {
  const { host, model, ready, answering } = base
  const watches = createWatches(base.listen, base.frame)
  base.windows.add(watches.close)
  const pastId = past === null ? {} : { past: past.id }

  const watchStream = (stream: AnyStream, id: string) =>
    watches.stream({ kind: 'stream', stream: mustName(stream, id), ...pastId })
  const watch = (what: AnyStream | AnyView, id?: string): Observable<unknown> => {
    if ((what as Partial<AnyView> | undefined)?.kind === undefined)
      return changesOf(watchStream(what as AnyStream, id as string), ({ state }) => state)
    const view = what as AnyView
    if (model.projections.get(view.name) !== view) throw unknownProjection(view.name, model.name)
    const query = { kind: 'projection' as const, name: view.name, ...pastId }
    return view.kind === 'table' ? watches.rows(query) : watches.value(query)
  }
  const mustName = (stream: AnyStream | undefined, id: string): StreamName => {
    const known = model.streamOf(stream?.type as string)
    if (known !== undefined) return known.at(id).stream
    throw new VarveError('unknown_stream', `The model ${model.name} has no stream type ${stream?.type}.`)
  }
  /** Asks the host of the present; in the past it is refused. */
  const inPresent = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (past !== null) throw readOnlyError()
    return ask()
  }
  const open = async <T>(ask: () => Promise<T>): Promise<T> => {
    await answering
    return ask()
  }

  const store = {
    ready,
    past: past?.cut ?? null,
    dispatch: (call: CommandCall | readonly CommandCall[]) => inPresent(() => dispatchOn(base, call)),
    watch,
    watchStream,
    history: (stream: AnyStream, id: string) => readHistory(base, mustName(stream, id), past?.id ?? null),
    at: async (asked: Cut) => {
      const cut = mustCut(asked)
      return open(async () => openWindow(base, { id: mustReply(await host.openPast(cut)), cut }))
    },
    status$: base.status$,
    fate: (ref: CommitRef) => watches.fate(mustRef(ref)),
    inbox$: startWith(noItems, watches.inbox()),
    inbox: async () => {
      await ready
      return firstOf(watches.inbox(), (fail) => {
        const stop = base.onOver(fail)
        const callOff = startDeadline(answerMs, () => fail(notAnswered()))
        return () => {
          stop()
          callOff()
        }
      })
    },
    lost$: base.lost$,
    acknowledgeLoss: base.acknowledgeLoss,
    dismiss: (ref: CommitRef) =>
      inPresent(() => open(async () => void mustReply(await host.dismiss(mustRef(ref))))),
    cancel: (ref: CommitRef) => inPresent(() => open(async () => mustReply(await host.cancel(mustRef(ref))))),
    retry: (item: InboxNote, call?: CommandCall | readonly CommandCall[]) =>
      inPresent(() => retryOn(base, item, call)),
    setToken: (token: string | null) => inPresent(() => base.setToken(token)),
    async close() {
      if (past === null) return base.close()
      if (!base.windows.delete(watches.close)) return
      watches.close()
      mustReply(await host.closePast(past.id))
    },
  }
  return Object.freeze(store) as unknown as Store
}

/** As long as a call to the worker may take (see connect.ts): a subscription has no deadline of its own. */
const answerMs = 10_000

const notAnswered = () =>
  new VarveError('worker_timeout', `The worker did not answer within ${answerMs / 1_000} s.`, {
    hint: 'Ask again, or reload.',
  })

const noItems: readonly InboxNote[] = Object.freeze([])

async function* readHistory(
  { host, answering }: Base,
  stream: StreamName,
  past: string | null,
): AsyncGenerator<unknown> {
  await answering
  let from: HistoryPage['next'] = null
  do {
    const page: HistoryPage = mustReply(await host.history(stream, from, past))
    yield* page.events
    from = page.next
  } while (from !== null)
}

function unknownProjection(name: string, model: string): VarveError {
  return new VarveError('unknown_projection', `The model ${model} has no projection ${name} like this one.`, {
    hint: 'Add it to `projections` in defineModel.',
  })
}
