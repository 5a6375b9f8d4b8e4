import { describe, expect, it } from 'vitest'
import type { StoreStatus } from '../core/query.ts'
import { nothingKnown, statusAtFirst, statusOf, wantsToken } from './status.ts'

const told: StoreStatus = { ...statusAtFirst, phase: 'synced', leading: true, store: 's', replica: 'r' }
const failure = { code: 'worker_lost', message: 'gone', hint: 'reload' }
const problem = { code: 'token_expired', message: 'expired', hint: 'sign in' }

describe('the status line', () => {
  it('S23 claims nothing before the engine has spoken', () => {
    expect(statusOf(nothingKnown)).toEqual(statusAtFirst)
    expect(statusAtFirst.phase).toBe('connecting')
  })

  it('S23 is not synced while the worker is being replaced', () => {
    expect(statusOf({ ...nothingKnown, told, worker: 'up' }).phase).toBe('synced')
    expect(statusOf({ ...nothingKnown, told, worker: 'starting' }).phase).toBe('connecting')
    expect(statusOf({ ...nothingKnown, told: { ...told, phase: 'offline' }, worker: 'starting' }).phase).toBe(
      'offline',
    )
  })

  it('S23 says that a store is unusable, whatever was said before', () => {
    expect(statusOf({ ...nothingKnown, told, worker: 'up', failure })).toMatchObject({
      phase: 'halted',
      problem: failure,
      leading: false,
    })
  })

  it('S23 calls nothing stuck while the worker is being replaced, or when the store is unusable', () => {
    const stalled = {
      ...{ log: 'l', dot: { replica: 'a', counter: 1 }, commands: [] },
      ...{ since: 1, why: 'no_answer' },
    }
    const known = { ...nothingKnown, told: { ...told, phase: 'syncing', stalled } as const }
    expect(statusOf({ ...known, worker: 'up' }).stalled).toBe(stalled)
    expect(statusOf({ ...known, worker: 'starting' }).stalled).toBe(null)
    expect(statusOf({ ...known, worker: 'up', failure }).stalled).toBe(null)
  })

  it('S24 names signing in when a fresh token did not help, before what the server said', () => {
    const known = { ...nothingKnown, told: { ...told, problem }, worker: 'up' as const }
    expect(statusOf(known).problem).toBe(problem)
    expect(statusOf({ ...known, signIn: true }).problem?.code).toBe('sign_in')
    expect(wantsToken({ ...told, problem })).toBe(true)
    expect(wantsToken({ ...told, problem: failure })).toBe(false)
  })

  it('S20 names a lost store only if there is nothing more urgent', () => {
    const known = { ...nothingKnown, told, worker: 'up' as const, lost: 'store_lost' as const }
    expect(statusOf(known).problem?.code).toBe('store_lost')
    expect(statusOf({ ...known, told: { ...told, problem } }).problem).toBe(problem)
  })
})
