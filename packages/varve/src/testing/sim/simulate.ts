/**
 * The simulator: real engines and real sync drivers on several devices with several tabs each, and a server, in one
 * process and one virtual time. One seed is one run.
 *
 *   history (plain data) ──▸ devices ▸ tabs (openEngine, startSync)  ⇄  network (frames)  ⇄  server
 *                                └──────────────── auditor looks after every step ────────────┘
 *
 * First the history happens, with its faults. Then all is calm, and within bounded time everybody must agree.
 */
import type { LogId, StreamName } from '../../core/dot.ts'
import { VarveError } from '../../core/errors.ts'
import type { Model } from '../../core/model.ts'
// What the engine loads when it first needs it is here from the start: a file that is read takes real time.
import '../../engine/reset-log.ts'
import { seededRandom } from '../seeded-random.ts'
import { type Counts, createAuditor } from './auditor/auditor.ts'
import type { Invariant } from './auditor/server-audit.ts'
import { createWatch } from './auditor/watch.ts'
import { createDevice, type Device } from './device.ts'
import type { BrokenParts, Ground } from './ground.ts'
import type { History } from './history.ts'
import { ledgerServer } from './ledger-server.ts'
import { ensureTab, perform, type Stage, updateAll } from './perform.ts'
import { createScheduler, turn } from './scheduler.ts'
import type { OpenSimServer } from './server-port.ts'
import { createWallClock } from './wall-clock.ts'

export interface SimulationOptions {
  readonly model: Model
  /** The build of the model before it, which some devices run for a while, with the same kinds of logs. Default: the same. */
  readonly olderModel?: Model
  /** What a user wishes next, on any log of the model: one call, or several as one atomic commit, given the present state of streams. */
  readonly wish: Stage['wish']
  /** What an application's logs must keep, asked after each entry. */
  readonly invariant?: Invariant
  /** What signing in gives at this time. Default: always the same. */
  readonly token?: (nowMs: number) => string
  /** Default: core's ledger. */
  readonly server?: OpenSimServer
  readonly broken?: BrokenParts
}

export interface Simulated extends Counts {
  readonly seed: number
  /** Scheduled steps: what users did, frames, timers, faults. */
  readonly steps: number
  /** A number that differs whenever two runs differ. */
  readonly trace: number
  /** The first violation as a sentence, or null. */
  readonly violation: string | null
}

/** Each is called by a letter, and its copies by that letter and a number. */
export const devicesMax = 24
/** With copies; that many more than there were, if there are many. */
const copiedMax = 5
const copiesMax = 2
/** Virtual time after the last fault within which all must agree. */
const settleMs = 20 * 60_000

/** Users whose device was told that it speaks nonsense reload the page, but not within this time. */
const reloadEveryMs = 5_000
/** In one history out of so many they wait until it tries again by itself: five minutes, of which most are heartbeats. */
const patientEvery = 32

