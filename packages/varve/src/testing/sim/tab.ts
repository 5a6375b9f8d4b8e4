/**
 * One tab: a page, which remembers what it asked for, and its worker, in which the real engine and the real sync driver
 * run. A worker that dies is replaced, as worker/connect does, and is asked again for what had no answer; a page that is
 * closed asks for nothing any more.
 */

import { rulesOf } from '../../core/decide.ts'
import { type LogId, parseStreamName } from '../../core/dot.ts'
import type { Model } from '../../core/model.ts'
import type {
  CommitRef,
  DispatchRequest,
  EngineStatus,
  InboxNote,
  ProjectionUpdate,
  StreamUpdate,
  Update,
} from '../../core/query.ts'
import type { EndedCommit } from '../../engine/change.ts'
import { type Engine, openEngine } from '../../engine/engine.ts'
import { lead } from '../../sync/lead.ts'
import type { SyncPorts } from '../../sync/ports.ts'
import { startSync } from '../../sync/sync.ts'
import type { Host } from '../../worker/contract.ts'
import { hostOf } from '../../worker/host.ts'
import { askedTwice } from './asked-twice.ts'
import { answerFault } from './auditor/answer-audit.ts'
import { endFault, type ToldEnds } from './auditor/ends-audit.ts'
import type { LookedAt } from './auditor/tab-audit.ts'
import type { Device } from './device.ts'
import type { DiskUser, Seen } from './device-disk.ts'
import type { Ground } from './ground.ts'
import { createRealm, type Realm } from './realm.ts'
import { tabClock } from './tab-clock.ts'

export interface Worker extends DiskUser {
  readonly realm: Realm
  readonly seen: Seen
  /** By stream: as the page was last told. */
  readonly shown: Map<string, StreamUpdate>
  /** By projection; of a table, all rows. */
  readonly views: Map<string, ProjectionUpdate>
  status: EngineStatus | null
  /** By log. */
  readonly lookedAt: Map<LogId, LookedAt>
  inbox: readonly InboxNote[]
  readonly toldEnds: ToldEnds
  /** Acknowledged by this very worker: it owes their ends. */
  readonly owed: CommitRef[]
  /** Null until it is open. */
  engine: Engine | null
  host: Host | null
  /** Something that is shown was told anew since the auditor looked. */
  isDirty: boolean
  /** Since when the status says synced over the outbox of the device. */
  claimsSince: number | null
  /** Gives it a fresh token. */
  signIn: () => void
}

export interface Tab {
  readonly name: string
  /** The build that its page is of. */
  readonly model: Model
  readonly worker: () => Worker | null
  wish(request: DispatchRequest): void
  /** Seeds of the wishes that were acknowledged here. */
  readonly acknowledged: Set<string>
  /** Wishes without an answer. */
  readonly asked: ReadonlyMap<string, DispatchRequest>
  cancel(ref: CommitRef): void
  dismiss(ref: CommitRef): void
  /** Shows this stream from now on. */
  watch(stream: string): void
  /** Its worker dies and another one is started. */
  crash(): void
  /** What was to happen to it at a coming call of the disk does not. */
  spare(): void
  /** All of it dies. */
  kill(): void
  /** Ends its work as a page that is left does. */
  close(): void
  readonly isClosed: () => boolean
}

const restartMs = 150
const reopenMs = 1_000
const nameWaitMs = 2_000
const snapshotEvery = 5
const signInMs = 200
const tokenCodes: ReadonlySet<string> = new Set(['unauthorized', 'token_expired'])

