/** What the operations that write have in common. They run as jobs of the engine's queue, one at a time. */
import type { Model } from '../core/model.ts'
import type { reconcile } from '../core/reconcile.ts'
import type { StoreLog } from '../log/port.ts'
import type { Present } from './present.ts'

export interface Writer {
  readonly model: Model
  readonly log: StoreLog
  readonly present: Present
  /** Whether states are deep-frozen. */
  readonly freeze: boolean
  /** Test-only: instead of core's. */
  readonly reconcile?: typeof reconcile | undefined
}

/** How often a write is decided anew because another tab was faster, before the caller is told `busy`. */
export const roundsMax = 8
