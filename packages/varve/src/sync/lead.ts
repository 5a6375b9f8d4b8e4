/**
 * The tab that talks to the server: drives the pure session with a real transport, clock and store.
 *
 * Inputs are taken one at a time, and what a step asks for is done before the next. Whenever the store may be another
 * than before, the session is shown what it holds now before it takes anything else: so it never acts on a store that
 * it does not know. Until the store has a new name (C8) inputs wait.
 */
import type { LogId } from '../core/dot.ts'
import { isOver, messageOf, VarveError } from '../core/errors.ts'
import type { Problem } from '../core/query.ts'
import type { SyncReport } from '../engine/sync-port.ts'
import { barrier } from '../log/barrier.ts'
import type { StoredLog } from '../protocol/channel.ts'
import { decodeServer, encode } from '../protocol/codec.ts'
import type { ClientMessage } from '../protocol/messages.ts'
import { stepSession } from '../protocol/session.ts'
import {
  newSession,
  reportOf,
  type SessionInput,
  type SessionOutput,
  type SessionState,
  sessionLimits,
  sessionWakeAtMs,
} from '../protocol/session-state.ts'
import { beatEveryMs } from './follow.ts'
import type { Connection, SyncPorts } from './ports.ts'
import { watchStalls } from './stall.ts'
import type { SyncContext, TabMessage } from './sync.ts'

export interface Leading {
  setToken(token: string | null): void
  /** Another tab has written: look at the store. */
  look(): Promise<void>
  /** Tells the other tabs how sync stands. */
  tellReport(): void
  /** Resolves when the store has a new name. */
  readonly minted: Promise<void>
  /** Resolves when another tab has taken over; or, with the reason, when this one could not. */
  readonly fenced: Promise<Problem | undefined>
  stop(): Promise<void>
}

