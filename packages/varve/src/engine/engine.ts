/**
 * The engine: runs a store. It decides wishes into commits, stores them, folds what the log holds, and tells those who
 * watch; it does not know whether there is a server, a page or a worker.
 *
 *   dispatch ─────▸ decide ────▸ log.appendCommits ─┐
 *   applyEntries ─▸ reconcile ─▸ log.applyEntries ──┼─▸ present (a swap) ─▸ change ─▸ watchers
 *   refresh ───────────────────▸ log.readNews ──────┘
 *
 * Nothing is shown that is not stored. All changes run one after the other (gate.ts); memory changes only after the
 * log's write has resolved. Whatever fails leaves memory and disk as they were, or is set right by the next refresh.
 */
import { type Commit, type Draft, sealCommit } from '../core/commit.ts'
import type { rulesOf } from '../core/decide.ts'
import type { Dot, LogId, Position, Revision, StreamName } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { nameFault } from '../core/plain-data.ts'
import type {
  CommitRef,
  Cut,
  DispatchRequest,
  DispatchResult,
  EngineStatus,
  HistoryPage,
  Query,
} from '../core/query.ts'
import type { reconcile } from '../core/reconcile.ts'
import { goneFailure } from '../log/failures.ts'
import type { StoreLog } from '../log/port.ts'
import type { SavedWish } from '../log/wish-journal.ts'
import { type Booted, bindLogs, boot } from './boot.ts'
import { type Change, noChange } from './change.ts'
import { type Begun, createDispatch } from './dispatch.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { emptyPending } from './empty-pending.ts'
import { watchFates } from './fate-watch.ts'
import { readEnded } from './fates.ts'
import { createGate } from './gate.ts'
import { readHistory } from './history.ts'
import { cancelled, inboxNote } from './inbox.ts'
import { createLeader } from './leader.ts'
import { replicaOf } from './log-state.ts'
import { readPast } from './past.ts'
import { createPasts } from './pasts.ts'
import type { EnginePorts } from './ports.ts'
import { answer, mustLogOf, type QuerySources, streamUpdate } from './queries.ts'
import { chainAt } from './read-by-time.ts'
import { refresh } from './refresh.ts'
import { reorder } from './reorder.ts'
import { sameShown } from './same-shown.ts'
import { projectionUpdate } from './shown-view.ts'
import type { BoundLog } from './snapshots.ts'
import { statusOf } from './status.ts'
import type { SyncPort, SyncReport } from './sync-port.ts'
import { createWatchers, type Listener } from './watchers.ts'
import type { Writer } from './writer.ts'

export interface EngineOptions {
  readonly model: Model
  /** The engine closes it. */
  readonly log: StoreLog
  /** For each kind of log of the model, which log it is. */
  readonly logs: Readonly<Record<string, LogId>>
  readonly ports: EnginePorts
  readonly actor?: string | null
  /** How a draft becomes a commit. Default: `sealCommit`. */
  readonly seal?: (draft: Draft) => Commit
  /** Test-only: the client half with a rule switched off, as a negative control. */
  readonly reconcile?: typeof reconcile
  /** Test-only: how commands are decided, instead of core's. */
  readonly rules?: typeof rulesOf
  /** After how many applied entries the leader saves snapshots. Default: 500. */
  readonly snapshotEvery?: number
  /** Deep-freezes states and rows, so that code which changes them in place is caught. Default: true. */
  readonly freeze?: boolean
}

