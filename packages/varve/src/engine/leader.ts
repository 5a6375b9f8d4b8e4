/**
 * What only the tab that talks to the server does: mint a replica (C8), apply pages, save snapshots. It knows itself by
 * its fence; a write that is answered `fenced` tells it that another tab has taken over.
 */
import type { Entry, WithdrawnFor } from '../core/commit.ts'
import { type Dot, type LogId, type Position, type ReplicaId, sameDot } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import { barrier } from '../log/barrier.ts'
import { logLimits, type Snapshot } from '../log/port.ts'
import { applyPage } from './apply-page.ts'
import { emptyPending } from './empty-pending.ts'
import type { Gate } from './gate.ts'
import { refresh } from './refresh.ts'
import { type SnapshotScope, viewSnapshot, worldSnapshot } from './snapshots.ts'
import { roundsMax, type Writer } from './writer.ts'

export interface Leader {
  leads(): boolean
  lead(replica: ReplicaId): Promise<void>
  follow(): void
  applyEntries(log: LogId, epoch: string, entries: readonly Entry[]): Promise<'applied' | 'gap' | 'fenced'>
  /** See `SyncPort`. */
  heal(log: LogId, epoch: string, fork: Position): Promise<'done' | 'fenced'>
  rename(log: LogId, from: Dot): Promise<'done' | 'fenced'>
  withdraw(log: LogId, dot: Dot, why: WithdrawnFor): Promise<'done' | 'fenced'>
  saveSnapshots(): Promise<void>
  /** All of the log is here: what was put off while it came is saved. */
  onCaughtUp(): void
}

export interface LeaderOptions {
  readonly gate: Gate
  readonly newReplica: () => ReplicaId
  readonly snapshotEvery: number
  /** Entries folded at boot that no snapshot holds. */
  readonly unsaved: number
  /** Whether, as far as is known, all entries of all logs are here. */
  readonly isCaughtUp: () => boolean
  /** Folds late projections again, if this is the moment. */
  readonly reorder: () => Promise<void>
  readonly onLeadChange: () => void
  readonly report: (thrown: unknown) => void
}

/** Seldom needed. Sync has loaded it by then, for a part that is missing here would be a defect. */
const loadReset = () => import('./reset-log.ts')

/** While a long log is fetched, snapshots are rarer by this factor: each costs as much as the whole state is large. */
const catchUpFactor = 20

