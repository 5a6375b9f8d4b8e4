/**
 * When the worker talks to a server: at once, once the page has brought a token, or never. Without a server the tabs
 * of a store still tell each other that something moved.
 */
import { openTabChannel, type Sync, type SyncContext, type SyncFactory } from '../sync/index.ts'
import type { OpenRequest } from './contract.ts'

export interface Syncing {
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
  if (awaitToken) context.engine.report({ phase: 'connecting', problem: null, heads: [] })
  else running = sync({ ...context, token })
  return Object.freeze({
    setToken(next: string | null) {
      if (running === null) running = sync({ ...context, token: next })
      else running.setToken(next)
    },
    stop: async () => running?.stop(),
  })
}

function followTabs({ engine, name }: Omit<SyncContext, 'token'>): Syncing {
  const channel = openTabChannel(`varve:${name}`)
  const stopWatching = engine.onChange(() => channel.post({ type: 'moved' }))
  channel.onMessage(() => {
    engine.refresh().catch((error: unknown) => console.error('varve:', error))
  })
  return Object.freeze({
    setToken: () => undefined,
    async stop() {
      stopWatching()
      channel.close()
    },
  })
}
