/** What becomes of one log in a whole run: at the server, on the disks of all devices, and of each wish. */
import { type clockOf, timed } from '../../../core/clock.ts'
import type { Commit, Entry } from '../../../core/commit.ts'
import type { Dot, LogId, StreamName } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'
import type { MemoryTables } from '../../../log/memory-disk.ts'
import type { SeededRandom } from '../../seeded-random.ts'
import { createDiskAudit, type DiskAudit } from './disk-audit.ts'
import { isReadable, type NaiveFold } from './naive-fold.ts'
import { createServerAudit, dotText, type Invariant, type ServerAudit } from './server-audit.ts'

export interface Wished {
  readonly seed: string
  readonly device: string
  /** The root intent that it tries again. */
  readonly root: string | null
  /** Set once the page was told that it is stored. */
  acknowledged: Dot | null
  /** Its disk was set back behind it. */
  isLost: boolean
  /** Its disk was set back to where it is pending: it may have been given another name since, and is given one more. */
  isAgain: boolean
}

/** As a server sends it. */
export interface Receipt {
  readonly placed: readonly { readonly dot: Dot; readonly position: number }[]
}

export interface LogAuditor {
  /** What the server holds durably has grown. */
  lookAtLog(entries: readonly Entry[]): void
  lookAtDisk(device: string, tables: MemoryTables): void
  /** The disk is as it was some time ago: what it had acknowledged since may be lost. */
  setBack(device: string, tables: MemoryTables): void
  /** On its way from the server, and what is durable there. */
  lookAtReceipt(receipt: Receipt, durable: readonly Entry[]): void
  wished(wish: { readonly device: string; readonly seed: string; readonly root: string | null }): void
  acknowledged(wish: { readonly seed: string; readonly dot: Dot }): void
  /** The user asked for it: whether it was done or not, both may be seen. */
  cancelling(dot: Dot): void
  dismissing(dot: Dot): void
  /** Whether that build may not understand, or cannot fold, an event that stands, or stood, on the stream. */
  mayFreeze(model: Model, stream: StreamName): boolean
  /** A fold of what that build has. */
  folded(model: Model, fold: NaiveFold): void
  outboxLength(device: string): number
  /** Entries, in whatever life of the log, of wishes that were ever stored under this name. */
  everNamed(dot: Dot): readonly Entry[]
  readonly server: ServerAudit
  /** With the faults over and everything delivered. `inboxes`: for each device the dots that it lists. */
  atTheEnd(inboxes: ReadonlyMap<string, ReadonlySet<string>>, random: SeededRandom): void
  readonly counts: () => { readonly wishes: number; readonly entries: number; readonly withdrawn: number }
}

export interface LogAuditorGround {
  /** The builds of the model that are about, the newest first. */
  readonly models: readonly [Model, ...Model[]]
  readonly log: LogId
  /** By replica: the device that was the first to write as it, on whatever log. */
  readonly owners: Map<string, string>
  readonly invariant: Invariant | undefined
  /** What is compared with vectors. */
  readonly clockOf: typeof clockOf
  fail(what: string): void
}

