import { describe, expect, it } from 'vitest'
import { openTab, requestOf, take } from '../engine/theatre.fixture.ts'
import { memoryDisk } from '../log/index.ts'
import type { OpenRequest } from './contract.ts'
import { hostOf } from './host.ts'

const request: OpenRequest = {
  name: 'n',
  model: 'm',
  logs: {},
  actor: null,
  witness: null,
  aliveLock: 'l',
  token: null,
}

describe('host', () => {
  it('E30 results and failures cross as values', async () => {
    const tokens: (string | null)[] = []
    const tab = await openTab(memoryDisk(), 'a')
    const host = hostOf(tab, { setToken: (token) => tokens.push(token) })
    expect(await host.dispatch(requestOf('s', [take('1', { by: 'ann' })]), false)).toMatchObject({
      ok: true,
      value: { ok: true, dot: { counter: 1 } },
    })
    expect(await host.dispatch(requestOf('s', []), false)).toMatchObject({
      ok: false,
      failure: { code: 'no_commands' },
    })
    expect(await host.openPast({ log: 'hall', position: 9 })).toMatchObject({
      ok: false,
      failure: { code: 'beyond_head' },
    })
    expect(await host.history('seat/1', null, null)).toMatchObject({ ok: true, value: { next: null } })
    expect(await host.setToken('t')).toEqual({ ok: true, value: null })
    expect(tokens).toEqual(['t'])
    expect(await host.close()).toEqual({ ok: true, value: null })
    expect(await host.cancel({ log: 'hall', dot: { replica: 'a2', counter: 1 } })).toMatchObject({
      ok: false,
      failure: { code: 'closed', hint: '' },
    })
  })

  it('E30 a store that was witnessed here and is another one now was lost', async () => {
    const host = hostOf(await openTab(memoryDisk(), 'a'))
    expect(await host.open(request)).toEqual({ ok: true, value: { store: 'a1', lost: null } })
    expect(await host.open({ ...request, witness: 'a1' })).toEqual({
      ok: true,
      value: { store: 'a1', lost: null },
    })
    expect(await host.open({ ...request, witness: 'old' })).toEqual({
      ok: true,
      value: { store: 'a1', lost: 'store_lost' },
    })
  })

  it('E30 an error that nobody expected is a defect', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const host = hostOf({ ...tab, openPast: () => Promise.reject(new TypeError('oh')) })
    expect(await host.openPast({ time: 1 })).toMatchObject({
      ok: false,
      failure: { code: 'defect', message: 'oh' },
    })
  })
})
