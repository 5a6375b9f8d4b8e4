import { describe, expect, it } from 'vitest'
import { memoryDisk } from '../log/index.ts'
import { clap, openTab, theatreServer, updatesOf, valueIn, write } from './theatre.fixture.ts'

describe('a projection over several logs', () => {
  it('E17 sees pending commits log by log, live as after a reload', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    await tab.wish(write('1', { text: 'x' }))
    await tab.wish(clap('1'))
    await tab.wish(write('1', { text: 'y' }))
    expect(valueIn(tab, 'trail')).toBe('cnn')
    expect(valueIn(await openTab(disk, 'b'), 'trail')).toBe('cnn')
  })

  it('E17 is folded in the order of the servers’ times: when booting, in a past and in a tab that follows', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const follower = await openTab(disk, 'f')
    const server = theatreServer()
    await tab.lead('a9')
    for (let i = 0; i < 3; i += 1) {
      await tab.wish(write('1', { text: `${i}` }))
      await server.sync(tab)
      await tab.wish(clap('1'))
      await server.sync(tab)
    }
    expect(valueIn(tab, 'trail')).toBe('ncncnc')
    await follower.refresh()
    expect(valueIn(follower, 'trail')).toBe('ncncnc')
    expect(valueIn(await openTab(disk, 'b'), 'trail')).toBe('ncncnc')
    const past = await tab.openPast({ log: 'desk/1', position: 2 })
    expect(valueIn(tab, 'trail', past)).toBe('ncn')
  })

  it('E17 is folded by the servers’ time too where one log arrives after the other, and is saved so', async () => {
    const writer = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await writer.lead('a9')
    for (let i = 0; i < 3; i += 1) {
      await writer.wish(write('1', { text: `${i}` }))
      await server.sync(writer)
      await writer.wish(clap('1'))
      await server.sync(writer)
    }
    const disk = memoryDisk()
    const fresh = await openTab(disk, 'b')
    const told = updatesOf(fresh, { kind: 'projection', name: 'trail' })
    await fresh.lead('b9')
    await server.pull(fresh)
    expect(valueIn(fresh, 'trail')).toBe('ncncnc')
    expect(told.at(-1)).toMatchObject({ value: 'ncncnc' })
    await fresh.saveSnapshots()
    expect(valueIn(await openTab(disk, 'c'), 'trail')).toBe('ncncnc')
  })

  it('E17 is not started from a snapshot that holds younger entries than those that came after it', async () => {
    const writer = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await writer.lead('a9')
    await writer.wish(clap('1'))
    await server.sync(writer)
    await writer.wish(write('1', { text: 'x' }))
    await server.sync(writer)
    const disk = memoryDisk()
    const fresh = await openTab(disk, 'b')
    await fresh.lead('b9')
    // Of the other log only the epoch is known yet: the snapshot bears the name that it will be looked for by.
    await fresh.applyEntries('hall', 'e1', [])
    await fresh.applyEntries('desk/1', 'e1', server.ledgers.get('desk/1')?.entries(0, 10) ?? [])
    await fresh.saveSnapshots()
    await server.pull(fresh)
    expect(valueIn(fresh, 'trail')).toBe('cn')
    expect(valueIn(await openTab(disk, 'c'), 'trail')).toBe('cn')
  })

  it('E17 is not folded anew with each page of a long log, and no snapshot is taken before it is', async () => {
    const writer = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await writer.lead('a9')
    for (let i = 0; i < 4; i += 1) {
      await writer.wish(write('1', { text: `${i}` }))
      await server.sync(writer)
      await writer.wish(clap('1'))
      await server.sync(writer)
    }
    const disk = memoryDisk()
    const fresh = await openTab(disk, 'b')
    await fresh.lead('b9')
    const heads = [...server.ledgers].map(([log, ledger]) => ({ log, head: ledger.head() + 1 }))
    fresh.report({ phase: 'syncing', problem: null, heads })
    await server.pull(fresh, 1)
    expect(valueIn(fresh, 'trail')).toBe('ccccnnnn')
    await fresh.saveSnapshots()
    fresh.report({ phase: 'offline', problem: null, heads })
    await fresh.refresh()
    expect(valueIn(fresh, 'trail')).toBe('ncncncnc')
    expect(valueIn(await openTab(disk, 'c'), 'trail')).toBe('ncncncnc')
  })
})
