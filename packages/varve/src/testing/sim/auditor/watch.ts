/** Looks at all tabs after each step, and says when all is settled. */
import type { Device } from '../device.ts'
import type { Ground } from '../ground.ts'
import type { Tab, Worker } from '../tab.ts'
import { dotText } from './log-audit.ts'
import { shownFault, statusFault } from './tab-audit.ts'

export interface Watch {
  /** After each step. */
  look(): void
  /** Null, or why not all agree yet. */
  unsettled(): string | null
  /** For each device, the dots that its inbox lists. */
  inboxes(): ReadonlyMap<string, ReadonlySet<string>>
  trace(): number
}

/** A tab hears of what another one did by a message, and of a silent leader after ten seconds. */
const claimMsMax = 15_000

export function createWatch(ground: Ground, devices: readonly Device[]): Watch {
  const { auditor, scheduler, server, log } = ground
  let trace = 0

  function look(): void {
    const durable = server.entries(log)
    auditor.lookAtLog(durable)
    trace = (Math.imul(trace, 31) + scheduler.now() + durable.length) | 0
    for (const device of devices) {
      for (const tab of device.tabs()) {
        const worker = tab.worker()
        if (worker !== null) lookAt(device, tab, worker)
      }
    }
  }

  function lookAt(device: Device, tab: Tab, worker: Worker): void {
    const { realm, status, seen } = worker
    if (!realm.isAlive() || realm.isFrozen()) {
      worker.claimsSince = null
      return
    }
    if (worker.waiting > 0 || status === null) return
    if (worker.isDirty) {
      worker.isDirty = false
      const fault =
        shownFault(worker, { model: tab.model, log, server: auditor.server() }) ??
        statusFault(status, {
          seenPending: seen.get(log)?.outbox.length ?? 0,
          unplaced: auditor.unplaced(tab.acknowledged),
        })
      if (fault !== null) auditor.fail(`${tab.name}: ${fault}`)
      trace = (Math.imul(trace, 31) + (seen.get(log)?.position ?? 0) + status.phase.length) | 0
    }
    const claims = status.phase === 'synced' && auditor.outboxLength(device.name) > 0
    if (!claims) worker.claimsSince = null
    else if (worker.claimsSince === null) worker.claimsSince = scheduler.now()
    else if (scheduler.now() - worker.claimsSince > claimMsMax)
      auditor.fail(`${tab.name}: says synced for long, and its device has something pending`)
  }

  function unsettled(): string | null {
    const durable = server.entries(log)
    const head = durable.length
    for (const device of devices) {
      const { name, disk } = device
      const pending = auditor.outboxLength(name)
      if (pending > 0) return `${name} still has ${pending} pending`
      const held = disk.disk.tables.entries.get(log) ?? []
      const position = held.length
      if (position !== head) return `${name} stands at @${position} of @${head}`
      if (held.at(-1)?.chain !== durable.at(-1)?.chain) return `${name} holds another log than the server`
      for (const tab of device.tabs()) {
        const { status, waiting } = tab.worker() ?? { status: null, waiting: 0 }
        if (tab.asked.size > 0) return `${tab.name} has no answer to ${[...tab.asked.keys()][0]}`
        if (waiting > 0) return `${tab.name} waits for its disk`
        if (status?.phase !== 'synced') return `${tab.name} says ${status?.phase ?? 'nothing'}`
      }
    }
    return null
  }

  function inboxes(): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map(
      devices.map(({ name, disk }) => {
        const rows = [...disk.disk.tables.inbox.values()].filter((row) => !row.dismissed)
        return [name, new Set(rows.map(({ item }) => dotText(item.dot)))]
      }),
    )
  }

  return Object.freeze({ look, unsettled, inboxes, trace: () => trace })
}
