/**
 * When the worker talks to a server: at once, once the page has brought a token, or never. Without a server the tabs
 * of a store still tell each other that something moved.
 */
import { isOver } from '../core/errors.ts'
import { openTabChannel, type Sync, type SyncContext, type SyncFactory } from '../sync/index.ts'
import type { OpenRequest } from './contract.ts'

export interface Syncing {
  /** A wish waits for it: see `Sync.named`. In any case it resolves after a while: work never waits for a network or a lock. */
  readonly named: Promise<void>
  setToken(token: string | null): void
  stop(): Promise<void>
}

export function startSyncing(
  sync: SyncFactory | null,
  context: Omit<SyncContext, 'token'>,
  { token, awaitToken = false }: Pick<OpenRequest, 'token' | 'awaitToken'>,
): Syncing {
  if (sync === null) return followTabs(context)
  let running: Sync | null = null
  const named = Promise.withResolvers<void>()
  const timer = setTimeout(named.resolve, nameWaitMs)
  const start = (first: string | null): Sync => {
    const started = sync({ ...context, token: first })
    Promise.resolve(started.named).then(() => {
      clearTimeout(timer)
      named.resolve()
    })
    return started
  }
  if (awaitToken) context.engine.report({ phase: 'connecting', problem: null, heads: [] })
  else running = start(token)
  return Object.freeze({
    named: named.promise,
    setToken(next: string | null) {
      if (running === null) running = start(next)
      else running.setToken(next)
    },
    async stop() {
      clearTimeout(timer)
      named.resolve()
      await running?.stop()
    },
  })
}

function followTabs({ engine, name }: Omit<SyncContext, 'token'>): Syncing {
  const channel = openTabChannel(`varve:${name}`)
  const stopWatching = engine.onChange(() => channel.post({ type: 'moved' }))
  channel.onMessage(() => {
    engine.refresh().catch((error: unknown) => isOver(error) || console.error('varve:', error))
  })
  return Object.freeze({
    // Without a server nobody else can meet the name.
    named: Promise.resolve(),
    setToken: () => undefined,
    async stop() {
      stopWatching()
      channel.close()
    },
  })
}

const nameWaitMs = 2_000