export function openTab(ground: Ground, device: Device, { name, model }: Pick<Tab, 'name' | 'model'>): Tab {
  const { scheduler, auditor } = ground
  const asked = new Map<string, DispatchRequest>()
  const acknowledged = new Set<string>()
  let worker: Worker | null = null
  let isClosed = false

  function start(): void {
    if (isClosed || worker?.realm.isAlive() === true) return
    const realm = createRealm(scheduler)
    const opening: Worker = {
      realm,
      seen: new Map(),
      waiting: 0,
      plan: null,
      shown: new Map(),
      views: new Map(),
      status: null,
      lookedAt: new Map(),
      inbox: [],
      toldEnds: new Map(),
      owed: [],
      engine: null,
      host: null,
      isDirty: true,
      claimsSince: null,
      signIn: () => undefined,
    }
    worker = opening
    run(opening).catch((thrown: unknown) => {
      ground.thrown(name, thrown)
      realm.kill()
      scheduler.at(scheduler.now() + reopenMs, start)
    })
  }

  async function run(opening: Worker): Promise<void> {
    const { realm } = opening
    const clock = tabClock(realm, device, ground)
    const report = (thrown: unknown): void => ground.thrown(name, thrown)
    const { engine: breaking = (whole: Engine) => whole, reconcile } = ground.broken
    const opened = await openEngine({
      model,
      log: device.disk.openLog(opening),
      logs: ground.logs,
      ports: { now: device.wallClock, newId: ground.newId, report },
      snapshotEvery,
      rules: (of, kind) => askedTwice(rulesOf(of, kind), (what) => auditor.fail(`${name}: ${what}`)),
      ...(reconcile === undefined ? null : { reconcile }),
    })
    const engine = breaking(opened)
    const ports: SyncPorts = {
      clock,
      transport: device.network.transportOf(realm),
      locks: device.locks.locksOf(realm),
      openTabChannel: device.channels(realm),
      networkHints: device.network.hintsOf(realm),
      reportError: report,
    }
    const sync = startSync(
      { engine, name: storeName, store: engine.store, token: ground.token() },
      ports,
      async () => ({
        lead,
      }),
    )
    opening.signIn = () => sync.setToken(ground.token())
    const named = Promise.withResolvers<void>()
    sync.named?.then(named.resolve)
    clock.at(clock.now() + nameWaitMs, named.resolve)
    opening.engine = engine
    opening.host = hostOf(engine, { named: named.promise })
    engine.subscribe({ kind: 'status' }, (update) => hear(opening, '', update))
    engine.subscribe({ kind: 'inbox' }, (update) => hear(opening, '', update))
    engine.subscribe({ kind: 'fates', awaiting: [] }, (update) => hear(opening, '', update))
    for (const stream of ground.streams) watchOn(opening, stream)
    for (const projection of model.projections.keys()) watchView(opening, projection)
    stops.set(opening, async () => {
      await sync.stop()
      await engine.close()
    })
    for (const request of asked.values()) ask(opening, request, true)
  }

  /** How to end a worker well. */
  const stops = new Map<Worker, () => Promise<void>>()

  function watchOn(on: Worker, stream: string): void {
    if (model.streamOf(parseStreamName(stream).type) === undefined) return
    on.engine?.subscribe({ kind: 'stream', stream }, (update) => hear(on, stream, update))
  }

  function watchView(on: Worker, projection: string): void {
    on.engine?.subscribe({ kind: 'projection', name: projection }, (update) => {
      if (update.kind !== 'value' && update.kind !== 'rows' && update.kind !== 'failed') return
      on.isDirty = true
      on.views.set(projection, wholeOf(on.views.get(projection), update))
    })
  }

  function hear(told: Worker, stream: string, update: Update): void {
    told.isDirty = true
    if (update.kind === 'status') hearStatus(told, update.status)
    else if (update.kind === 'inbox') told.inbox = update.items
    else if (update.kind === 'stream') told.shown.set(stream, update)
    else if (update.kind === 'fates') for (const end of update.fates) hearEnd(told, end)
  }

  /** A page gives a fresh token when it hears that the one it gave is not accepted any more. */
  function hearStatus(told: Worker, status: EngineStatus): void {
    const needsToken = tokenCodes.has(status.problem?.code ?? '')
    if (needsToken && status.problem?.code !== told.status?.problem?.code)
      scheduler.at(scheduler.now() + signInMs, () => told.realm.enter(told.signIn))
    told.status = status
  }

  function hearEnd({ toldEnds }: Worker, end: EndedCommit): void {
    const fault = endFault(end, toldEnds, auditor.of(end.log).everNamed(end.dot))
    if (fault !== null) auditor.fail(`${name}: ${fault}`)
  }

  function ask(to: Worker, request: DispatchRequest, again: boolean): void {
    to.host?.dispatch(request, again).then((reply) => {
      if (!asked.has(request.seed)) return
      asked.delete(request.seed)
      if (!reply.ok) return ground.failed(name, reply.failure)
      const log = logOfWish(request)
      const fault = answerFault(reply.value, { seen: to.seen, model }, { auditor: auditor.of(log), log })
      if (fault !== null) auditor.fail(`${name}: ${fault}`)
      if (!reply.value.ok) return auditor.refused()
      acknowledged.add(request.seed)
      if (!again) to.owed.push({ log, dot: reply.value.dot })
      auditor.of(log).acknowledged({ seed: request.seed, dot: reply.value.dot })
    })
  }

  /** All commands of a wish are for the same one. */
  const logOfWish = ({ commands: [first] }: DispatchRequest): LogId =>
    ground.logOf(parseStreamName(first?.stream ?? '').type)

  function kill(): void {
    worker?.realm.kill()
    worker = null
    isClosed = true
    asked.clear()
  }

  start()
  return Object.freeze({
    name,
    model,
    worker: () => worker,
    acknowledged,
    asked,
    wish(request: DispatchRequest) {
      const { seed, root = null } = request
      auditor.of(logOfWish(request)).wished({ device: device.name, seed, root })
      asked.set(request.seed, request)
      if (worker?.host != null) ask(worker, request, false)
    },
    cancel(ref: CommitRef) {
      auditor.of(ref.log).cancelling(ref.dot)
      worker?.host?.cancel(ref).then((reply) => reply.ok || ground.failed(name, reply.failure))
    },
    dismiss(ref: CommitRef) {
      auditor.of(ref.log).dismissing(ref.dot)
      worker?.host?.dismiss(ref).then((reply) => reply.ok || ground.failed(name, reply.failure))
    },
    watch(stream: string) {
      if (worker !== null) watchOn(worker, stream)
    },
    crash() {
      worker?.realm.kill()
      scheduler.at(scheduler.now() + restartMs, start)
    },
    spare() {
      if (worker !== null) worker.plan = null
    },
    kill,
    close() {
      const ending = worker
      const stop = ending === null ? undefined : stops.get(ending)
      if (stop === undefined) return kill()
      isClosed = true
      // Its page is gone: what it had asked for is answered to nobody.
      asked.clear()
      stop().then(kill, (thrown: unknown) => {
        ground.thrown(name, thrown)
        kill()
      })
    },
    isClosed: () => isClosed,
  } satisfies Tab)
}

/** With the rows that were told before. */
function wholeOf(before: ProjectionUpdate | undefined, update: ProjectionUpdate): ProjectionUpdate {
  if (update.kind !== 'rows' || update.reset) return update
  const rows = new Map(before?.kind === 'rows' ? before.rows : [])
  for (const [key, row] of update.rows) {
    if (row === null) rows.delete(key)
    else rows.set(key, row)
  }
  return { ...update, reset: true, rows: [...rows] }
}

export const storeName = 'sim'