/** Runs one history. Never throws for a violation: it is in the result. */
export async function runHistory(history: History, options: SimulationOptions): Promise<Simulated> {
  const { model, olderModel = model, wish, broken = {}, server: openServer = ledgerServer() } = options
  // Steps do not let the event loop turn: between two runs whatever else goes on here gets its chance.
  await turn()
  const random = seededRandom(history.seed ^ 0x5eed)
  const logs = Object.fromEntries(model.logKinds.map((kind): [string, LogId] => [kind, kind]))
  const logIds = Object.values(logs)
  const scheduler = createScheduler(() => server.isBusy)
  const serverClock = createWallClock(scheduler, 0)
  const server = openServer({ logs: logIds, scheduler, random, wallClock: serverClock.now })
  const models = [model, ...(olderModel === model ? [] : [olderModel])] as const
  const auditor = createAuditor({
    models,
    logs: logIds,
    invariant: options.invariant,
    clock: broken.clock,
  })
  const streams = new Set<StreamName>()
  let ids = 0
  const ground: Ground = {
    model,
    olderModel,
    logs,
    logIds,
    logOf: (type) => logs[model.logKindOf(type) ?? ''] as LogId,
    scheduler,
    random,
    auditor,
    server,
    serverClock,
    streams,
    broken,
    token: () => options.token?.(serverClock.now()) ?? 'token',
    newId() {
      ids += 1
      return `id-${ids}`
    },
    thrown(tab, error) {
      if (!(error instanceof VarveError) || error.code === 'defect') {
        if (!(error instanceof DOMException)) auditor.fail(`${tab}: threw ${String(error)}${causeOf(error)}`)
      }
    },
    failed(tab, { code, message }) {
      if (code === 'defect') auditor.fail(`${tab}: ${code}: ${message}`)
    },
  }
  const devices = history.devices.map((setup, index) =>
    createDevice(ground, String.fromCharCode(97 + index), { ...setup, seed: history.seed * 31 + index }),
  )
  const addClone: Stage['addClone'] = (of, { isTwin }) => {
    if (devices.length >= Math.max(copiedMax, history.devices.length + copiesMax)) return
    const setup = {
      tabs: 1,
      skewMs: 0,
      latencyMs: 1 + random.below(100),
      seed: history.seed * 31 + devices.length,
      isTwin,
    }
    const copy = createDevice(ground, `${of.name.charAt(0)}${devices.length}`, setup)
    copy.disk.disk = of.disk.disk.clone()
    auditor.lookAtDisk(copy.name, copy.disk.disk.tables)
    devices.push(copy)
    copy.openTab()
  }
  const isPatient = history.seed % patientEvery === 0
  const watch = createWatch(ground, devices)
  const undos = new Set<() => void>()
  const stage: Stage = {
    ground,
    devices,
    addClone,
    wish,
    watch(stream) {
      if (streams.has(stream)) return
      streams.add(stream)
      for (const device of devices) for (const tab of device.tabs()) tab.watch(stream)
    },
  }
  for (const [index, { tabs }] of history.devices.entries())
    for (let i = 0; i < tabs; i += 1) (devices[index] as Device).openTab()
  // What tabs do when they are opened is done, though nothing else may ever happen.
  scheduler.at(0, () => undefined)
  for (const action of history.actions) scheduler.at(action.atMs, () => perform(stage, action, undos))

  const endMs = (history.actions.at(-1)?.atMs ?? 0) + 1
  while (auditor.violation() === null && (await scheduler.step(endMs))) watch.look()
  for (const undo of undos) undo()
  undos.clear()
  server.start()
  for (const device of devices) {
    for (const tab of device.tabs()) tab.spare()
    ensureTab(device)
  }
  await settle('after all faults')
  for (const device of devices) updateAll(device)
  await settle('after the update')
  if (auditor.violation() === null) auditor.atTheEnd(watch.inboxes, random)
  for (const device of devices) for (const tab of device.tabs()) tab.kill()

  async function settle(when: string): Promise<void> {
    const untilMs = scheduler.now() + settleMs
    let lookAtMs = scheduler.now()
    while (auditor.violation() === null && watch.unsettled() !== null) {
      if (!isPatient && scheduler.now() >= lookAtMs) {
        lookAtMs = scheduler.now() + reloadEveryMs
        reloadRefused(devices)
      }
      if (!(await scheduler.step(untilMs))) auditor.fail(`${when}: ${watch.unsettled()}`)
      watch.look()
    }
  }

  const violation = auditor.violation()
  return {
    seed: history.seed,
    steps: scheduler.steps(),
    ...auditor.counts(),
    trace: watch.trace(),
    violation: violation === null ? null : `seed ${history.seed}: ${violation}`,
  }
}

/** A frame that was cut short on its way halts a session (`malformed`), which a new page does not know of. */
function reloadRefused(devices: readonly Device[]): void {
  for (const device of devices) {
    for (const tab of device.tabs()) {
      const { leading, problem } = tab.worker()?.status ?? { leading: false, problem: null }
      if (leading && problem?.code === 'malformed') tab.crash()
    }
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? '' : ` (${String(cause)})`
}
