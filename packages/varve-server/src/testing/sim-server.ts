/**
 * The real server in varve's simulator: connections, conversation, hub, holds and placing, over a log in memory or a
 * SQLite file. Only the socket is simulated. What is not virtual (a group commit's turn of the event loop) is waited
 * for: see `isBusy`.
 */
import type { IncomingMessage } from 'node:http'
import type { Entry, LogId } from 'varve/core'
import type { OpenSimServer, SimServer } from 'varve/testing'
import { type Authorize, allowAll } from '../access.ts'
import { createAdmission } from '../admission.ts'
import { createConnection } from '../connection.ts'
import { createHolds } from '../holds.ts'
import { createHub } from '../hub.ts'
import { serverLimits } from '../limits.ts'
import type { ServerLog } from '../log-port.ts'
import { createPrincipals } from '../principals.ts'
import type { Verifier } from '../verifier.ts'
import { memoryDisk, type SimDisk } from './sim-disk.ts'

type ClientEnd = Parameters<SimServer['connect']>[0]
type CrashPoint = Parameters<SimServer['crash']>[0]

const tickMs = 5_000

/** Deterministic but for the epochs of its logs, which nothing depends on. */
export const simServer: OpenSimServer = simServerOn(memoryDisk)

/** @param newDisk asked once for each history. */
export function simServerOn(newDisk: (logs: readonly LogId[]) => SimDisk): OpenSimServer {
  return (ground) => openSimServer(ground, { disk: newDisk(ground.logs) })
}

/** The same with rule A7: each process verifies with a verifier of its own. */
export function verifyingSimServer(verifierOf: () => Verifier | null): OpenSimServer {
  return (ground) => openSimServer(ground, { disk: memoryDisk(ground.logs), verifierOf })
}

/** The same with tokens that end: each is `token@` the time at which it was given. */
export function signedInSimServer(tokenMs: number): OpenSimServer {
  const authorize: Authorize = ({ token }) => ({
    principal: 'anonymous',
    expiresAt: Number(token.split('@')[1]) + tokenMs,
    logs: () => ({ read: true, append: true }),
  })
  return (ground) => openSimServer(ground, { disk: memoryDisk(ground.logs), authorize })
}

function openSimServer(
  { logs, scheduler, random, wallClock }: Parameters<OpenSimServer>[0],
  {
    disk,
    verifierOf = () => null,
    authorize = allowAll,
  }: {
    readonly disk: SimDisk
    readonly verifierOf?: () => Verifier | null
    readonly authorize?: Authorize
  },
): SimServer {
  let durable = new Map<LogId, Entry[]>(logs.map((log) => [log, []]))
  let backups = new Map<LogId, readonly Entry[]>()
  let working = 0
  let dyingAt: CrashPoint | null = null
  /** Another process waits for the death of this one. */
  let isAwaited = false
  let running: ReturnType<typeof start> | null = start()

  async function counted<T>(work: Promise<T>): Promise<T> {
    working += 1
    try {
      return await work
    } finally {
      working -= 1
    }
  }

  /** The log, as a process sees it that may die around each of its writes. */
  function logOf(isAlive: () => boolean): ServerLog {
    const log = disk.log()
    const whileAlive = <T>(work: Promise<T>): Promise<T> =>
      counted(work).then((value) => (isAlive() ? value : new Promise<never>(() => undefined)))
    return {
      ...log,
      head: (name) => whileAlive(log.head(name)),
      entries: (name, after, max) => whileAlive(log.entries(name, after, max)),
      entryTexts: (name, after, limits) => whileAlive(log.entryTexts(name, after, limits)),
      chainAt: (name, position) => whileAlive(log.chainAt(name, position)),
      write(fn) {
        if (dyingAt === 'before_flush') {
          die()
          return new Promise(() => undefined)
        }
        return whileAlive(log.write(fn).then(noted))
      },
    }
    async function noted<T>(value: T): Promise<T> {
      // Written by a process that was killed meanwhile, to what nobody will read.
      if (log !== disk.log()) return value
      for (const [name, entries] of durable)
        entries.push(...(await log.entries(name, entries.length, Number.MAX_SAFE_INTEGER)))
      if (dyingAt === 'after_flush') die()
      return value
    }
  }

  function start() {
    let isAlive = true
    const log = logOf(() => isAlive)
    const hub = createHub(log, serverLimits)
    const ends = new Set<() => void>()
    const ground = {
      log,
      hub,
      holds: createHolds(serverLimits),
      verifier: verifierOf(),
      limits: serverLimits,
      authorize,
      now: wallClock,
      monotonicMs: scheduler.now,
      admission: createAdmission(serverLimits, scheduler.now),
      ...createPrincipals(serverLimits.connectionsMax),
      moved: hub.moved,
      onError(error: unknown) {
        throw error
      },
    }
    return {
      connect(client: ClientEnd) {
        let isOpen = true
        const hangUp = (): void => {
          if (!isOpen) return
          isOpen = false
          ends.delete(hangUp)
          client.onClose()
        }
        const connection = createConnection(
          ground,
          {
            send: (frame) => isOpen && isAlive && client.onText(String(frame)),
            bufferedBytes: () => 0,
            pause: () => undefined,
            resume: () => undefined,
            close: hangUp,
            terminate: hangUp,
          },
          { origin: null, request: {} as IncomingMessage },
        )
        ends.add(hangUp)
        const tick = (): void => {
          if (!isOpen || !isAlive) return
          connection.tick()
          scheduler.at(scheduler.now() + tickMs, tick)
        }
        scheduler.at(scheduler.now() + tickMs, tick)
        return {
          receive: (text: string) => isOpen && isAlive && connection.receive(text),
          close() {
            isOpen = false
            ends.delete(hangUp)
            if (isAlive) connection.closed()
          },
        }
      },
      end() {
        isAlive = false
        for (const hangUp of [...ends]) hangUp()
      },
    }
  }

  function die(): void {
    const dead = running
    running = null
    dyingAt = null
    dead?.end()
    disk.kill()
    if (!isAwaited) return
    isAwaited = false
    running = start()
  }

  return Object.freeze({
    connect: (client: ClientEnd) => running?.connect(client) ?? null,
    isUp: () => running !== null,
    crash(point: CrashPoint) {
      if (running === null) return
      if (point !== 'now') {
        dyingAt = point
        return
      }
      isAwaited = false
      die()
    },
    start() {
      // Who was to be replaced and has written nothing since is ended too.
      if (isAwaited) die()
      dyingAt = null
      running ??= start()
    },
    /**
     * One process has a log file (V7): while the one before lives, the second is refused, and comes again at once when that
     * one is ended in the middle of a write. So there is nobody to fence.
     */
    takeOver() {
      if (running === null) {
        running = start()
        return
      }
      disk.contend()
      isAwaited = true
      dyingAt = random.pick<CrashPoint>(['before_flush', 'after_flush'])
    },
    backup() {
      backups = new Map([...durable].map(([name, entries]) => [name, [...entries]]))
      void counted(disk.backup())
    },
    restore() {
      durable = new Map(logs.map((name) => [name, [...(backups.get(name) ?? [])]]))
      void counted(disk.restore())
    },
    entries: (name: LogId) => durable.get(name) ?? [],
    isBusy: () => working > 0,
  })
}
