/** What each action of a history does. All that it draws comes from its own seed. */

import type { CommandCall } from '../../core/command.ts'
import { type CommandRecord, intentOf } from '../../core/commit.ts'
import { parseStreamName, type StreamName } from '../../core/dot.ts'
import { messageOf } from '../../core/errors.ts'
import type { Model } from '../../core/model.ts'
import { validateCommands } from '../../core/validate-commands.ts'
import { type SeededRandom, seededRandom } from '../seeded-random.ts'
import { type Device, leaderLock } from './device.ts'
import { directions } from './directions.ts'
import type { Ground } from './ground.ts'
import { type Action, type ActionKind, type Direction, drawSkew } from './history.ts'
import { fairWeather, type Weather } from './network.ts'
import type { CrashPoint } from './server-port.ts'
import type { Tab, Worker } from './tab.ts'
import type { WallClock } from './wall-clock.ts'

export interface Stage {
  readonly ground: Ground
  readonly devices: readonly Device[]
  readonly wish: (
    random: SeededRandom,
    read: (stream: StreamName) => unknown,
  ) => CommandCall | readonly CommandCall[]
  readonly addClone: (of: Device, how: { readonly isTwin: boolean }) => void
  /** A stream is shown in all tabs once somebody wished something of it. */
  readonly watch: (stream: StreamName) => void
}

interface Scene extends Stage {
  readonly device: Device
  readonly random: SeededRandom
  readonly seed: string
  /** Undoes it later, unless the faults end first. */
  readonly later: (ms: number, undo: () => void) => void
}

const faultMsMax = 8_000
const downMsMax = 6_000
const busyMsMax = 2_000
const callsMax = 12
const rolledBackMax = 5

export function perform(stage: Stage, action: Action, undos: Set<() => void>): void {
  const device = deviceOf(stage, action)
  const { scheduler, auditor, server } = stage.ground
  const scene: Scene = {
    ...stage,
    device,
    random: seededRandom(action.seed),
    seed: `wish-${action.id}`,
    later(ms, undo) {
      undos.add(undo)
      scheduler.at(scheduler.now() + ms, () => undos.delete(undo) && undo())
    },
  }
  try {
    if (isDirection(action.kind))
      directions[action.kind]({ device, server, ms: action.seed, later: scene.later })
    else acts[action.kind](scene)
  } catch (thrown) {
    // The application's own: what its `wish` throws, or a call that its model has not.
    auditor.fail(`${action.kind} on ${device.name}: ${messageOf(thrown)}`)
  }
}

/** What is to happen on a device happens there or on one of its copies, which live on like it. */
function deviceOf({ devices }: Stage, { device, seed }: Action): Device {
  const named = devices[device] as Device
  const family = devices.filter(({ name }) => name.charAt(0) === named.name)
  return family[seed % family.length] as Device
}

function isDirection(kind: ActionKind): kind is Direction {
  return Object.hasOwn(directions, kind)
}