export function createLeader(writer: Writer, options: LeaderOptions): Leader {
  const { log, model, present } = writer
  const { gate, snapshotEvery } = options
  let fence: number | null = null
  let unsaved = options.unsaved
  let saving = false

  /** `asLeader`: only as the one that leads already. */
  async function mint(replica: ReplicaId, asLeader?: number): Promise<void> {
    const record = await log.mintLeader(replica, asLeader)
    fence = record.replica === replica ? record.fence : null
    await refresh(writer)
    barrier('lead: named')
    options.onLeadChange()
  }

  function step(): 'fenced' {
    fence = null
    options.onLeadChange()
    return 'fenced'
  }

  async function applyEntries(
    id: LogId,
    epoch: string,
    entries: readonly Entry[],
  ): Promise<'applied' | 'gap' | 'fenced'> {
    let from = 0
    do {
      const part = entries.slice(from, from + logLimits.applyEntriesMax)
      const status = await gate.write(() => applyPart(id, epoch, part))
      if (status !== 'applied') return status
      from += logLimits.applyEntriesMax
    } while (from < entries.length)
    maySave()
    return 'applied'
  }

  async function applyPart(
    id: LogId,
    epoch: string,
    entries: readonly Entry[],
  ): Promise<'applied' | 'gap' | 'fenced'> {
    if (fence === null) return 'fenced'
    const applied = await applyPage(writer, { log: id, epoch, entries, fence })
    if (applied.status === 'collision') {
      const renamed = await renameOn(id, applied.dot)
      return renamed === 'fenced' ? renamed : applyPart(id, epoch, entries)
    }
    if (applied.status === 'name_taken') {
      // C8: before the page is there, and any tab can give away a name that stands in it.
      await mint(options.newReplica(), fence)
      return applyPart(id, epoch, entries)
    }
    if (applied.status !== 'applied') return applied.status === 'fenced' ? step() : 'gap'
    unsaved += applied.entries
    await options.reorder()
    return 'applied'
  }

  async function healOn(id: LogId, epoch: string, fork: Position): Promise<'done' | 'fenced'> {
    // An earlier try may have been done, though it was said to fail.
    await refresh(writer)
    for (let round = 0; round < roundsMax; round += 1) {
      if (fence === null) return 'fenced'
      const { healLog } = await loadReset()
      const status = await healLog(writer, { log: id, epoch, fork, fence })
      await refresh(writer)
      barrier('heal: taken up')
      if (status === 'fenced') return step()
      if (status === 'written') {
        // Snapshots are of one epoch: there is none of this one.
        unsaved += present.mustLog(id).head.position
        return 'done'
      }
    }
    throw tooBusy()
  }

  /** Under a name of its own for each try: one that another tab has used meanwhile is not given twice. */
  async function renameOn(id: LogId, from: Dot): Promise<'done' | 'fenced'> {
    for (let round = 0; round < roundsMax; round += 1) {
      if (fence === null) return 'fenced'
      if (!present.mustLog(id).outbox.some(({ dot }) => sameDot(dot, from))) return 'done'
      await mint(options.newReplica(), fence)
      if (fence === null) return 'fenced'
      barrier('rename: named')
      const { renameFrom } = await loadReset()
      const status = await renameFrom(writer, { log: id, from, fence })
      await refresh(writer)
      barrier('rename: taken up')
      if (status === 'fenced') return step()
      if (status === 'written') return 'done'
    }
    throw tooBusy()
  }

  async function withdrawOn(id: LogId, dot: Dot, why: WithdrawnFor): Promise<'done' | 'fenced'> {
    if (fence === null) return 'fenced'
    const done = await emptyPending(writer, { log: id, dot }, { ...why, fence })
    return done === 'fenced' ? step() : 'done'
  }

  function maySave(): void {
    const due = unsaved >= snapshotEvery * (options.isCaughtUp() ? 1 : catchUpFactor)
    // Snapshots are disposable: that one could not be saved disturbs nobody.
    if (due && fence !== null && !saving) saveSnapshots().catch(options.report)
  }

  async function saveSnapshots(): Promise<void> {
    if (saving) return
    saving = true
    try {
      const taken = await gate.write(async () => {
        if (fence === null) return null
        const count = unsaved
        unsaved = 0
        return { fence, snapshots: takeSnapshots(), count }
      })
      if (taken === null) return
      // Outside the queue: nothing waits for it.
      const status = await log.saveSnapshots(taken.fence, taken.snapshots).catch((failure: unknown) => {
        unsaved += taken.count
        throw failure
      })
      if (status === 'fenced') step()
    } finally {
      saving = false
    }
  }

  function takeSnapshots(): readonly Snapshot[] {
    const logs = present.logs()
    const scope: SnapshotScope = { model, logs, heads: logs.map(({ head }) => head) }
    const late = present.views.late()
    const confirmed = present.views.confirmed().filter(({ projection }) => !late.has(projection.name))
    const snapshots = [
      ...logs.map((each) => worldSnapshot(scope, each, each.confirmed)),
      ...confirmed.map(({ projection, view }) => viewSnapshot(scope, projection, view)),
    ]
    return snapshots.filter(({ positions }) => Object.values(positions).some((position) => position > 0))
  }

  return Object.freeze({
    leads: () => fence !== null,
    lead: (replica: ReplicaId) =>
      gate.write(async () => {
        await mint(replica)
        maySave()
      }),
    follow: () => void (fence !== null && step()),
    applyEntries,
    heal: (id: LogId, epoch: string, fork: Position) => gate.write(() => healOn(id, epoch, fork)),
    rename: (id: LogId, from: Dot) => gate.write(() => renameOn(id, from)),
    withdraw: (id: LogId, dot: Dot, why: WithdrawnFor) => gate.write(() => withdrawOn(id, dot, why)),
    saveSnapshots,
    onCaughtUp: maySave,
  })
}

function tooBusy(): VarveError {
  return new VarveError('busy', 'Other tabs kept writing while a log was being reset.', {
    hint: 'Nothing was stored. It is tried again.',
  })
}
