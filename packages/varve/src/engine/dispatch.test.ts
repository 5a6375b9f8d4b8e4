import { describe, expect, it } from 'vitest'
import { type MemoryWrite, memoryDisk, openMemoryLog } from '../log/index.ts'
import {
  clap,
  free,
  join,
  openTab,
  requestOf,
  rowsOf,
  stateOf,
  take,
  theatreServer,
  updatesOf,
  write,
} from './theatre.fixture.ts'

describe('dispatch', () => {
  it('E1 what is accepted is stored as a commit before it is answered, and shown', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const result = await tab.wish(take('1', { by: 'ann' }))
    expect(result).toMatchObject({ ok: true, log: 'hall', dot: { replica: 'a2', counter: 1 } })
    expect(disk.tables.outboxes.get('hall')).toHaveLength(1)
    expect(disk.tables.record?.heads.find((head) => head.log === 'hall')).toMatchObject({
      issued: 1,
      outboxRevision: 1,
    })
    expect(stateOf(tab, 'seat/1')).toEqual({ state: { by: 'ann' }, revision: 1 })
    expect(tab.status()).toMatchObject({ phase: 'local', pending: 1 })
  })

  it('E1 a refusal by the domain is an answer and leaves nothing behind', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.wish(take('1', { by: 'ann' }))
    const result = await tab.wish(clap('1'), take('1', { by: 'bob' }))
    expect(result).toEqual({ ok: false, reason: 'taken', details: { seen: 0 }, command: 1 })
    expect(disk.tables.outboxes.get('hall')).toHaveLength(1)
    expect(stateOf(tab, 'claps/1')).toEqual({ state: 0, revision: 0 })
  })

  it('E1 a decision without events is stored like any other', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    expect(await tab.wish(free('1'))).toMatchObject({ ok: true, events: [] })
    expect(tab.status().pending).toBe(1)
  })

  it('E1 what cannot be a command is thrown', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    await expect(tab.wish()).rejects.toMatchObject({ code: 'no_commands' })
    await expect(tab.wish(take('1', { by: 'ann' }), write('1', { text: '' }))).rejects.toMatchObject({
      code: 'mixed_logs',
    })
    await expect(tab.wish({ stream: 'bed/1', name: 'take' })).rejects.toMatchObject({
      code: 'unknown_stream',
    })
    await expect(tab.wish({ stream: 'seat/1', name: 'burn' })).rejects.toMatchObject({
      code: 'unknown_command',
    })
    await expect(tab.wish({ stream: 'seat/1', name: 'take', input: {} })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(tab.dispatch(requestOf('s', [clap('1')], Number.NaN))).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  it('E2 wishes that arrive together are decided in order and stored in one transaction', async () => {
    const writes: MemoryWrite[] = []
    const tab = await openTab(memoryDisk(), 'a', { onWrite: (write) => writes.push(write) })
    writes.length = 0
    const results = await Promise.all([
      tab.wish(take('1', { by: 'ann' })),
      tab.wish(take('1', { by: 'bob' })),
      tab.wish(join('2', { by: 'cy', next: '1' })),
    ])
    expect(results.map((result) => (result.ok ? result.dot.counter : result.reason))).toEqual([1, 'taken', 2])
    expect(writes.filter((write) => write === 'complete')).toHaveLength(1)
  })

  it('E2 a group holds at most 256 commits and a mebibyte', async () => {
    const disk = memoryDisk()
    const writes: MemoryWrite[] = []
    const tab = await openTab(disk, 'a', { onWrite: (write) => writes.push(write) })
    writes.length = 0
    await Promise.all(Array.from({ length: 300 }, () => tab.wish(clap('1'))))
    expect(writes.filter((write) => write === 'complete')).toHaveLength(2)
    writes.length = 0
    const text = 'x'.repeat(100_000)
    const results = await Promise.all(Array.from({ length: 9 }, () => tab.wish(write('1', { text }))))
    expect(results.every((result) => result.ok)).toBe(true)
    expect(disk.tables.outboxes.get('desk/1')?.map((commit) => commit.dot.counter)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    // The text stands in the command and in the event: two fit.
    expect(writes.filter((write) => write === 'complete')).toHaveLength(5)
  })

  it('E3 a write that fails fails its group only: memory stays, the engine goes on, nothing is lost', async () => {
    const disk = memoryDisk()
    let full = false
    const tab = await openTab(disk, 'a', {
      onWrite: (step) => {
        if (full && step === 'complete') throw new Error('no space')
      },
    })
    await tab.wish(take('1', { by: 'ann' }))
    full = true
    const group = [tab.wish(take('2', { by: 'bob' })), tab.wish(take('1', { by: 'bob' }))]
    for (const failed of await Promise.allSettled(group)) {
      expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'storage_failed' } })
    }
    expect(stateOf(tab, 'seat/2')).toEqual({ state: { by: null }, revision: 0 })
    full = false
    expect(await tab.wish(take('2', { by: 'cy' }))).toMatchObject({ ok: true, dot: { counter: 2 } })
    expect(disk.tables.outboxes.get('hall')).toHaveLength(2)
  })

  it('E3 a write that was done but not acknowledged is found by the same request sent again', async () => {
    const disk = memoryDisk()
    let dies = true
    const tab = await openTab(disk, 'a', {
      onWrite: (step) => {
        if (dies && step === 'acknowledge') throw new Error('killed')
      },
    }).catch(() => null)
    expect(tab).toBeNull()
    dies = false
    const first = await openTab(disk, 'b', {
      onWrite: (step) => {
        if (dies && step === 'acknowledge') throw new Error('killed')
      },
    })
    dies = true
    const request = requestOf('s', [take('1', { by: 'ann' })])
    await expect(first.dispatch(request)).rejects.toMatchObject({ code: 'storage_failed' })
    dies = false
    const again = await first.dispatch(request, true)
    expect(again).toMatchObject({ ok: true, dot: { counter: 1 }, events: [{ type: 'seat.taken' }] })
    expect(await first.dispatch(request)).toMatchObject({ ok: false, reason: 'taken' })
    expect(disk.tables.outboxes.get('hall')).toHaveLength(1)
  })

  it('E4 a tab decides on what other tabs stored (C2)', async () => {
    const disk = memoryDisk()
    const one = await openTab(disk, 'a')
    const two = await openTab(disk, 'b')
    expect(await one.wish(take('1', { by: 'ann' }))).toMatchObject({ ok: true })
    expect(await two.wish(take('1', { by: 'bob' }))).toMatchObject({ ok: false, reason: 'taken' })
    expect(await two.wish(join('2', { by: 'bob', next: '1' }))).toMatchObject({
      ok: true,
      dot: { counter: 2 },
    })
    expect(await one.wish(take('2', { by: 'ann' }))).toMatchObject({ ok: false, reason: 'taken' })
    expect(stateOf(one, 'seat/2')).toEqual(stateOf(two, 'seat/2'))
  })

  it('E4 a refusal is not older than what another tab has stored', async () => {
    const disk = memoryDisk()
    const one = await openTab(disk, 'a')
    const two = await openTab(disk, 'b')
    await one.wish(take('1', { by: 'ann' }))
    await two.refresh()
    await one.wish(free('1'))
    expect(await two.wish(take('1', { by: 'bob' }))).toMatchObject({ ok: true })
  })

  it('E4 a wish that other tabs keep overtaking is refused as busy, and nothing of it is stored', async () => {
    const disk = memoryDisk()
    const rival = await openTab(disk, 'b')
    const log = openMemoryLog(disk)
    let overtaken = 0
    const tab = await openTab(disk, 'a', {
      log: {
        ...log,
        appendCommits: async (append) => {
          overtaken += 1
          if (overtaken < 20) await rival.wish(clap('1'))
          return log.appendCommits(append)
        },
      },
    })
    await expect(tab.wish(clap('2'))).rejects.toMatchObject({ code: 'busy' })
    expect(stateOf(tab, 'claps/2')).toEqual({ state: 0, revision: 0 })
    overtaken = 18
    expect(await tab.wish(clap('2'))).toMatchObject({ ok: true })
    expect(stateOf(tab, 'claps/1')).toEqual({ state: 9, revision: 9 })
  })

  it('E5 B19 a request that is sent again and carried out from the journal at the same time is done once', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const request = requestOf('s', [clap('1')])
    const saved = { seed: 's', log: 'hall', request, actor: null, after: 0, order: 1 }
    const answers = await Promise.all([
      tab.dispatch(request, true),
      tab.carryOut(saved),
      tab.dispatch(request, true),
    ])
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(stateOf(tab, 'claps/1')).toEqual({ state: 1, revision: 1 })
  })

  it('E5 what was answered before is answered the same, also when it is placed or withdrawn by now', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const other = await openTab(memoryDisk(), 'x')
    const server = theatreServer()
    await other.lead('x9')
    await other.wish(take('1', { by: 'xen' }))
    await server.sync(other)

    await tab.lead('a9')
    const requests = [
      requestOf('s1', [take('1', { by: 'ann' })]),
      requestOf('s2', [take('2', { by: 'ann' })]),
    ]
    const first = [await tab.dispatch(requests[0]!), await tab.dispatch(requests[1]!)]
    await server.pull(tab)
    expect(tab.status().withdrawn).toBe(1)
    expect([await tab.dispatch(requests[0]!, true), await tab.dispatch(requests[1]!, true)]).toEqual(first)
    await server.sync(tab)
    expect(tab.status().pending).toBe(0)
    const reopened = await openTab(disk, 'b')
    expect([
      await reopened.dispatch(requests[0]!, true),
      await reopened.dispatch(requests[1]!, true),
    ]).toEqual(first)
    expect(rowsOf(reopened, 'guests')).toEqual([
      ['1', { by: 'xen' }],
      ['2', { by: 'ann' }],
    ])
  })

  it('E6 a new replica goes on from the old one: the first commit names its parent', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.wish(take('1', { by: 'ann' }))
    await tab.lead('a9')
    expect(tab.status()).toMatchObject({ leading: true, replica: 'a9', pending: 1 })
    expect(await tab.wish(take('2', { by: 'ann' }))).toMatchObject({ dot: { replica: 'a9', counter: 1 } })
    const [old, fresh] = disk.tables.outboxes.get('hall') ?? []
    expect(old).toMatchObject({ dot: { replica: 'a2', counter: 1 }, parent: null })
    expect(fresh?.parent).toEqual({ replica: 'a2', counter: 1 })
  })

  it('E7 after close everything is refused, and what was running has ended', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const running = tab.wish(take('1', { by: 'ann' }))
    await Promise.resolve()
    const closed = tab.close()
    const outcome = await running.then(
      () => 'stored',
      (failure: { code: string }) => failure.code,
    )
    await closed
    await tab.close()
    expect(disk.tables.outboxes.get('hall')?.length ?? 0).toBe(outcome === 'stored' ? 1 : 0)
    await expect(tab.wish(clap('1'))).rejects.toMatchObject({ code: 'closed' })
    expect(() => updatesOf(tab, { kind: 'status' })).toThrow(/closed/)
  })
})
