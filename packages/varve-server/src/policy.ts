/**
 * The definition of a policy: what the server does, by itself, about events that were placed.
 *
 *   customer/ann   … order.requested @12 ──policy──▸ shop   … stock.reserved, reservation.made @907
 *                                                     in one transaction with the checkpoint "customer/ann: 12"
 *
 * It decides at the head of the target log, inside the transaction that places what it wrote, so it cannot conflict.
 * It runs once per trigger, whatever dies in between: see policy-runner.ts.
 */
import {
  type AnyStream,
  type CommandCall,
  type Dot,
  type EventOf,
  type LogEvent,
  type LogId,
  type StateOf,
  VarveError,
} from 'varve/core'

/** One atomic commit on one log. */
export interface PolicyAct {
  readonly log: LogId
  readonly commands: readonly CommandCall[]
}

/** Several acts are done all or not at all. */
export type PolicyResult = PolicyAct | readonly PolicyAct[] | null | undefined

export interface PolicyContext {
  /** Where the trigger stands. */
  readonly log: LogId
  readonly dot: Dot
  /** If a policy wrote the trigger: what set that policy off. Known to the server only, see `revealOrigin`. */
  readonly origin: { readonly log: LogId; readonly dot: Dot } | null
  /** The server's time in ms since 1970. */
  readonly now: number
  /** A UUID that tells nothing of the trigger. */
  readonly newId: () => string
  /** The state of a stream at the head of a log. Nothing else may be awaited: everybody's writes wait meanwhile. */
  readonly read: <S extends AnyStream>(log: LogId, stream: S, id: string) => Promise<StateOf<S>>
}

export interface PolicyDefinition {
  readonly kind: 'policy'
  readonly name: string
  readonly from: readonly AnyStream[]
  readonly on: Readonly<
    Record<string, (event: LogEvent, context: PolicyContext) => PolicyResult | Promise<PolicyResult>>
  >
  readonly revealOrigin: boolean
}

export type PolicyOnMap<From extends readonly AnyStream[]> = {
  readonly [E in EventOf<From[number]> as E['type']]?: (
    event: E,
    context: PolicyContext,
  ) => PolicyResult | Promise<PolicyResult>
}

export interface PolicySpec<From extends readonly AnyStream[]> {
  /**
   * The streams whose events set it off; it listens to all logs of their kinds. An event is given to it if its data
   * satisfies the event's schema, so a schema must accept what it gave out.
   */
  readonly from: From
  /**
   * One function per event type that matters. What a command of it is refused with, or what it throws, is recorded
   * (`health`) and tried again at the next start; later triggers do not wait for it.
   */
  readonly on: NoInfer<PolicyOnMap<From>>
  /**
   * Lets what it writes name the log of its trigger in `causation.log`, for all to read who may read the target.
   * Default: false, for the name `customer/ann` on a public log would be a secret told.
   */
  readonly revealOrigin?: boolean
}

export function definePolicy<const From extends readonly AnyStream[]>(
  name: string,
  spec: PolicySpec<From>,
): PolicyDefinition {
  checkReaction('policy', name, spec)
  return Object.freeze({
    kind: 'policy',
    name,
    from: Object.freeze([...spec.from]),
    on: Object.freeze({ ...spec.on }) as unknown as PolicyDefinition['on'],
    revealOrigin: spec.revealOrigin ?? false,
  })
}

/** Throws `bad_name`, or `bad_model` for a handler of an event that none of its streams has. */
export function checkReaction(
  kind: 'policy' | 'effect',
  name: string,
  { from, on }: { readonly from: readonly AnyStream[]; readonly on: object },
): void {
  if (!/^[A-Za-z][\w-]{0,63}$/.test(name)) {
    throw new VarveError('bad_name', `${JSON.stringify(name)} is no name for ${article[kind]} ${kind}.`, {
      hint: 'Names are a letter followed by letters, digits, _ or -, such as fulfilment.',
    })
  }
  const types = new Set(
    from.flatMap((stream) => Object.keys(stream.events).map((event) => `${stream.type}.${event}`)),
  )
  const unknown = Object.keys(on).find((type) => !types.has(type))
  if (unknown !== undefined) {
    throw new VarveError(
      'bad_model',
      `The ${kind} ${name} handles ${unknown}, which none of its streams has.`,
    )
  }
}

const article = { policy: 'a', effect: 'an' } as const
