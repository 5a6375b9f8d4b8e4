import { expect, test } from 'vitest'
import { mayBeLost, stalledText, statusWords } from './status-words.ts'

const words = (phase: Parameters<typeof statusWords>[0]['phase'], pending = 0) =>
  statusWords({ phase, pending, problem: null }).text

test('each phase has its words', () => {
  expect(words('local')).toBe('Saved on this device')
  expect(words('offline')).toBe('Offline · saved on this device')
  expect(words('connecting')).toBe('Connecting…')
  expect(words('syncing')).toBe('Syncing…')
  expect(words('syncing', 3)).toBe('Syncing · sending 3')
  expect(words('synced')).toBe('All saved')
  expect(words('halted')).toBe('Stopped · needs you')
})

test('what is stuck is named, with what is known of the reason', () => {
  const since = new Date(2026, 4, 3, 10, 42).getTime()
  const stalled = { log: 'l', dot: { replica: 'a', counter: 1 }, commands: [], since, why: 'no_answer' }
  expect(statusWords({ phase: 'syncing', pending: 2, problem: null, stalled }).text).toBe(
    'Stuck · 2 not confirmed',
  )
  expect(statusWords({ phase: 'offline', pending: 2, problem: null, stalled }).short).toBe('Offline')
  expect(stalledText(stalled, 'Your order', since)).toBe(
    'Your order: no progress since 10:42. The shop does not answer to it.',
  )
  expect(stalledText({ ...stalled, why: 'no_entry' }, 'Your order', since)).toContain('does not send it back')
  expect(stalledText({ ...stalled, why: 'overloaded' }, 'Your order', since)).toContain('(overloaded)')
})

test('what stopped is told in its own words', () => {
  const problem = { code: 'sign_in', message: 'Sign in again.', hint: 'Then it goes on.' }
  expect(statusWords({ phase: 'halted', pending: 2, problem }).explanation).toBe('Sign in again.')
})

test('what is pending may be lost where the store went, and nowhere else', () => {
  const withCode = (code: string) => mayBeLost({ problem: { code, message: '', hint: '' } })
  expect(['store_gone', 'store_rolled_back'].map(withCode)).toEqual([true, true])
  expect(['store_newer', 'storage_full', 'unauthorized'].map(withCode)).toEqual([false, false, false])
  expect(mayBeLost({ problem: null })).toBe(false)
})

test('only what is synced is called saved everywhere', () => {
  const others = ['offline', 'connecting', 'syncing', 'halted'] as const
  for (const phase of others) expect(words(phase, 1)).not.toContain('All saved')
})
