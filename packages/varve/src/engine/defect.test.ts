import { describe, expect, it } from 'vitest'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import { openTab, stateOf, take, theatreServer } from './theatre.fixture.ts'

describe('defects', () => {
  it('E28 when the engine was wrong it stops writing, stays readable and says so', async () => {
    const disk = memoryDisk()
    const log = openMemoryLog(disk)
    let broken = false
    const tab = await openTab(disk, 'a', {
      log: {
        ...log,
        appendCommits: (append) => {
          if (!broken) return log.appendCommits(append)
          throw new TypeError('undefined is not a function')
        },
      },
    })
    await tab.wish(take('1', { by: 'ann' }))
    broken = true
    await expect(tab.wish(take('2', { by: 'ann' }))).rejects.toMatchObject({
      code: 'defect',
      cause: { name: 'TypeError' },
    })
    broken = false
    await expect(tab.wish(take('2', { by: 'ann' }))).rejects.toMatchObject({ code: 'defect' })
    await expect(tab.cancel({ log: 'hall', dot: { replica: 'a2', counter: 1 } })).rejects.toMatchObject({
      code: 'defect',
    })
    expect(tab.status()).toMatchObject({ phase: 'halted', pending: 1, problem: { code: 'defect' } })
    expect(stateOf(tab, 'seat/1')).toEqual({ state: { by: 'ann' }, revision: 1 })
    expect((await tab.history('seat/1', null)).events).toHaveLength(1)
    expect(tab.logs()).toHaveLength(2)
  })

  it('E28 a commit that is not what the log expects is a defect of ours, and is not stored', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a', {
      seal: (draft) => ({
        ...draft,
        format: 1,
        intent: '',
        root: '',
        content: '',
        dot: { ...draft.dot, counter: 9 },
      }),
    })
    await expect(tab.wish(take('1', { by: 'ann' }))).rejects.toMatchObject({ code: 'defect' })
    expect(disk.tables.outboxes.get('hall') ?? []).toEqual([])
  })

  it('E29 when the store goes away nothing is written any more, and the status says why', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.wish(take('1', { by: 'ann' }))
    disk.erase()
    expect(tab.status()).toMatchObject({ phase: 'halted', problem: { code: 'store_gone' } })
    await expect(tab.wish(take('2', { by: 'ann' }))).rejects.toMatchObject({ code: 'store_gone' })
    expect(stateOf(tab, 'seat/1')).toEqual({ state: { by: 'ann' }, revision: 1 })
  })

  it('E3 a page that cannot be stored changes nothing, and is applied when there is space again', async () => {
    const disk = memoryDisk()
    let full = false
    const a = await openTab(disk, 'a', {
      onWrite: (step) => {
        if (full && step === 'complete') throw new Error('no space')
      },
    })
    const b = await openTab(memoryDisk(), 'b')
    const server = theatreServer()
    await a.lead('a9')
    await b.lead('b9')
    await a.wish(take('1', { by: 'ann' }))
    await b.wish(take('1', { by: 'bob' }))
    await server.sync(b)
    full = true
    await expect(server.pull(a)).rejects.toMatchObject({ code: 'storage_failed' })
    expect(a.status()).toMatchObject({ pending: 1, withdrawn: 0, phase: 'local', problem: null })
    expect(stateOf(a, 'seat/1')).toEqual({ state: { by: 'ann' }, revision: 1 })
    full = false
    await server.pull(a)
    expect(stateOf(a, 'seat/1')).toEqual({ state: { by: 'bob' }, revision: 1 })
    expect(a.status().withdrawn).toBe(1)
  })

  it('E3 a page that was stored but not acknowledged is read back, with the fates that it told', async () => {
    const disk = memoryDisk()
    let dies = false
    const tab = await openTab(disk, 'a', {
      onWrite: (step) => {
        if (dies && step === 'acknowledge') throw new Error('killed')
      },
    })
    const server = theatreServer()
    await tab.lead('a9')
    const told: unknown[] = []
    tab.subscribe({ kind: 'fates', awaiting: [] }, (update) => told.push(update))
    await tab.wish(take('1', { by: 'ann' }))
    await server.push(tab)
    dies = true
    await expect(server.pull(tab)).rejects.toMatchObject({ code: 'storage_failed' })
    dies = false
    await server.pull(tab)
    expect(told).toMatchObject([{ fates: [{ fate: { status: 'confirmed', position: 1 } }] }])
    expect(tab.status().pending).toBe(0)
  })
})