const acts: Readonly<Record<Exclude<ActionKind, Direction>, (scene: Scene) => void>> = {
  wish(scene) {
    const { device, random, ground, seed } = scene
    const tab = someTab(scene)
    const shown = tab?.worker()?.shown
    const wished = scene.wish(random, (stream) => {
      scene.watch(stream)
      return shown?.get(stream)?.state ?? initialOf(ground, stream)
    })
    const calls = Array.isArray(wished) ? (wished as readonly CommandCall[]) : [wished as CommandCall]
    const { commands } = validateCommands(ground.model, calls)
    for (const { stream } of commands) scene.watch(stream)
    // A page of the build before offers what that knows.
    if (!commands.every((command) => isOffered(tab?.model, command))) return
    tab?.wish({ commands, now: device.wallClock(), seed })
  },
  cancel(scene) {
    const { device, random, ground } = scene
    const { outboxes } = device.disk.disk.tables
    const pending = ground.logIds.flatMap((log) => (outboxes.get(log) ?? []).map(({ dot }) => ({ log, dot })))
    if (pending.length === 0) return
    someTab(scene)?.cancel(random.pick(pending))
  },
  dismiss(scene) {
    const tab = someTab(scene)
    const items = tab?.worker()?.inbox ?? []
    if (items.length > 0) tab?.dismiss(scene.random.pick(items))
  },
  retry(scene) {
    const tab = someTab(scene)
    const items = tab?.worker()?.inbox ?? []
    if (items.length === 0) return
    const { commands, root, now, seed } = {
      ...scene.random.pick(items),
      now: scene.device.wallClock(),
      seed: scene.seed,
    }
    // A page of the build before offers what that knows.
    if (!commands.every((command) => isOffered(tab?.model, command))) return
    tab?.wish({ commands, now, seed, root: root ?? intentOf({ commands, now, seed }) })
  },
  /** The next page is loaded in the newer build, and those that are open are loaded anew, one after the other. */
  upgrade({ device, random, ground, later }) {
    const tabs = device.tabs()
    const isOld = device.model() !== ground.model
    device.update()
    // A page that the browser kept, of the build before.
    if (!isOld && tabs.length < 3) device.openTab(ground.olderModel)
    for (const tab of device.tabs())
      if (tab.model !== ground.model) later(random.below(faultMsMax), () => reload(device, tab))
  },
  openTab({ device }) {
    if (device.tabs().length < 3) device.openTab()
  },
  saveSnapshots(scene) {
    someWorker(scene)
      ?.engine?.saveSnapshots()
      .catch(() => undefined)
  },
  loss: (scene) => weather(scene, { ...fairWeather, loss: 0.05 + scene.random.next() / 3 }),
  duplication: (scene) => weather(scene, { ...fairWeather, duplication: 0.05 + scene.random.next() / 3 }),
  truncation: (scene) => weather(scene, { ...fairWeather, truncation: 0.2 }),
  reordering: (scene) => weather(scene, { ...fairWeather, delayMsMax: 1 + scene.random.below(4_000) }),
  partition({ device, random, later }) {
    const hint = random.chance(0.5)
    device.network.setPartition(true, hint)
    later(random.below(faultMsMax), () => device.network.setPartition(false, hint))
  },
  cut({ device, random }) {
    device.network.cut(random.pick(['client', 'server', 'both']))
  },
  crashTab(scene) {
    const tab = someTab(scene)
    plan(scene, tab?.worker(), () => tab?.crash())
  },
  crashDevice(scene) {
    plan(scene, someWorker(scene), scene.device.crash)
  },
  closeTab(scene) {
    const tab = someTab(scene)
    if (scene.random.chance(0.5)) tab?.close()
    else tab?.kill()
    if (scene.device.tabs().length === 0)
      scene.later(scene.random.below(faultMsMax), () => ensureTab(scene.device))
  },
  freeze(scene) {
    const worker = someWorker(scene)
    const forMs = scene.random.below(4 * faultMsMax)
    plan(scene, worker, () => {
      worker?.realm.freeze()
      scene.later(forMs, () => worker?.realm.thaw())
    })
  },
  /** The robbed one may be busy for a while, and write as if it led. */
  steal({ device, random }) {
    device.locks.rob(leaderLock, random.chance(0.5) ? random.below(busyMsMax) : 0)
  },
  quota({ device, random, later }) {
    device.disk.quota = random.chance(0.7) ? 'full' : 'unsure'
    later(random.below(faultMsMax), () => {
      device.disk.quota = 'room'
    })
  },
  abort({ device, random, later }) {
    device.disk.abort = 0.1 + random.next() / 2
    later(random.below(faultMsMax), () => {
      device.disk.abort = 0
    })
  },
  /** Of a device, and now and then of the server; they may stand still as well. */
  clockJump({ device, random, ground, later }) {
    device.clock.jump(random.chance(0.5) ? drawSkew(random) : random.below(240_000) - 120_000)
    if (random.chance(0.5)) standStill(device.clock)
    if (random.chance(0.3)) ground.serverClock.jump(drawSkew(random))
    if (random.chance(0.3)) standStill(ground.serverClock)

    function standStill(clock: WallClock): void {
      const catchesUp = random.chance(0.5)
      clock.stand()
      later(random.below(4 * faultMsMax), () => clock.goOn(catchesUp))
    }
  },
  slowDisk({ device, random, later }) {
    device.disk.slowMsMax = 1 + random.below(60)
    later(random.below(faultMsMax), () => {
      device.disk.slowMsMax = 0
    })
  },
  serverCrash({ ground, random, later }) {
    const { server } = ground
    server.crash(random.pick<CrashPoint>(['now', 'before_flush', 'after_flush']))
    later(random.below(downMsMax), server.start)
  },
  /** A server that is started anew while the one before still lives; some time later that is ended too. */
  takeOver({ ground, random, later }) {
    const { server } = ground
    server.takeOver()
    later(random.below(downMsMax), server.start)
  },
  /** A profile copied to another machine, where it is opened. */
  clone({ addClone, device }) {
    addClone(device, { isTwin: false })
  },
  /**
   * A machine copied while it runs: the copy's leader goes on under the name that it finds, as the other one does. What
   * its memory held beyond the disk (decisions and frames under way, the connection) is not copied.
   */
  twin({ addClone, device }) {
    addClone(device, { isTwin: true })
  },
  /** A browser that dies and comes back with what it had some time ago, or without its last transactions. */
  rollback({ device, random, later }) {
    const copy = device.disk.disk.clone()
    const lastOnly = random.chance(0.5)
    const transactions = 1 + random.below(rolledBackMax)
    if (lastOnly) device.disk.undo ??= []
    later(random.below(faultMsMax), () => {
      const { undo } = device.disk
      device.disk.undo = null
      device.setBack((lastOnly ? undo?.at(-Math.min(transactions, undo.length)) : undefined) ?? copy)
    })
  },
  serverRestore({ ground, random, later }) {
    const { server } = ground
    server.backup()
    const downMs = random.below(downMsMax)
    later(random.below(2 * faultMsMax), () => {
      server.crash('now')
      server.restore()
      later(downMs, server.start)
    })
  },
}