export function lead(context: SyncContext, ports: SyncPorts, post: (message: TabMessage) => void): Leading {
  const { engine } = context
  const { clock, transport } = ports
  const queue: SessionInput[] = []
  let state: SessionState = newSession(context.store, context.token, [])
  let connection: Connection | null = null
  let forgetTick: () => void = () => {}
  let forgetBeat: () => void = () => {}
  let stopWatching: () => void = () => {}
  let beats = 0
  let lastReport = ''
  /** The session has not seen what the store holds. */
  let isStale = false
  let isRunning = false
  let isStopped = false
  let running: Promise<void> = Promise.resolve()
  /** Logs whose last page could not be stored, until it is asked for again; and why. */
  const failing = new Set<LogId>()
  /** How many pages in a row of a log could not be stored. */
  const failures = new Map<LogId, number>()
  let trouble: Problem | null = null
  const fencedOut = Promise.withResolvers<Problem | undefined>()
  const minted = Promise.withResolvers<void>()
  let isNamed = false
  const stalls = watchStalls()

  const stopHints = ports.networkHints((network) => take({ type: 'hint', network }))

  beat()
  const begun = begin().catch((error) => {
    failed(error)
    fencedOut.resolve(problemIn(error))
  })

  return Object.freeze({
    setToken: (token: string | null) => take({ type: 'token', token }),
    look,
    tellReport,
    minted: minted.promise,
    fenced: fencedOut.promise,
    async stop(): Promise<void> {
      stopWatching()
      stopHints()
      disconnect()
      forgetBeat()
      await begun
      await running
    },
  })

  async function begin(): Promise<void> {
    await engine.lead(clock.newId())
    isNamed = true
    minted.resolve()
    if (isStopped) return
    // The leader before may have died between its write and its word.
    post({ type: 'moved' })
    stopWatching = engine.onChange(showStore)
    state = { ...state, logs: storedLogs() }
    queue.unshift({ type: 'start' })
    go()
    tellReport()
  }

  function storedLogs(): readonly StoredLog[] {
    return engine.logs().map(({ head, outbox }) => ({
      log: head.log,
      epoch: head.epoch,
      position: head.position,
      chain: head.chain,
      history: head.history,
      outbox,
      resets: head.resets,
    }))
  }

  function failed(error: unknown): void {
    if (isOver(error)) leave(problemIn(error))
    else ports.reportError(error)
  }

  /** A store that writes no more has said so itself; its server is another tab's to talk to. */
  function leave(over: Problem): void {
    disconnect()
    fencedOut.resolve(over)
  }

  function disconnect(): void {
    isStopped = true
    forgetTick()
    connection?.close()
    connection = null
  }

  /** What this tab has written is in its memory: nothing is read again. */
  function showStore(): void {
    isStale = true
    go()
  }

  async function look(): Promise<void> {
    try {
      await engine.refresh()
      showStore()
    } catch (error) {
      failed(error)
    }
  }

  function take(input: SessionInput): void {
    queue.push(input)
    go()
  }

  function go(): void {
    if (isRunning || isStopped || !isNamed) return
    isRunning = true
    running = run()
  }

  function nextInput(): SessionInput | undefined {
    if (isStopped) return undefined
    if (!isStale) return queue.shift()
    isStale = false
    return { type: 'stored', logs: storedLogs() }
  }

  async function run(): Promise<void> {
    try {
      for (let input = nextInput(); input !== undefined; input = nextInput()) {
        const [next, outputs] = stepSession(state, input, { nowMs: clock.now(), random: clock.random() })
        state = next
        for (const output of outputs) if (!isStopped) await perform(output)
        if (!isStopped) report()
      }
    } catch (error) {
      // The store failed under us (closed, gone): it says so itself; the session goes on when it is asked again.
      failed(error)
    }
    // In the same turn as the last look at the queue: an input that comes later starts a run of its own.
    isRunning = false
    armTick()
  }

  async function perform(output: SessionOutput): Promise<unknown> {
    switch (output.type) {
      case 'connect':
        return connectNow()
      case 'disconnect':
        connection?.close()
        connection = null
        return
      case 'send':
        return send(output.message)
      case 'apply':
        return applyNow(output)
      case 'withdraw':
        return changeNow(output.log, () => engine.withdraw(output.log, output.commit.dot, output.why))
      case 'locate':
        return askWhere(output)
      case 'heal':
        return resetNow(output.log, () => engine.heal(output.log, output.epoch, output.fork))
      case 'rename':
        return resetNow(output.log, () => engine.rename(output.log, output.from))
    }
  }

  function send(message: ClientMessage): void {
    const over = engine.halted()
    // What it had not sent was told as lost, or is another tab's to send: it may not arrive all the same (decision 29).
    if (over !== null && isOver(over)) {
      leave(over)
      return
    }
    barrier('before the send', message.type)
    connection?.send(encode(message))
    barrier('after the send', message.type)
  }

  function connectNow(): void {
    connection?.close()
    // Late events of an earlier connection must not touch the present one.
    const isPresent = () => connection === opened
    const opened: Connection = transport.connect({
      onOpen: () => isPresent() && take({ type: 'opened' }),
      onText: (text) => {
        if (!isPresent()) return
        const decoded = decodeServer(text)
        barrier('heard from the server', decoded.ok ? decoded.message.type : 'no message')
        take(decoded.ok ? { type: 'received', message: decoded.message } : { type: 'garbled' })
      },
      onClose: () => {
        if (!isPresent()) return
        connection = null
        take({ type: 'closed' })
      },
    })
    connection = opened
  }

  async function applyNow({ log, epoch, entries }: SessionOutput & { type: 'apply' }): Promise<void> {
    // What follows on a page that failed is a gap, and comes again with it.
    if (failing.has(log)) return
    try {
      const result = await engine.applyEntries(log, epoch, entries)
      barrier('sync: applied')
      trouble = null
      failures.delete(log)
      isStale = true
      if (result === 'fenced') fencedOut.resolve(undefined)
      else if (result === 'gap') queue.push({ type: 'not_applied', log })
    } catch (error) {
      failed(error)
      const problem = problemIn(error)
      if (finalCodes.has(problem.code)) {
        queue.push({ type: 'not_applied', log, problem })
        return
      }
      tryLater(log, problem)
    }
  }

  /** A full disk, say: nothing has moved; ask again later, when there may be room. */
  function tryLater(log: LogId, problem: Problem): void {
    trouble = problem
    failing.add(log)
    const before = failures.get(log) ?? 0
    failures.set(log, before + 1)
    // A broken page may be as long as pages get, and a server that is broken has more to do.
    const pauseMs = problem.code === 'chain_broken' ? retryApplyMs * 2 ** before : retryApplyMs
    clock.at(clock.now() + Math.min(pauseMs, sessionLimits.haltedRetryMs), () => {
      failing.delete(log)
      take({ type: 'not_applied', log })
    })
  }

  async function askWhere({ log, positions }: SessionOutput & { type: 'locate' }): Promise<void> {
    const chains = await engine.readChains(log, positions)
    const points = positions.map((position, index) => ({ position, chain: chains[index] ?? '' }))
    send({ type: 'locate', log, points })
  }

  /** The log of this store becomes another: the other tabs must look at it anew. */
  async function resetNow(log: LogId, reset: () => Promise<'done' | 'fenced'>): Promise<void> {
    if (await changeNow(log, reset)) post({ type: 'moved' })
  }

  /** False: it failed, and comes again. */
  async function changeNow(log: LogId, change: () => Promise<'done' | 'fenced'>): Promise<boolean> {
    try {
      if ((await change()) === 'fenced') fencedOut.resolve(undefined)
      trouble = null
      isStale = true
      return true
    } catch (error) {
      failed(error)
      // It may have been done all the same.
      await look()
      tryLater(log, problemIn(error))
      return false
    }
  }

  function presentReport(): SyncReport {
    const report = { ...reportOf(state), stalled: trouble === null ? stalls.get(state) : null }
    return trouble === null || report.problem !== null ? report : { ...report, problem: trouble }
  }

  /** False: there is nothing new to be told. */
  function report(): boolean {
    const now = presentReport()
    const text = JSON.stringify(now)
    if (text === lastReport) return false
    lastReport = text
    engine.report(now)
    tellReport()
    return true
  }

  /** Who hears a report takes it that there is a leader with a name of its own. */
  function tellReport(): void {
    post(isNamed ? { type: 'report', report: presentReport() } : { type: 'alive' })
  }

  /** From the first moment on, also while the store lets it wait: it only says that this thread runs. */
  function beat(): void {
    stalls.beat(state)
    // Who is not heard is robbed, so something is said at each beat; for how long work is stuck is news also here.
    if (stalls.get(state) === null || !report()) tellReport()
    beats += 1
    // A tab may have died between its write and its word, and a write that was said to fail may have been done.
    if (beats % lookEveryBeats === 0) {
      void look()
      post({ type: 'moved' })
    }
    forgetBeat = clock.at(clock.now() + beatEveryMs, beat)
  }

  function armTick(): void {
    forgetTick()
    if (isStopped) return
    const atMs = sessionWakeAtMs(state, clock.now())
    if (Number.isFinite(atMs)) forgetTick = clock.at(atMs, () => take({ type: 'tick' }))
  }
}

const retryApplyMs = 3_000
const lookEveryBeats = 10

/** Of these more of the same entries make nothing better. */
const finalCodes: ReadonlySet<string> = new Set(['fork', 'defect'])

function problemIn(error: unknown): Problem {
  if (error instanceof VarveError) {
    return {
      code: error.code,
      message: error.message,
      hint: error.hint ?? 'All work is saved on this device.',
    }
  }
  return { code: 'storage_failed', message: messageOf(error), hint: 'It is tried again in a few seconds.' }
}