export function createLogAuditor({
  models,
  log,
  owners,
  invariant,
  clockOf,
  fail,
}: LogAuditorGround): LogAuditor {
  let durable: readonly Entry[] | null = null
  const wishes = new Map<string, Wished>()
  /** By dot and content: up to where the author had applied the log when it stored this. */
  const known = new Map<string, number>()
  /** By dot: the seeds of all that was ever stored under it. */
  const seedsByName = new Map<string, Set<string>>()
  const disks = new Map<string, DiskAudit>()
  const cancelled = new Set<string>()
  const dismissed = new Set<string>()
  /** By build: the streams with an event that it does not understand, wherever that was stored. */
  const freezing = new Map(models.map((model) => [model, new Set<StreamName>()]))
  const mayFreeze = (model: Model, stream: StreamName): boolean => freezing.get(model)?.has(stream) === true
  const noteFrozen = (model: Model, { streams }: NaiveFold): void => {
    for (const [stream, { isFrozen }] of streams) if (isFrozen) freezing.get(model)?.add(stream)
  }
  const server = createServerAudit({
    models,
    onFold: noteFrozen,
    invariant,
    knownAt: (commit) => known.get(versionKey(commit)),
    isWished: (seed) => wishes.has(seed),
    mayStandAgain: (seed) => mayStandAgain(wishes.get(seed)),
    mayFreeze: (stream) => models.some((model) => mayFreeze(model, stream)),
  })

  function check(where: string, fault: string | null): void {
    if (fault !== null) fail(`${where}: ${fault}`)
  }

  function diskOf(device: string): DiskAudit {
    const found = disks.get(device)
    if (found !== undefined) return found
    const disk = createDiskAudit({
      device,
      log,
      server,
      ownerOf(replica) {
        const owner = owners.get(replica) ?? device
        owners.set(replica, owner)
        return owner
      },
      stored(commit, position) {
        known.set(versionKey(commit), position)
        const name = dotText(commit.dot)
        seedsByName.set(name, (seedsByName.get(name) ?? new Set()).add(commit.seed))
        for (const event of commit.events)
          for (const [model, streams] of freezing) if (!isReadable(model, event)) streams.add(event.stream)
      },
    })
    disks.set(device, disk)
    return disk
  }

  function lookAtLog(entries: readonly Entry[]): void {
    // After a restore it is another list.
    if (entries === durable) check('server', server.look(entries))
    else check('server', server.restart(entries))
    durable = entries
  }

  function lookAtReceipt({ placed }: Receipt, entries: readonly Entry[]): void {
    for (const { dot, position } of placed) {
      const entry = entries[position - 1]
      if (entry === undefined)
        fail(`server: a receipt of ${dotText(dot)} at @${position} before it is durable`)
      else if (dotText(entry.commit.dot) !== dotText(dot))
        fail(`server: a receipt of ${dotText(dot)} at @${position}, where something else stands`)
    }
  }

  /** A device and its copies. */
  const familyOf = (device: string): readonly string[] =>
    [...disks.keys()].filter((other) => other.charAt(0) === device.charAt(0))

  /** Under another name, and applied once all the same. */
  const mayStandAgain = (wish: Wished | undefined): boolean =>
    wish !== undefined && (wish.isAgain || familyOf(wish.device).length > 1)

  function endOf(wish: Wished, inboxes: ReadonlyMap<string, ReadonlySet<string>>): string | null {
    const { seed, acknowledged, device, isLost } = wish
    if (acknowledged === null || isLost) return null
    const key = dotText(acknowledged)
    const family = familyOf(device)
    const placed = server.ofSeed(seed)
    if (placed.length === 0 || (placed.length > 1 && !mayStandAgain(wish)))
      return `the acknowledged ${key} stands ${placed.length} times in the log`
    // What became of it under the name that it had before the disk was set back, nobody here was told: unless that is all.
    const told = placed.filter(
      ({ commit }) => !wish.isAgain || family.some((each) => diskOf(each).hasHeld(dotText(commit.dot))),
    )
    for (const { commit } of told.length > 0 ? told : placed) {
      // By the name that it ended under.
      const ended = dotText(commit.dot)
      const isListed = family.some((each) => inboxes.get(each)?.has(ended) === true)
      if (commit.withdrawn === null) {
        if (isListed) return `${key} is confirmed and in the inbox of ${device}`
      } else if (commit.withdrawn.reason === 'cancelled') {
        if (!cancelled.has(key) && !cancelled.has(ended)) return `${key} was cancelled by nobody`
      } else if (!isListed && !dismissed.has(ended) && !dismissed.has(key) && !isRetried(commit.root))
        return `${key} was withdrawn (${commit.withdrawn.reason}) and is not in the inbox of ${device}`
    }
    return null
  }

  /** Whether a wish that tries it again was stored: that takes its place in the inbox, though nobody may have heard of it. */
  function isRetried(root: string): boolean {
    return [...wishes.values()].some(
      (wish) => wish.root === root && (wish.acknowledged !== null || server.hasPlaced(wish.seed)),
    )
  }

  /** A sample of pairs, as core's clock orders them and as the vectors do. */
  function clockFault(random: SeededRandom): string | null {
    const entries = server.entries()
    if (entries.length < 2) return null
    const clock = clockOf(entries.map(timed))
    for (let i = 0; i < pairsMax; i += 1) {
      const a = random.pick(entries).commit.dot
      const b = random.pick(entries).commit.dot
      const said = clock.compare(a, b)
      const isBefore = server.vectors().precedes(a, b)
      const isAfter = server.vectors().precedes(b, a)
      if (isBefore && isAfter) return `${dotText(a)} and ${dotText(b)} each happened before the other`
      const order =
        dotText(a) === dotText(b) ? 'equal' : isBefore ? 'before' : isAfter ? 'after' : 'concurrent'
      if (said !== order) return `${dotText(a)} is ${order} ${dotText(b)}, and the clock says ${said}`
    }
    return null
  }

  return Object.freeze({
    lookAtLog,
    lookAtDisk: (device, tables) => check(device, diskOf(device).look(tables)),
    setBack(device, tables) {
      const disk = diskOf(device)
      disk.forget()
      check(device, disk.look(tables))
      for (const seed of disk.pending()) {
        const wish = wishes.get(seed)
        if (wish !== undefined) wish.isAgain = true
      }
      for (const wish of wishes.values()) {
        if (wish.device === device && wish.acknowledged !== null && !disk.holds(wish.seed)) wish.isLost = true
      }
    },
    lookAtReceipt,
    wished({ device, seed, root }) {
      wishes.set(seed, { device, seed, root, acknowledged: null, isLost: false, isAgain: false })
    },
    acknowledged({ seed, dot }) {
      const wish = wishes.get(seed)
      if (wish === undefined) return
      const before = wish.acknowledged
      if (before !== null && dotText(before) !== dotText(dot))
        fail(`${wish.device}: one wish was acknowledged as ${dotText(before)} and as ${dotText(dot)}`)
      wish.acknowledged = dot
      if (!diskOf(wish.device).holds(seed))
        fail(`${wish.device}: ${dotText(dot)} was acknowledged and is not on its disk`)
    },
    cancelling: (dot) => void cancelled.add(dotText(dot)),
    dismissing: (dot) => void dismissed.add(dotText(dot)),
    mayFreeze,
    folded: noteFrozen,
    outboxLength: (device) => diskOf(device).outboxLength(),
    everNamed: (dot) => [...(seedsByName.get(dotText(dot)) ?? [])].flatMap(server.everOfSeed),
    server,
    atTheEnd(inboxes, random) {
      for (const wish of wishes.values()) check('at the end', endOf(wish, inboxes))
      check('the clock', clockFault(random))
    },
    counts: () => ({
      wishes: wishes.size,
      entries: server.entries().length,
      withdrawn: server.entries().filter(({ commit }) => commit.withdrawn !== null).length,
    }),
  } satisfies LogAuditor)
}

const pairsMax = 30

function versionKey({ dot, content }: Commit): string {
  return `${dotText(dot)} ${content}`
}
