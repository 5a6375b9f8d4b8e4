/** One stream in a component: its state, its commands bound to it, and what of it is not placed yet. */
import { useMemo } from 'react'
import type { CommandCall, InputArgs, ReasonOf } from '../core/command.ts'
import type { AnyStream, StateOf } from '../core/stream.ts'
import type { Decided, Store, StreamView } from '../store/store.ts'
import { useStore } from './provider.ts'
import { resourceOf } from './resource.ts'
import { useResource } from './use-resource.ts'

/** The commands of a stream without the id: `addItem(line)`. The same functions in every render. */
export type BoundCommands<Stream extends AnyStream> = {
  readonly [K in keyof Stream['commands']]: (
    ...input: InputArgs<Stream['commands'][K]>
  ) => Promise<Decided<ReasonOf<Stream['commands'][K]>>>
}

/** Suspends until the stream is read for the first time. */
export function useStream<Stream extends AnyStream>(
  stream: Stream,
  id: string,
): readonly [state: StateOf<Stream>, commands: BoundCommands<Stream>, view: StreamView<StateOf<Stream>>] {
  const store = useStore()
  const view = useResource<StreamView<StateOf<Stream>>>(
    resourceOf(store, `stream:${stream.type}/${id}`, () => store.watchStream(stream, id)),
  )
  const commands = useMemo(() => bindCommands(store, stream, id), [store, stream, id])
  return [view.state, commands, view]
}

function bindCommands<Stream extends AnyStream>(
  store: Store,
  stream: Stream,
  id: string,
): BoundCommands<Stream> {
  const bound: Record<string, (input?: unknown) => Promise<Decided>> = {}
  for (const [name, caller] of Object.entries(stream.commands)) {
    const call = caller as unknown as (id: string, input?: unknown) => CommandCall
    // A command without input may be given to onClick as it is: the event is not its input.
    const takesInput = caller.definition.input !== null
    bound[name] = async (input) => store.dispatch(takesInput ? call(id, input) : call(id))
  }
  return Object.freeze(bound) as BoundCommands<Stream>
}