export interface Engine extends SyncPort {
  readonly model: Model
  /** Identity of the store on this device. */
  readonly store: string
  /** True if the store did not exist before. */
  readonly created: boolean
  /** `again`: an earlier engine may have stored this very request; if so it is answered as it was then. */
  dispatch(request: DispatchRequest, again?: boolean): Promise<DispatchResult>
  /** The same for a caller that may save the wish elsewhere while it waits. */
  begin(request: DispatchRequest, again: boolean): Begun
  /** What a journal of wishes holds, or held: done once. Resolves to what it became. */
  carryOut(saved: SavedWish): Promise<DispatchResult>
  /** A saved wish was acknowledged as `was` and has become this commit: its fate is told under both names. */
  learnName(was: CommitRef, dot: Dot): Promise<void>
  /** How many wishes are saved elsewhere: they are pending. */
  setSaved(count: number): void
  /** Empties a pending commit, if it is not placed first; false if it is not pending or withdrawn already. */
  cancel(ref: CommitRef): Promise<boolean>
  dismiss(ref: CommitRef): Promise<void>
  /** The first update comes before this returns, except that `fates` are looked up first. */
  subscribe(query: Query, listener: Listener): () => void
  history(
    stream: StreamName,
    from: { readonly after: Position; readonly revision: Revision } | null,
    past?: string | null,
  ): Promise<HistoryPage>
  /** Folds the log up to the cut; the id stands in queries as `past` until it is closed. */
  openPast(cut: Cut): Promise<string>
  closePast(past: string): Promise<void>
  /** By the leader only; otherwise nothing happens. */
  saveSnapshots(): Promise<void>
  status(): EngineStatus
  /** What is being written is written; what waits is refused with `closed`. Idempotent. */
  close(): Promise<void>
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { model, log } = options
  const logs = bindLogs(model, options.logs)
  // It stands in every commit: one that the server cannot read would never leave the outbox.
  if (options.actor !== undefined && options.actor !== null) mustBeName(options.actor, 'actor')
  const ports: EnginePorts = {
    ...options.ports,
    newId: () => mustBeName(options.ports.newId(), 'what newId gives'),
  }
  const changes = createEmitter<Change>(ports.report ?? (() => {}))
  const booted = await boot({
    model,
    log,
    logs,
    ports,
    freeze: options.freeze ?? true,
    publish: changes.emit,
    rules: options.rules,
  })
  return runEngine({ ...options, ports }, { logs, changes, booted })
}

function mustBeName(text: string, what: string): string {
  const fault = nameFault(text, what)
  if (fault !== null) throw new VarveError('bad_name', `This store cannot be opened: ${fault}.`)
  return text
}

interface Parts {
  readonly logs: readonly BoundLog[]
  readonly changes: Emitter<Change>
  readonly booted: Booted
}

