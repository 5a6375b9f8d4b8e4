import { createElement as h, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { filter, firstValueFrom, type Observable, timeout } from 'rxjs'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { Bell, Gate, gates, Last, Visits } from '../testing/uncloneable.fixture.ts'
import { Boundary } from './error-boundary.fixture.ts'
import { StoreProvider, useStream } from './index.ts'

const spawn = () =>
  new Worker(new URL('../testing/uncloneable.worker.fixture.ts', import.meta.url), { type: 'module' })

function open(name: string): Store {
  const store = openStore(gates, spawn, { name, logs: { park: 'park' } })
  onTestFinished(() => store.close())
  return store
}

const first = <T>(value$: Observable<T>) => firstValueFrom(value$.pipe(timeout(30_000)))
const isUncloneable = (what: string) => ({ code: 'uncloneable', message: expect.stringContaining(what) })

it('B24 over a real worker: what cannot be cloned is an error that names it, and all else goes on', async () => {
  const name = `uncloneable-${crypto.randomUUID()}`
  const store = open(name)
  expect(await first(store.watch(Gate, '1'))).toEqual({ passed: 0, mayPass: null })
  // One watched it before it could not be cloned, and one comes later.
  const before = first(store.watch(Gate, '1').pipe(filter(({ passed }) => passed > 0)))
  const isTold = expect(before).rejects.toMatchObject(isUncloneable('gate/1'))
  expect((await store.dispatch(Gate.commands.pass('1'))).ok).toBe(true)
  await isTold
  await expect(first(store.watch(Gate, '1'))).rejects.toMatchObject(isUncloneable('gate/1'))
  await expect(first(store.watch(Last))).rejects.toMatchObject(isUncloneable('last'))
  await expect(first(store.watch(Visits))).rejects.toMatchObject(isUncloneable('visits'))
  const past = await store.at({ time: Number.MAX_SAFE_INTEGER })
  await expect(first(past.watch(Last))).rejects.toMatchObject(isUncloneable('last'))
  expect((await store.dispatch(Bell.commands.ring('1'))).ok).toBe(true)
  expect(await first(store.watch(Bell, '1'))).toBe(1)
  await store.close()
  const again = open(name)
  expect((await again.dispatch(Gate.commands.pass('1'))).ok).toBe(true)
  const types: string[] = []
  for await (const { type } of again.history(Gate, '1')) types.push(type)
  expect(types).toEqual(['gate.passed', 'gate.passed'])
})

function Passed(): string {
  const [{ passed }] = useStream(Gate, '1')
  return `passed: ${passed}`
}

it('B24 S40 a hook does not suspend for ever on what cannot be cloned: it reaches the error boundary', async () => {
  const store = open(`uncloneable-${crypto.randomUUID()}`)
  await store.dispatch(Gate.commands.pass('1'))
  const container = document.createElement('div')
  const root = createRoot(container, { onCaughtError: () => undefined })
  onTestFinished(() => root.unmount())
  const page = h(Boundary, null, h(Suspense, { fallback: 'loading' }, h(Passed)))
  root.render(h(StoreProvider, { store }, page))
  await vi.waitFor(() => expect(container.textContent).toBe('failed: uncloneable'), { timeout: 30_000 })
})
