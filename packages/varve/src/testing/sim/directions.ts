/**
 * What is never drawn, but stands in histories that are written for one purpose: devices that are away for long, and a
 * server whose backups and restores lie far apart. Its seed says how long, in ms.
 */
import type { Device } from './device.ts'
import type { Direction } from './history.ts'
import type { SimServer } from './server-port.ts'

export interface DirectedScene {
  readonly device: Device
  readonly server: SimServer
  /** The action's seed. */
  readonly ms: number
  /** Undoes it then, or when the history ends. */
  readonly later: (ms: number, undo: () => void) => void
}

export const directions: Readonly<Record<Direction, (scene: DirectedScene) => void>> = {
  /** The network is gone, and the browser says so. */
  goOffline({ device, ms, later }) {
    device.network.setPartition(true, true)
    later(ms, () => device.network.setPartition(false, true))
  },
  /** The browser is ended, and started again then. */
  shut({ device, ms, later }) {
    for (const tab of device.tabs()) tab.kill()
    later(ms, () => {
      if (device.tabs().length === 0) device.openTab()
    })
  },
  /** The lid is closed: all tabs stand still, with all that their memory holds. */
  sleep({ device, ms, later }) {
    const realms = device.tabs().flatMap((tab) => tab.worker()?.realm ?? [])
    for (const realm of realms) realm.freeze()
    // Nobody holds a connection for so long.
    device.network.cut('server')
    later(ms, () => {
      device.network.cut('client')
      for (const realm of realms) realm.thaw()
    })
  },
  backup: ({ server }) => server.backup(),
  /** The server dies, and comes back then with its last backup. */
  restore({ server, ms, later }) {
    server.crash('now')
    server.restore()
    later(ms, server.start)
  },
}
