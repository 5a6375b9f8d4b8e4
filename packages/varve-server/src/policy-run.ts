/**
 * One run of one policy (or effect) on one trigger: asks its handlers what they want, and has it carried out. Whatever the
 * application does wrong comes back as a reason; only a failure of the log itself is thrown.
 */
import {
  type AnyStream,
  type CommitRef,
  type Entry,
  hashOf,
  type LogEvent,
  type LogId,
  type Model,
  nameFault,
  type PlainData,
  type ProjectedEvent,
  parseStreamName,
  parseWith,
  projectedEvents,
  type StateOf,
  type StreamName,
  streamName,
  uuidOf,
  validateCommands,
} from 'varve/core'
import type { HostTx, Wish, Written } from './host.ts'
import { messageOf } from './message-of.ts'
import type { PolicyAct, PolicyContext, PolicyDefinition, PolicyResult } from './policy.ts'

export interface Asking<Context> {
  readonly on: Readonly<
    Record<string, (event: LogEvent, context: Context) => PolicyResult | Promise<PolicyResult>>
  >
  readonly entry: Entry
  readonly model: Model
  /** Of the trigger's log. */
  readonly logKind: string | null
  /** How many policies set each other off, with this one. */
  readonly depth: number
  readonly contextFor: (event: LogEvent) => Context
  /** How long the next handler may take, and in words what it has exceeded. */
  readonly leftMs: () => number
  readonly tooLong: string
  /** Aborted: nobody waits for the handler at hand, and no other is begun. */
  readonly signal?: AbortSignal
}

export type Asked = { readonly ok: true; readonly acts: readonly PolicyAct[] } | Failed

export interface Failed {
  readonly ok: false
  readonly reason: string
  readonly message: string
}

export interface Carrying {
  readonly policy: Pick<PolicyDefinition, 'name' | 'revealOrigin'>
  readonly entry: Entry
  /** The trigger was written by a policy. */
  readonly isOurs: boolean
  readonly acts: readonly PolicyAct[]
  readonly model: Model
  readonly hostTx: HostTx
  readonly now: number
}

export interface PolicyCase
  extends Pick<Asking<never>, 'entry' | 'model' | 'logKind' | 'depth'>,
    Pick<Carrying, 'hostTx' | 'now'> {
  readonly policy: PolicyDefinition
  /** What set off the policy that wrote the trigger, if one did. */
  readonly origin: CommitRef | null
  /** For all handlers of the trigger together. */
  readonly handlerMs: number
  /** Monotonic, ms. */
  readonly monotonicMs: () => number
  /**
   * Goes into ids, which others read: a hash of the trigger alone could be guessed back to the name of its log.
   */
  readonly secret: string
}

export type Ran = { readonly ok: true; readonly written: readonly Written[] } | Failed

/** Policies that set each other off in a circle are stopped here. */
export const depthMax = 8
const messageCharsMax = 1_000

/** A run within the transaction. */
export async function runPolicy({
  policy,
  origin,
  hostTx,
  now,
  handlerMs,
  monotonicMs,
  secret,
  ...asking
}: PolicyCase): Promise<Ran> {
  const { entry, model } = asking
  const { log, dot } = entry.commit
  let ids = 0
  const { read, brokenBy } = readerOf((target, stream) => hostTx.read(target, stream))
  const context: PolicyContext = Object.freeze({
    log,
    dot,
    origin,
    now,
    newId: () => {
      ids += 1
      return uuidOf([secret, policy.name, log, dot, ids])
    },
    read,
  })
  const endsAtMs = monotonicMs() + handlerMs
  const asked = await askHandlers({
    ...asking,
    on: policy.on,
    contextFor: () => context,
    leftMs: () => endsAtMs - monotonicMs(),
    tooLong: `The handlers of this trigger took longer than ${handlerMs} ms.`,
  })
  const broken = brokenBy()
  if (broken !== null && !asked.ok) throw broken.error
  if (!asked.ok) return asked
  const { acts } = asked
  return carryOut({ policy, entry, isOurs: origin !== null, acts, model, hostTx, now })
}

/**
 * Names a trigger, the same after a restore. What an author wrote comes back under its dot, with the seed that only those
 * know who may read it; what a policy wrote is written anew, under another dot, with the seed that it had (`carryOut`).
 */
export function identityOf({ commit: { log, dot, seed } }: Entry, isOurs: boolean): readonly PlainData[] {
  return isOurs ? [seed] : [seed, log, dot.replica, dot.counter]
}

