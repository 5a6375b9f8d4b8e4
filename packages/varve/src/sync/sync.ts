/**
 * Agree: keeps one store and its server together, from whichever tab leads.
 *
 *   every tab    engine changed ──▸ "moved" to the other tabs ──▸ they refresh from the database
 *   the leader   engine ⇄ session (pure) ⇄ transport, and its report to the other tabs
 *
 * What only a leader needs, the session and the codec, is a chunk of its own: opening a store does not wait for it, and
 * a tab that has not got it does not ask to lead.
 *
 * Leadership is a Web Lock: it passes on when the tab ends, however it ends. From a leader that is silent, because its
 * tab is frozen, another tab steals it; when the robbed one wakes, it hears so and follows. A leader mints a replica id
 * before anything else (rule C8), which fences the one before: who has the lock is a matter of economy, not of safety.
 * Nothing here holds state that matters: what is pending, placed and known is in the log, and a driver that starts anew
 * goes on from there.
 */
import { isOver } from '../core/errors.ts'
import type { Problem } from '../core/query.ts'
import type { SyncPort, SyncReport } from '../engine/sync-port.ts'
import { followLeader } from './follow.ts'
import type { Leading, lead } from './lead.ts'
import { loadPatiently } from './load.ts'
import type { Hold, SyncPorts } from './ports.ts'

export interface SyncContext {
  readonly engine: SyncPort
  /** The store's name: tabs of one name share a database. */
  readonly name: string
  /** The store's identity, told to the server. */
  readonly store: string
  readonly token: string | null
}

export interface Sync {
  /**
   * Resolves when the store writes under a name that a leader minted in this run: this tab, or another one that was
   * heard. Before that the name may be one that a copy of the store uses too (rule C8). Absent: at once.
   */
  readonly named?: Promise<void>
  /** A fresh token, or null when signed out. */
  setToken(token: string | null): void
  /** Leaves the lock to another tab. Resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** What tabs of one store tell each other. */
export type TabMessage =
  | { readonly type: 'moved' }
  | { readonly type: 'report'; readonly report: SyncReport }
  /** From a leader that has nothing to report yet. */
  | { readonly type: 'alive' }
  /** A follower asks for the leader's report. */
  | { readonly type: 'ask' }
  | { readonly type: 'token'; readonly token: string }

/** Brings what a leader needs. */
export type LoadLead = () => Promise<{ readonly lead: typeof lead }>

export function startSync(context: SyncContext, ports: SyncPorts, load: LoadLead = loadLead): Sync {
  const { engine, name } = context
  const channel = ports.openTabChannel(`varve:${name}`)
  const stopping = new AbortController()
  const lock = `varve:${name}:leader`
  let stopWaiting: () => void = () => {}
  let robbedAtMs: readonly number[] = []
  const onSilence = () => stopWaiting()
  const follower = followLeader(engine, { channel, getPatience, onSilence }, ports)
  let token = context.token
  let leader: Leading | null = null
  /** The store writes no more: others lead. */
  let isAtEnd = false
  const named = Promise.withResolvers<void>()

  const post = (message: TabMessage): void => channel.post(message)
  const stopWatching = engine.onChange(() => post({ type: 'moved' }))

  channel.onMessage((message) => {
    const told = message as TabMessage
    if (told.type === 'moved') guarded(leader === null ? engine.refresh() : leader.look())
    else if (told.type === 'report') hear(told.report)
    else if (told.type === 'alive') follower.heard(null)
    else if (told.type === 'ask') leader?.tellReport()
    else if (told.type === 'token') leader?.setToken(told.token)
  })

  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
  const ended = waitToLead().catch(ports.reportError)

  return Object.freeze({
    named: named.promise,
    setToken(next: string | null): void {
      token = next
      if (leader !== null) leader.setToken(next)
      else if (next !== null) post({ type: 'token', token: next })
    },
    async stop(): Promise<void> {
      stopWatching()
      follower.pause()
      stopping.abort()
      stopWaiting()
      await ended
      channel.close()
    },
  })

  async function waitToLead(): Promise<void> {
    const { signal } = stopping
    const loaded = await loadPatiently({ load, onFailure: () => follower.expect('offline'), signal }, ports)
    if (loaded === null) return
    follower.expect('connecting')
    while (!signal.aborted && !isAtEnd) {
      const waiting = new AbortController()
      let isGranted = false
      const hold: Hold = (stolen) => {
        isGranted = true
        return leadUntilStopped(loaded.lead, stolen)
      }
      stopWaiting = () => waiting.abort()
      await ports.locks.withLock(lock, hold, waiting.signal)
      if (!isGranted && !signal.aborted) await ports.locks.stealLock(lock, hold)
    }
  }

  async function leadUntilStopped(start: typeof lead, stolen: Promise<void>): Promise<void> {
    if (stopping.signal.aborted) return
    follower.pause()
    let isRobbed = false
    const robbed = stolen.then(() => {
      isRobbed = true
    })
    leader = start({ ...context, token }, ports, post)
    leader.minted.then(named.resolve)
    const why = (await Promise.race([stopped, leader.fenced, robbed])) as Problem | undefined
    follower.expect('connecting', why)
    isAtEnd = isOver(why)
    if (isRobbed) robbedAtMs = [...robbedAtMs, ports.clock.now()]
    engine.follow()
    const leaving = leader.stop()
    leader = null
    if (!stopping.signal.aborted) follower.resume()
    await leaving
    // It may just have got what it asked for as a leader.
    engine.follow()
    if (stopping.signal.aborted || isRobbed || isAtEnd) return
    // Fenced, or the store does not answer: let others lead, and do not spin.
    await Promise.race([stopped, pause(leadAgainMs)])
  }

  /**
   * A tab is robbed when it is frozen, but also when it is busy for longer than others wait. If all tabs are as busy,
   * they would rob each other for ever: who is robbed often waits twice as long with each time.
   */
  function getPatience(): number {
    const sinceMs = ports.clock.now() - robbedLatelyMs
    robbedAtMs = robbedAtMs.filter((atMs) => atMs > sinceMs)
    return 2 ** Math.max(0, robbedAtMs.length - robbedOftenMin)
  }

  function hear(report: SyncReport): void {
    named.resolve()
    follower.heard(report)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => ports.clock.at(ports.clock.now() + ms, resolve))
  }

  function guarded(work: Promise<void>): void {
    work.catch((error: unknown) => isOver(error) || ports.reportError(error))
  }
}

/** Not the leader alone: when a log must be healed, an update may have taken the file for it from the server. */
async function loadLead(): ReturnType<LoadLead> {
  const [part] = await Promise.all([import('./lead.ts'), import('../engine/reset-log.ts')])
  return part
}

const leadAgainMs = 2_000
const robbedLatelyMs = 120_000
const robbedOftenMin = 2
