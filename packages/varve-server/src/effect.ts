/**
 * The definition of an effect: a policy whose handlers may wait for the world outside of the log: a mail, a payment.
 *
 *   customer/ann  … order.placed @13 ──effect──▸ handler(event, { key }) ──▸ the mail server
 *                                                    └─▸ in one transaction: run, what it wants written, checkpoint
 *
 * What was not placed sets nothing off, and neither does what was withdrawn. The world takes no part in our
 * transactions: where the answer could not be noted (the server died, the disk was full, another event of the same commit
 * failed) it is asked again, with the same key. So the world sees each key at least once, and does once what is asked for
 * twice if it heeds the key. See effect-runner.ts.
 */
import { type AnyStream, type EventOf, type LogEvent, VarveError } from 'varve/core'
import { checkReaction, type PolicyContext, type PolicyResult } from './policy.ts'

export interface EffectContext extends Pick<PolicyContext, 'log' | 'dot' | 'origin' | 'now' | 'read'> {
  /**
   * Names the effect and the event: a UUID, the same at each try, after a restart and after a restore. Give it to the
   * other side, often as its `Idempotency-Key`, or remember it there.
   */
  readonly key: string
  /** Aborted when its time is over, or when the server closes and does not wait any longer. */
  readonly signal: AbortSignal
}

export interface EffectDefinition {
  readonly kind: 'effect'
  readonly name: string
  readonly from: readonly AnyStream[]
  readonly on: Readonly<
    Record<string, (event: LogEvent, context: EffectContext) => PolicyResult | Promise<PolicyResult>>
  >
  readonly since: number
  readonly revealOrigin: boolean
}

export type EffectOnMap<From extends readonly AnyStream[]> = {
  readonly [E in EventOf<From[number]> as E['type']]?: (
    event: E,
    context: EffectContext,
  ) => PolicyResult | Promise<PolicyResult>
}

export interface EffectSpec<From extends readonly AnyStream[]> {
  /** The streams whose events set it off; as a policy's. */
  readonly from: From
  /**
   * One function per event type that matters. It is done when its promise resolves; what it returns is written at the
   * head in the same transaction as that. If it throws or takes too long, that is written down (`health`) and the commit is
   * asked about again later, with all of its events; later triggers do not wait for it.
   */
  readonly on: NoInfer<EffectOnMap<From>>
  /**
   * Ms since 1970: what was placed before sets nothing off. Default 0: a new effect reacts to all that ever was. (What a
   * restore has lost and a device gives back is placed then.)
   */
  readonly since?: number
  /** As a policy's. */
  readonly revealOrigin?: boolean
}

/** Belongs among a server's `policies`. */
export function defineEffect<const From extends readonly AnyStream[]>(
  name: string,
  spec: EffectSpec<From>,
): EffectDefinition {
  checkReaction('effect', name, spec)
  const { since = 0 } = spec
  if (!Number.isFinite(since)) {
    throw new VarveError('bad_model', `The effect ${name} is to begin at ${since}, which is no time.`, {
      hint: '`since` is ms since 1970, such as Date.UTC(2026, 0, 1).',
    })
  }
  return Object.freeze({
    kind: 'effect',
    name,
    from: Object.freeze([...spec.from]),
    on: Object.freeze({ ...spec.on }) as unknown as EffectDefinition['on'],
    since,
    revealOrigin: spec.revealOrigin ?? false,
  })
}