function isOffered(model: Model | undefined, { stream, name }: CommandRecord): boolean {
  return model?.streamOf(parseStreamName(stream).type)?.commands[name] !== undefined
}

function weather({ device, random, later }: Scene, bad: Weather): void {
  device.network.setWeather(bad)
  later(random.below(2 * faultMsMax), () => device.network.setWeather(fairWeather))
}

/** Now, or at one of its coming calls of the disk. */
function plan({ random }: Scene, worker: Worker | null | undefined, happen: () => void): void {
  if (worker == null || random.chance(0.3)) happen()
  else worker.plan = { calls: random.below(callsMax), side: random.pick(['before', 'after']), happen }
}

function someTab({ device, random }: Scene): Tab | undefined {
  const tabs = device.tabs()
  return tabs.length === 0 ? undefined : random.pick(tabs)
}

function someWorker(scene: Scene): Worker | null {
  return someTab(scene)?.worker() ?? null
}

/** All its pages are of the newest build. */
export function updateAll(device: Device): void {
  device.update()
  for (const tab of device.tabs()) if (tab.model !== device.model()) reload(device, tab)
}

function reload(device: Device, tab: Tab): void {
  if (tab.isClosed()) return
  tab.close()
  device.openTab()
}

export function ensureTab(device: Device): void {
  if (device.tabs().length === 0) device.openTab()
}

function initialOf({ model }: Ground, stream: StreamName): unknown {
  return model.streamOf(stream.slice(0, stream.indexOf('/')))?.initial
}
