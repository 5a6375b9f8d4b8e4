/** What all parts of one run share. */
import type { clockOf } from '../../core/clock.ts'
import type { LogId } from '../../core/dot.ts'
import type { Model } from '../../core/model.ts'
import type { reconcile } from '../../core/reconcile.ts'
import type { Engine } from '../../engine/engine.ts'
import type { StoreLog } from '../../log/port.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Auditor } from './auditor/auditor.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimServer } from './server-port.ts'
import type { WallClock } from './wall-clock.ts'

/** Test-only: promises that are not kept, as negative controls. */
export interface BrokenParts {
  readonly reconcile?: typeof reconcile
  readonly log?: (log: StoreLog) => StoreLog
  readonly engine?: (engine: Engine) => Engine
  readonly clock?: typeof clockOf
  /** Leaders go on under the name that they find on the disk. */
  readonly keepsName?: boolean
  /** These transactions are written with relaxed durability. */
  readonly relaxed?: readonly Exclude<keyof StoreLog, 'close' | 'onGone'>[]
}

export interface Ground {
  readonly model: Model
  /** The build of the model before that one. */
  readonly olderModel: Model
  /** For each kind of log, its name. */
  readonly logs: Readonly<Record<string, LogId>>
  readonly logIds: readonly LogId[]
  /** Where streams of this type are. */
  readonly logOf: (type: string) => LogId
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly auditor: Auditor
  readonly server: SimServer
  /** The time of day there. */
  readonly serverClock: WallClock
  readonly newId: () => string
  /** What an application's sign-in gives now. */
  readonly token: () => string
  /** All streams that somebody wished something of. */
  readonly streams: ReadonlySet<string>
  readonly broken: BrokenParts
  /** An error that was thrown inside. */
  thrown(tab: string, error: unknown): void
  /** A call that was answered with a failure. */
  failed(tab: string, failure: { readonly code: string; readonly message: string }): void
}
