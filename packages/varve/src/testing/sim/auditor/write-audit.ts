/**
 * Who writes as a leader: the one whose fence is the disk's, and each under a fence of its own, for a leader mints a
 * name before it writes anything (C8).
 */
import type { StoreRecord } from '../../../log/port.ts'

export interface WriteAudit {
  /**
   * Null, or why a write that was done should not have been.
   *
   * @param fence undefined if it was no leader's
   * @param record as it was before the write
   * @param who the thread that wrote
   */
  look(fence: number | undefined, record: StoreRecord | null, who: object): string | null
}

export function createWriteAudit(): WriteAudit {
  const leaders = new Map<number, object>()
  return Object.freeze({
    look(fence: number | undefined, record: StoreRecord | null, who: object) {
      if (fence === undefined) return null
      if (fence !== record?.fence)
        return `a leader with the fence ${fence} wrote, and the fence is ${record?.fence}`
      const leader = leaders.get(fence) ?? who
      leaders.set(fence, leader)
      return leader === who ? null : `two leaders wrote with the fence ${fence}`
    },
  })
}
