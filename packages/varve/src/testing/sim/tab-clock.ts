/** The timers of one tab, as its sync driver sees them: a browser's, in virtual time. */
import type { SyncClock } from '../../sync/ports.ts'
import type { Device } from './device.ts'
import type { Ground } from './ground.ts'
import type { Realm } from './realm.ts'

export function tabClock(
  realm: Realm,
  device: Pick<Device, 'syncClock' | 'takeName'>,
  { scheduler, random, newId }: Pick<Ground, 'scheduler' | 'random' | 'newId'>,
): SyncClock {
  return {
    now: device.syncClock,
    random: random.next,
    // Of this clock the sync driver asks for nothing but the names of leaders.
    newId: () => device.takeName() ?? newId(),
    at(atMs, callback) {
      // As setTimeout counts: from now, whatever the clock says later.
      const waitMs = Math.min(Math.max(0, atMs - device.syncClock()), timeoutMsMax)
      let isForgotten = false
      const due = (): void => {
        if (!isForgotten) callback()
      }
      const forget = scheduler.at(scheduler.now() + waitMs, () => realm.enter(due))
      // As clearTimeout does, also when a frozen tab has the callback still to run.
      return () => {
        isForgotten = true
        forget()
      }
    },
  }
}

/** A browser's longest timeout. */
const timeoutMsMax = 2 ** 31 - 1
