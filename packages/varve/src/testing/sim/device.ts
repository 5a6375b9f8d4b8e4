/** One device: a browser profile with its disk, clock, locks, network and tabs. */
import type { ReplicaId } from '../../core/dot.ts'
import type { Model } from '../../core/model.ts'
import type { MemoryDisk } from '../../log/memory-disk.ts'
import { createDeviceDisk, type DeviceDisk } from './device-disk.ts'
import type { Ground } from './ground.ts'
import type { DeviceSetup } from './history.ts'
import { createLocks, type DeviceLocks } from './locks.ts'
import { createNetwork, type DeviceNetwork } from './network.ts'
import { openTab, storeName, type Tab } from './tab.ts'
import { createTabChannels, type TabChannels } from './tab-channels.ts'
import { createWallClock, type WallClock } from './wall-clock.ts'

export interface Device {
  readonly name: string
  readonly disk: DeviceDisk
  readonly locks: DeviceLocks
  readonly channels: TabChannels
  readonly network: DeviceNetwork
  /** Ms since 1970, as this device believes. */
  wallClock(): number
  /** What its sync driver counts by: it cannot be set. */
  syncClock(): number
  /** The time of day here. */
  readonly clock: WallClock
  /** Those that are not closed. */
  tabs(): readonly Tab[]
  /** Which build of the model its pages are loaded in. */
  model(): Model
  /** Of a machine that was copied while it ran: the name that its leader writes under and takes for its own, once. */
  takeName(): ReplicaId | null
  /** From now on its pages are loaded in the newest build; those that are open go on as they are. */
  update(): void
  /** @param build default: the one that is loaded here */
  openTab(build?: Model): Tab
  /** Its power fails: the disk loses what was not on it yet, and its tabs come back. */
  crash(): void
  /** The same, and its disk is as it was. */
  setBack(copy: MemoryDisk): void
}

export const leaderLock = `varve:${storeName}:leader`
const epochMs = 1_700_000_000_000

export function createDevice(
  ground: Ground,
  name: string,
  setup: DeviceSetup & { readonly seed: number; readonly isTwin?: boolean },
): Device {
  const { scheduler, auditor, server, random, broken, logIds } = ground
  const clock = createWallClock(scheduler, epochMs + setup.skewMs)
  let isTwin = setup.isTwin === true
  let model = setup.isOlder === true ? ground.olderModel : ground.model
  let tabs: Tab[] = []
  let opened = 0

  const device: Device = {
    name,
    disk: createDeviceDisk({
      scheduler,
      random,
      onWritten: () => auditor.lookAtDisk(name, device.disk.disk.tables),
      fail: (what) => auditor.fail(`${name}: ${what}`),
      broken: broken.log,
      relaxed: broken.relaxed,
    }),
    locks: createLocks(scheduler),
    channels: createTabChannels(scheduler),
    network: createNetwork({
      scheduler,
      server: () => server,
      seed: setup.seed,
      latencyMs: setup.latencyMs,
      onServerText(text) {
        for (const log of logIds) auditor.of(log).lookAtLog(server.entries(log))
        auditor.lookAtFrame(text, server.entries)
      },
    }),
    wallClock: clock.now,
    clock,
    syncClock: scheduler.now,
    tabs() {
      tabs = tabs.filter((tab) => !tab.isClosed())
      return tabs
    },
    takeName() {
      const name =
        isTwin || broken.keepsName === true ? (device.disk.disk.tables.record?.replica ?? null) : null
      isTwin = false
      return name
    },
    model: () => model,
    update() {
      model = ground.model
    },
    openTab(build = model) {
      opened += 1
      const tab = openTab(ground, device, { name: `${name}/${opened}`, model: build })
      tabs.push(tab)
      return tab
    },
    crash: () => restart(device.disk.loseTail),
    setBack(copy) {
      restart(() => {
        device.disk.disk = copy
        auditor.setBack(name, copy.tables)
      })
    },
  }

  function restart(meanwhile: () => void): void {
    const before = [...device.tabs()]
    for (const tab of before) tab.kill()
    meanwhile()
    for (const _tab of before) device.openTab()
  }

  return device
}
