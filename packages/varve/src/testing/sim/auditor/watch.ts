/** Looks at all tabs after each step, and says when all is settled. */
import type { LogId } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'
import type { Device } from '../device.ts'
import type { Ground } from '../ground.ts'
import type { Tab, Worker } from '../tab.ts'
import { inboxOnDisk, inboxText, nameOf } from './ends-audit.ts'
import type { NaiveFold } from './naive-fold.ts'
import { dotText } from './server-audit.ts'
import { mixedFault, mixedFold, shownFault, statusFault } from './tab-audit.ts'

export interface Watch {
  /** After each step. */
  look(): void
  /** Null, or why not all agree yet. */
  unsettled(): string | null
  /** For each device, the dots that its inbox lists of a log. */
  inboxes(log: LogId): ReadonlyMap<string, ReadonlySet<string>>
  trace(): number
}

/** A tab hears of what another one did by a message, and of a silent leader after ten seconds. */
const claimMsMax = 15_000

export function createWatch(ground: Ground, devices: readonly Device[]): Watch {
  const { auditor, scheduler, server, logIds, logOf } = ground
  let trace = 0

  function look(): void {
    let placed = 0
    for (const log of logIds) {
      const durable = server.entries(log)
      auditor.of(log).lookAtLog(durable)
      placed += durable.length
    }
    trace = (Math.imul(trace, 31) + scheduler.now() + placed) | 0
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
      let position = 0
      let seenPending = 0
      for (const log of logIds) {
        const { server, folded: onFold } = auditor.of(log)
        const fault = shownFault(worker, { model: tab.model, log, logOf, server, onFold })
        if (fault !== null) auditor.fail(`${tab.name}: ${fault}`)
        position += seen.get(log)?.position ?? 0
        seenPending += seen.get(log)?.outbox.length ?? 0
      }
      const fault = statusFault(status, { seenPending, unplaced: auditor.unplaced(tab.acknowledged) })
      if (fault !== null) auditor.fail(`${tab.name}: ${fault}`)
      trace = (Math.imul(trace, 31) + position + status.phase.length) | 0
    }
    const claims = status.phase === 'synced' && auditor.outboxLength(device.name) > 0
    if (!claims) worker.claimsSince = null
    else if (worker.claimsSince === null) worker.claimsSince = scheduler.now()
    else if (scheduler.now() - worker.claimsSince > claimMsMax)
      auditor.fail(`${tab.name}: says synced for long, and its device has something pending`)
  }

  function unsettled(): string | null {
    for (const device of devices) {
      const { name } = device
      const pending = auditor.outboxLength(name)
      if (pending > 0) return `${name} still has ${pending} pending`
      const behind = logIds.map((log) => unequal(device, log)).find((why) => why !== null)
      if (behind !== undefined) return behind
      const there = inboxText(inboxOnDisk(device.disk.disk.tables))
      for (const tab of device.tabs()) {
        const { status, waiting } = tab.worker() ?? { status: null, waiting: 0 }
        const lists = inboxText(tab.worker()?.inbox ?? [])
        if (lists !== there) return `${tab.name} lists ${lists} in its inbox, and there is ${there}`
        if (tab.asked.size > 0) return `${tab.name} has no answer to ${[...tab.asked.keys()][0]}`
        if (waiting > 0) return `${tab.name} waits for its disk`
        const missed = missedBy(tab)
        if (missed !== null) return `${tab.name} ${missed}`
        if (status?.phase !== 'synced') return `${tab.name} says ${status?.phase ?? 'nothing'}`
      }
    }
    const folds = new Map<Model, NaiveFold>()
    for (const { name, model, worker } of devices.flatMap((device) => device.tabs())) {
      const fold = folds.get(model) ?? mixedFold(model, logIds.map(server.entries))
      folds.set(model, fold)
      const fault = mixedFault(worker()?.views, model, fold)
      if (fault !== null) return `${name} ${fault}`
    }
    return null
  }

  /** Null, or an end that a page is still to be told. */
  function missedBy(tab: Tab): string | null {
    const { owed, toldEnds } = tab.worker() ?? { owed: [], toldEnds: new Map<string, string[]>() }
    const open = owed.find((ref) => !toldEnds.has(nameOf(ref)))
    return open === undefined ? null : `was not told how ${nameOf(open)} ended`
  }

  /** Null, or how the log of a device differs from the server's. */
  function unequal({ name, disk }: Device, log: LogId): string | null {
    const durable = server.entries(log)
    const held = disk.disk.tables.entries.get(log) ?? []
    if (held.length !== durable.length) return `${name} stands at @${held.length} of @${durable.length}`
    return held.at(-1)?.chain === durable.at(-1)?.chain ? null : `${name} holds another log than the server`
  }

  function inboxes(log: LogId): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map(
      devices.map(({ name, disk }) => {
        const rows = [...disk.disk.tables.inbox.values()].filter(
          (row) => !row.dismissed && row.item.log === log,
        )
        return [name, new Set(rows.map(({ item }) => dotText(item.dot)))]
      }),
    )
  }

  return Object.freeze({ look, unsettled, inboxes, trace: () => trace })
}
