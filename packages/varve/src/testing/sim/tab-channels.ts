/** The BroadcastChannels of one device: a message takes a moment, and never reaches its sender. */
import type { TabChannel } from '../../sync/ports.ts'
import type { Realm } from './realm.ts'
import type { Scheduler } from './scheduler.ts'

const deliveryMs = 1

export type TabChannels = (realm: Realm) => (name: string) => TabChannel

export function createTabChannels(scheduler: Scheduler): TabChannels {
  const members = new Map<string, Set<{ readonly realm: Realm; hear: (message: unknown) => void }>>()
  return (realm) => (name) => {
    const tabs = members.get(name) ?? new Set()
    members.set(name, tabs)
    const self = { realm, hear: (_message: unknown): void => {} }
    tabs.add(self)
    realm.onKill(() => tabs.delete(self))
    return Object.freeze({
      post(message: unknown) {
        for (const tab of tabs) {
          if (tab === self) continue
          scheduler.at(scheduler.now() + deliveryMs, () =>
            tab.realm.enter(() => tabs.has(tab) && tab.hear(message)),
          )
        }
      },
      onMessage(listener: (message: unknown) => void) {
        self.hear = listener
      },
      close: () => void tabs.delete(self),
    })
  }
}