/** What a handler reads with. A failure of the log while it was reading is not its fault. */
export function readerOf(readState: (log: LogId, stream: StreamName) => Promise<unknown>): {
  readonly read: PolicyContext['read']
  readonly brokenBy: () => { readonly error: unknown } | null
} {
  let broken: { readonly error: unknown } | null = null
  return {
    brokenBy: () => broken,
    read: async <S extends AnyStream>(target: LogId, stream: S, id: string) => {
      // Before the log is asked: whatever is wrong with these is the handler's fault.
      const name = streamName(stream.type, id)
      const fault = nameFault(target, 'log') ?? nameFault(name, 'stream')
      if (fault !== null) throw new TypeError(fault)
      try {
        return (await readState(target, name)) as StateOf<S>
      } catch (error) {
        if (!isOurs(error)) broken = { error }
        throw error
      }
    },
  }
}

/** What the handlers of a trigger want. */
export async function askHandlers<Context>({
  on,
  entry,
  model,
  logKind,
  depth,
  contextFor,
  leftMs,
  tooLong,
  signal,
}: Asking<Context>): Promise<Asked> {
  if (depth > depthMax)
    return failed('too_deep', `This is hop ${depth} of a chain of policies; ${depthMax} are allowed.`)
  const acts: PolicyAct[] = []
  for (const event of projectedEvents(model, entry, entry.commit.log)) {
    const handler = Object.hasOwn(on, event.type) ? on[event.type] : undefined
    if (handler === undefined) continue
    const unreadable = event.fault ?? faultOf(event, model, logKind)
    if (unreadable !== null) return failed('unreadable_event', unreadable)
    try {
      const ms = leftMs()
      if (ms <= 0) throw new Error(tooLong)
      acts.push(
        ...actsOf(await withDeadline(handler(event, contextFor(event)), { ms, message: tooLong, signal })),
      )
    } catch (thrown) {
      return failed('handler_failed', messageOf(thrown))
    }
  }
  return { ok: true, acts }
}

/** Decides what they want at the head, and places it. */
export async function carryOut({
  policy,
  entry,
  isOurs: isTriggerOurs,
  acts,
  model,
  hostTx,
  now,
}: Carrying): Promise<Ran> {
  const { log, dot } = entry.commit
  const identity = identityOf(entry, isTriggerOurs)
  const wishes: Wish[] = []
  for (const [index, act] of acts.entries()) {
    const fault = nameFault(act.log, 'log')
    if (fault !== null) return failed('bad_target', fault)
    try {
      const { commands } = validateCommands(model, act.commands)
      wishes.push({ log: act.log, commands, seed: hashOf([policy.name, identity, index]) })
    } catch (thrown) {
      return failed('bad_command', messageOf(thrown))
    }
  }
  const causation = { log: policy.revealOrigin ? log : null, dot }
  try {
    const carried = await hostTx.carryOut(wishes, {
      principal: `policy:${policy.name}`,
      actor: null,
      causation,
      now,
    })
    if (carried.ok) return carried
    const act = acts[carried.wish]
    const command = act?.commands[carried.command ?? 0]
    return failed(
      carried.reason,
      `${command?.stream ?? ''} ${command?.name ?? ''} on ${act?.log}: ${JSON.stringify(carried.details ?? null)}`,
    )
  } catch (thrown) {
    // A target that the model does not know; nothing is placed yet.
    if (isOurs(thrown)) return failed('bad_target', messageOf(thrown))
    throw thrown
  }
}

/**
 * What authors write is theirs to answer for: on their devices a wrong event freezes its stream, here a handler would act
 * on it. Data is stored as its schema gave it out, and must satisfy it once more.
 */
function faultOf(
  { type, stream, data }: ProjectedEvent,
  model: Model,
  logKind: string | null,
): string | null {
  const lives = model.logKindOf(parseStreamName(stream).type)
  if (lives !== logKind) return `${type} stands on a log of kind ${logKind}; ${stream} belongs to ${lives}.`
  const newest = model.eventOf(type)?.definition.versions.at(-1)
  if (newest === undefined) return `The model has no ${type}.`
  try {
    const parsed = parseWith(newest.schema, data)
    return parsed.ok ? null : `${type}: ${parsed.message}`
  } catch (thrown) {
    return `${type}: ${messageOf(thrown)}`
  }
}

function isOurs(thrown: unknown): boolean {
  const code = (thrown as { readonly code?: unknown } | null)?.code
  return code === 'unknown_log'
}

function actsOf(result: PolicyResult): readonly PolicyAct[] {
  if (result === null || result === undefined) return []
  const acts = Array.isArray(result) ? (result as readonly PolicyAct[]) : [result as PolicyAct]
  return acts.filter(({ commands }) => commands.length > 0)
}

async function withDeadline<T>(
  result: T | Promise<T>,
  {
    ms,
    message,
    signal,
  }: { readonly ms: number; readonly message: string; readonly signal: AbortSignal | undefined },
): Promise<T> {
  // Anything that can be awaited: a query builder, say.
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return result
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(message)), ms)
  const stop = () => reject(signal?.reason)
  signal?.addEventListener('abort', stop)
  try {
    return await Promise.race([result, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function failed(reason: string, message: string): Failed {
  return { ok: false, reason, message: message.slice(0, messageCharsMax).toWellFormed() }
}