function runEngine(options: EngineOptions, { logs, changes, booted }: Parts): Engine {
  const { model, log, ports, snapshotEvery = 500, freeze = true } = options
  const { present, store } = booted
  const report = ports.report ?? (() => {})
  const writer: Writer = { model, log, present, freeze, reconcile: options.reconcile }
  let lastReport: SyncReport | null = null
  let stalledSince = 0
  let saved = 0
  let closing: Promise<void> | null = null

  const gate = createGate(() => {
    // Of a store that is gone the browser tells each tab, and a look at it while it is being cleared would only fail.
    changes.emit({ ...noChange, logs: gate.halted()?.code === 'store_rolled_back' })
  })
  const leader = createLeader(writer, {
    gate,
    newReplica: ports.newId,
    snapshotEvery,
    unsaved: booted.unsaved,
    isCaughtUp,
    reorder: mayReorder,
    onLeadChange: () => watchers.statusMayHaveChanged(),
    report,
  })
  const watchers = createWatchers(
    changes,
    {
      stream: (stream) => {
        const state = present.mustLog(mustLogOf({ model, logOf }, stream))
        return streamUpdate(state.pending, stream, state.notes.get(stream) ?? [])
      },
      projection: (name) => projectionUpdate(present.views.mustGet(name)),
      status: () => ({ kind: 'status', status: status() }),
      inbox: () => ({ kind: 'inbox', items: present.inbox().map(inboxNote) }),
    },
    report,
  )
  const fates = watchFates(writer, {
    ...{ gate, changes, report },
    getReport: () => lastReport,
    getSaved: () => saved,
  })
  const dispatch = createDispatch(writer, {
    actor: options.actor ?? null,
    seal: options.seal ?? sealCommit,
    logOf,
    exclusively: gate.write,
    report,
  })

  const pasts = createPasts((cut) => {
    const heads = present.logs().map(({ head }) => head)
    return readPast(log, { model, logs, heads }, { cut, freeze })
  })

  const stopWatchingLog = log.onGone((code) => gate.halt(goneFailure(code)))

  function logOf(kind: string): LogId {
    const bound = logs.find((each) => each.kind === kind)
    if (bound === undefined)
      throw new VarveError('unknown_log', `The model ${model.name} has no kind of log ${kind}.`)
    return bound.id
  }

  function isCaughtUp(): boolean {
    return present
      .logs()
      .every(
        ({ id, head }) => (lastReport?.heads.find((each) => each.log === id)?.head ?? 0) <= head.position,
      )
  }

  /** Not while pages of a long log come in: each would fold all of it again. */
  async function mayReorder(): Promise<void> {
    if (isCaughtUp() || lastReport?.phase !== 'syncing') await reorder(writer)
  }

  function status(): EngineStatus {
    return statusOf({
      report: lastReport,
      halt: gate.halted(),
      leading: leader.leads(),
      store,
      replica: replicaOf(present.mustLog(logOf(model.logKinds[0] ?? '')).head),
      withdrawn: present.inbox().length,
      logs: present.logs(),
      stalledSince,
      writesElsewhere: booted.writesElsewhere,
      failures: present.views.failures(),
      saved,
    })
  }

  const sources: QuerySources = { model, logOf, watchers, fates, mustPast: pasts.must, report }

  async function history(
    stream: StreamName,
    from: { readonly after: Position; readonly revision: Revision } | null,
    past: string | null = null,
  ): Promise<HistoryPage> {
    gate.mustOpen()
    const { id, head, outbox } = present.mustLog(mustLogOf(sources, stream))
    const range =
      past === null
        ? { upTo: head.position, outbox }
        : { upTo: pasts.must(past).positions[id] ?? 0, outbox: [] }
    return readHistory(log, { model, log: id, stream, from, ...range })
  }

  function onReport(next: SyncReport): void {
    if (closing !== null) return
    const justSynced = next.phase === 'synced' && lastReport?.phase !== 'synced'
    const before = lastReport
    lastReport = next
    const dotIn = (report: SyncReport | null) => report?.stalled?.dot
    if (!sameShown(dotIn(next), dotIn(before))) stalledSince = ports.now() - (next.stalled?.forMs ?? 0)
    watchers.statusMayHaveChanged()
    fates.onReport(before)
    if (present.views.late().size > 0) gate.read(mayReorder).catch(report)
    if (justSynced) leader.onCaughtUp()
  }

  async function close(): Promise<void> {
    await gate.close()
    stopWatchingLog()
    pasts.closeAll()
    changes.close()
    await log.close()
  }

  return Object.freeze({
    model,
    store,
    created: booted.created,
    dispatch: async (request: DispatchRequest, again = false) => {
      gate.mustOpen()
      return dispatch.begin(request, again).result
    },
    begin: (request: DispatchRequest, again: boolean) => {
      gate.mustOpen()
      return dispatch.begin(request, again)
    },
    carryOut: dispatch.carryOut,
    learnName: (was: CommitRef, dot: Dot) =>
      gate.read(async () =>
        present.learnName(was, dot, await readEnded(log, [{ log: was.log, dot }], present)),
      ),
    setSaved: (count: number) => {
      saved = count
      watchers.statusMayHaveChanged()
      fates.onSaved()
    },
    cancel: (ref: CommitRef) =>
      gate.write(
        async () => (await emptyPending(writer, present.presentName(ref), { reason: cancelled })) === true,
      ),
    dismiss: (ref: CommitRef) =>
      gate.write(async () => {
        const now = present.presentName(ref)
        await log.dismissInbox(now.log, now.dot)
        present.dismiss(now)
      }),
    subscribe: (query: Query, listener: Listener) => {
      gate.mustOpen()
      return answer(sources, query, listener)
    },
    history,
    openPast: async (cut: Cut) => {
      gate.mustOpen()
      return pasts.open(cut)
    },
    closePast: async (past: string) => pasts.close(past),
    saveSnapshots: leader.saveSnapshots,
    status,
    close: () => (closing ??= close()),

    lead: leader.lead,
    follow: leader.follow,
    halted: gate.halted,
    logs: () => present.logs().map(({ head, outbox }) => ({ head, outbox })),
    applyEntries: leader.applyEntries,
    readChains: (id: LogId, positions: readonly Position[]) =>
      gate.read(() => Promise.all(positions.map((position) => chainAt(log, id, position)))),
    heal: leader.heal,
    rename: leader.rename,
    withdraw: leader.withdraw,
    refresh: () =>
      gate.read(async () => {
        await refresh(writer)
        await mayReorder()
      }),
    report: onReport,
    onChange: (listener: () => void) =>
      changes.listen(({ logs: ownWrite }) => {
        if (ownWrite) listener()
      }),
  } satisfies Engine)
}
