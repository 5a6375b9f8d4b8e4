/**
 * The simulation's own server: core's ledger behind the reference conversation, with a disk that takes its time.
 *
 *   push ──▸ placed in memory ──▸ flushed ──▸ answered          a crash between any two loses what is to the right
 *
 * Each process takes a new fence from the disk. One that was replaced lives on with its connections, tells what it has
 * in memory, and ends at its next flush: the disk knows another fence by then. (The SQLite log is stricter: its file has
 * one owner, and the second process does not even start.)
 */
import type { accept } from '../../core/accept.ts'
import type { Entry } from '../../core/commit.ts'
import type { LogId, Position } from '../../core/dot.ts'
import { createLedger as coreLedger, type Ledger } from '../../core/ledger.ts'
import { decodeClient, encode } from '../../protocol/codec.ts'
import { type ReferenceServer, serveLedgers } from '../reference-server.ts'
import type { ClientEnd, CrashPoint, OpenSimServer, ServerEnd, ServerGround } from './server-port.ts'

export interface LedgerServerOptions {
  /** Test-only: an `accept` with a rule switched off. */
  readonly accept?: typeof accept
  /** Makes the ledger of each log. Default: core's. */
  readonly createLedger?: (epoch: string) => Ledger
  /** Test-only: answers before it is durable. */
  readonly answersEarly?: boolean
  /** Test-only: a process that was replaced flushes all the same. */
  readonly unfenced?: boolean
}

/** Heartbeats as rare as a real server's: most of a quiet run is heartbeats. */
const heartbeatMs = 15_000
const flushMsMax = 8

export function ledgerServer(options: LedgerServerOptions = {}): OpenSimServer {
  return (ground) => openLedgerServer(ground, options)
}

interface Process {
  readonly server: ReferenceServer
  readonly ledgers: ReadonlyMap<LogId, Ledger>
  readonly ends: Set<() => void>
  readonly answers: (() => void)[]
  readonly fence: number
  /** Up to where it knows each log to be on disk. */
  readonly flushed: Map<LogId, Position>
  isAlive: boolean
  isFlushing: boolean
}

function openLedgerServer(
  { logs, scheduler, random, wallClock }: ServerGround,
  {
    accept,
    createLedger = (epoch) => coreLedger(epoch, accept),
    answersEarly = false,
    unfenced = false,
  }: LedgerServerOptions,
) {
  /** What is on disk. */
  const disk = new Map<LogId, { epoch: string; entries: Entry[] }>(
    logs.map((log) => [log, { epoch: 'epoch-1', entries: [] }]),
  )
  let backups = new Map<LogId, readonly Entry[]>()
  let epochs = 1
  let fence = 0
  const replaced = new Set<Process>()
  let process: Process | null = start()
  let dyingAt: CrashPoint | null = null

  function start(): Process {
    fence += 1
    const ledgers = new Map<LogId, Ledger>()
    for (const [log, { epoch, entries }] of disk) {
      const ledger = createLedger(epoch)
      for (const { commit, principal, time } of entries) {
        ledger.offer({ epoch, prev: ledger.facts(commit).history, commit, principal, time })
      }
      ledgers.set(log, ledger)
    }
    const answers: (() => void)[] = []
    const server = serveLedgers({
      ledgers,
      now: wallClock,
      heartbeatMs,
      durable: (log): Position => started.flushed.get(log) ?? 0,
      whenDurable(answer) {
        if (answersEarly) answer()
        else answers.push(answer)
        flushSoon(started)
      },
    })
    const flushed = new Map([...disk].map(([log, { entries }]) => [log, entries.length]))
    const started: Process = {
      ...{ server, ledgers, ends: new Set(), answers, fence, flushed },
      isAlive: true,
      isFlushing: false,
    }
    return started
  }

  function flushSoon(writing: Process): void {
    if (!writing.isAlive || writing.isFlushing) return
    writing.isFlushing = true
    scheduler.at(scheduler.now() + random.below(flushMsMax), () => {
      if (!writing.isAlive) return
      if (writing.fence !== fence && !unfenced) return end(writing)
      const point = writing === process ? dyingAt : null
      if (point === 'before_flush') return die()
      for (const [log, ledger] of writing.ledgers) {
        const { entries } = disk.get(log) as { entries: Entry[] }
        entries.push(...ledger.entries(writing.flushed.get(log) ?? 0))
        writing.flushed.set(log, ledger.head())
      }
      if (point === 'after_flush') return die()
      writing.isFlushing = false
      for (const answer of writing.answers.splice(0)) answer()
    })
  }

  function end(dying: Process): void {
    dying.isAlive = false
    replaced.delete(dying)
    for (const hangUp of dying.ends) hangUp()
  }

  function die(): void {
    const dead = process
    process = null
    dyingAt = null
    if (dead !== null) end(dead)
  }

  /** Those that were replaced and found nothing to flush. */
  function endReplaced(): void {
    for (const each of replaced) end(each)
  }

  function connect(client: ClientEnd): ServerEnd | null {
    const running = process
    if (running === null) return null
    const remote = running.server.connect((message) => {
      if (running.isAlive) client.onText(encode(message))
    })
    const end = (): void => client.onClose()
    const close = (): void => {
      running.ends.delete(end)
      remote.close()
    }
    running.ends.add(end)
    return {
      close,
      receive(text) {
        if (!running.isAlive) return
        const decoded = decodeClient(text)
        if (decoded.ok) return remote.receive(decoded.message)
        client.onText(encode({ type: 'refuse', code: 'malformed', message: decoded.fault }))
        close()
        client.onClose()
      },
    }
  }

  return Object.freeze({
    connect,
    isUp: () => process !== null,
    crash(point: CrashPoint) {
      if (process === null) return
      if (point === 'now') die()
      else dyingAt = point
    },
    start() {
      dyingAt = null
      endReplaced()
      process ??= start()
    },
    takeOver() {
      if (process !== null) replaced.add(process)
      dyingAt = null
      process = start()
    },
    backup() {
      backups = new Map([...disk].map(([log, { entries }]) => [log, [...entries]]))
    },
    restore() {
      epochs += 1
      endReplaced()
      for (const log of logs)
        disk.set(log, { epoch: `epoch-${epochs}`, entries: [...(backups.get(log) ?? [])] })
    },
    entries: (log: LogId) => disk.get(log)?.entries ?? [],
    isBusy: null,
  })
}
