/**
 * What reconcile, the engine and the server need of an application: to fold a commit into a state and to decide an
 * intent on a state. `rulesOf(model)` makes them from a model; tests write them by hand over toy states.
 *
 * A state `S` is used linearly: after `apply(state, …)` only the returned state may be used. `fork` gives a state
 * on top that can be dropped without a trace.
 */
import type { Entry, EventRecord, Guard, Intent, Outcome } from './commit.ts'
import type { PlainData } from './plain-data.ts'

export type Decision =
  | { readonly ok: true; readonly guards: readonly Guard[]; readonly events: readonly EventRecord[] }
  | {
      readonly ok: false
      readonly reason: string
      readonly details?: PlainData
      /** Which of the commands said no (index). */
      readonly command?: number
    }

export interface Rules<S> {
  fork(state: S): S
  apply(state: S, outcome: Outcome): S
  /**
   * Decides all commands of the intent, in order, each on the state that the ones before left; does not change
   * `state`. `theirs` holds the foreign entries on the commit's guards that the first decision had not seen.
   * Never throws: what cannot be decided is refused with reason `undecidable`.
   */
  decide(state: S, intent: Intent, theirs: readonly Entry[]): Decision
}
