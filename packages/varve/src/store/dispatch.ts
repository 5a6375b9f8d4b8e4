/**
 * From a wish to its decision: copied here; checked, decided and stored behind the border.
 *
 * Time and seed are drawn once, so that the same wish can be sent to a second worker when the first one died.
 */
import type { CommandCall } from '../core/command.ts'
import { parseStreamName } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Hash } from '../core/hash.ts'
import type { Model } from '../core/model.ts'
import type { DispatchRequest, DispatchResult, InboxNote } from '../core/query.ts'
import type { Host } from '../worker/contract.ts'
import { mustReply } from './failure.ts'
import type { Fates } from './fates.ts'
import type { Decided } from './store.ts'
import { mustCalls, mustRef } from './wrong-call.ts'

export interface DispatchPorts {
  readonly host: Host
  readonly model: Model
  readonly ready: Promise<void>
  /** Settles when the host can be asked: it is open, or says of each call that it cannot be done now. */
  readonly answering: Promise<void>
  readonly fates: Fates
  readonly now: () => number
  readonly newId: () => string
  /** Counts the workers there were. */
  readonly getIncarnation: () => number
}

/** @param root the root intent that this retries */
export async function dispatchOn(
  ports: DispatchPorts,
  calls: CommandCall | readonly CommandCall[],
  root?: Hash,
): Promise<Decided> {
  const request = {
    commands: mustCalls(calls) as DispatchRequest['commands'],
    now: ports.now(),
    seed: ports.newId(),
    ...(root !== undefined && { root }),
  }
  await ports.answering
  const before = ports.getIncarnation()
  const result = mustReply(await ports.host.dispatch(request, false))
  if (!result.ok) return refused(result)
  const ref = { log: result.log, dot: result.dot, seed: request.seed }
  const fate = ports.fates.of(ref, before !== ports.getIncarnation())
  return Object.freeze({ ok: true, ...ref, fate })
}

/** The same commands once more, or others in their place; what is retried is dismissed when they were accepted. */
export async function retryOn(
  ports: DispatchPorts,
  item: InboxNote,
  call?: CommandCall | readonly CommandCall[],
): Promise<Decided> {
  const ref = mustRef(item)
  if (call !== undefined) mustBeOfItsLog(ports.model, item, call)
  const decided = await dispatchOn(ports, call ?? item.commands, item.root)
  if (decided.ok) mustReply(await ports.host.dismiss(ref))
  return decided
}

/** On another log nobody would find that the commit was placed after all. */
function mustBeOfItsLog(
  model: Model,
  { commands }: InboxNote,
  call: CommandCall | readonly CommandCall[],
): void {
  const kinds = [...commands, ...mustCalls(call)].map(({ stream }) =>
    model.logKindOf(parseStreamName(stream).type),
  )
  if (new Set(kinds).size <= 1) return
  throw new VarveError('mixed_logs', 'What is tried again is of another log.', {
    hint: 'Dispatch this, and dismiss the item.',
  })
}

type Refusal = Extract<DispatchResult, { readonly ok: false }>

/** What the domain did not say (a frozen stream, a handler that threw) is no rejection, and is thrown. */
function refused({ reason, details, command }: Refusal): Decided {
  if (reason === 'frozen' || reason === 'undecidable') {
    const hint =
      reason === 'frozen' ? 'Reload to get a newer program.' : 'A handler, schema or fold went wrong.'
    throw new VarveError(reason, detailText(details) ?? `The command cannot be decided: ${reason}.`, { hint })
  }
  return Object.freeze({ ok: false, reason, ...(details !== undefined && { details }), command })
}

function detailText(details: Refusal['details']): string | null {
  if (typeof details === 'string') return details
  if (typeof details !== 'object' || details === null || !('message' in details)) return null
  return typeof details.message === 'string' ? details.message : null
}
