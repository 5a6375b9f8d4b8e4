/** All that is stored up to the heads of one moment, folded; in several reads, under which a log may be reset. */
import type { LogId } from '../core/dot.ts'
import type { LogHead, StoreLog, StoreRecord } from '../log/port.ts'
import { type Folded, foldTo } from './fold-to.ts'
import { mustHeadOf } from './present.ts'
import { lastTimes } from './reorder.ts'
import type { SnapshotScope } from './snapshots.ts'

export interface FoldedStore extends Folded {
  /** The server's time of the last entry of each log. */
  readonly times: ReadonlyMap<LogId, number>
}

/** Null if a log was reset while it was read: read the heads again. */
export async function foldStored(
  log: StoreLog,
  { freeze, ...scope }: SnapshotScope & { readonly freeze: boolean },
): Promise<FoldedStore | null> {
  const { heads } = scope
  const cut = Object.fromEntries(heads.map((head) => [head.log, head.position]))
  try {
    const folded = { ...(await foldTo(log, { scope, cut, freeze })), times: await lastTimes(log, scope) }
    return isOther(heads, await log.readRecord()) ? null : folded
  } catch (thrown) {
    // Cut short under the reader it looks torn.
    if (isOther(heads, await log.readRecord())) return null
    throw thrown
  }
}

function isOther(heads: readonly LogHead[], record: StoreRecord): boolean {
  return heads.some((head) => mustHeadOf(record, head.log).resets !== head.resets)
}
