import { describe, expect, it } from 'vitest'
import { type MemoryDisk, memoryDisk, openMemoryLog } from '../log/index.ts'
import type { StoreLog, Written } from '../log/port.ts'
import { clap, openTab, positionIn, type Tab, take, theatreServer, updatesOf } from './theatre.fixture.ts'

const mine = { replica: 'a9', counter: 1 }

/** All that only a leader may do. */
const asLeader = async (tab: Tab): Promise<readonly string[]> => [
  await tab.applyEntries('hall', 'e1', []),
  await tab.heal('hall', 'e1', 0),
  await tab.rename('hall', mine),
  await tab.withdraw('hall', mine, { reason: 'forbidden' }),
]
const fenced = ['fenced', 'fenced', 'fenced', 'fenced']

/** A log on which another tab is always faster than these writes. */
function overtakenOn(disk: MemoryDisk, isOn: () => boolean): StoreLog {
  const log = openMemoryLog(disk)
  const moved = async (): Promise<Written> => ({ status: 'moved', record: await log.readRecord() })
  return {
    ...log,
    applyEntries: (write) => (isOn() ? moved() : log.applyEntries(write)),
    resetLog: (write) => (isOn() ? moved() : log.resetLog(write)),
  }
}

describe('a leader', () => {
  it('E13 who does not lead yet, or follows by its own word, is fenced in all that a leader does', async () => {
    const disk = memoryDisk()
    const tab = await openTab(disk, 'a')
    const told = updatesOf(tab, { kind: 'status' })
    const leading = () => {
      const last = told.at(-1)
      return last?.kind === 'status' && last.status.leading
    }
    expect(await asLeader(tab)).toEqual(fenced)
    await tab.lead('a9')
    expect(leading()).toBe(true)
    await tab.wish(clap('1'))
    tab.follow()
    expect(leading()).toBe(false)
    expect(await asLeader(tab)).toEqual(fenced)
    await tab.saveSnapshots()
    expect(disk.tables.snapshots.size).toBe(0)
    expect(tab.status()).toMatchObject({ replica: 'a9', pending: 1, withdrawn: 0 })
  })

  it('E13 Y9 who leads withdraws what the server will not have, and is told that it is done', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    await tab.lead('a9')
    await tab.wish(clap('1'))
    expect(await tab.withdraw('hall', mine, { reason: 'forbidden' })).toBe('done')
    expect(updatesOf(tab, { kind: 'inbox' })).toMatchObject([{ items: [{ reason: 'forbidden' }] }])
  })

  it('E18 a leader that was replaced learns it when it saves, and saves nothing', async () => {
    const disk = memoryDisk()
    const server = theatreServer()
    const [old, next] = [await openTab(disk, 'a'), await openTab(disk, 'n')]
    await old.lead('a9')
    await old.wish(clap('1'))
    await server.sync(old)
    disk.tables.snapshots.clear()
    await next.lead('n9')
    await old.saveSnapshots()
    expect([old, next].map((tab) => tab.status().leading)).toEqual([false, true])
    expect(disk.tables.snapshots.size).toBe(0)
  })

  it('E16 to rename what is not pending any more is done, and takes no new name', async () => {
    const tab = await openTab(memoryDisk(), 'a')
    const server = theatreServer()
    await tab.lead('a9')
    await tab.wish(clap('1'))
    await server.sync(tab)
    expect(await tab.rename('hall', mine)).toBe('done')
    expect(tab.status().replica).toBe('a9')
  })

  it('E11 E36 whoever is always overtaken by another tab says busy, has stored nothing, and may try again', async () => {
    const disk = memoryDisk()
    let isOvertaken = false
    const tab = await openTab(disk, 'a', { log: overtakenOn(disk, () => isOvertaken) })
    const server = theatreServer()
    await tab.lead('leader')
    await tab.wish(take('1', { by: 'ann' }))
    await server.push(tab)
    const entries = server.ledgers.get('hall')?.entries(0) ?? []
    const busy = { code: 'busy' }
    isOvertaken = true
    await expect(tab.applyEntries('hall', 'e1', entries)).rejects.toMatchObject(busy)
    await expect(tab.rename('hall', { ...mine, replica: 'leader' })).rejects.toMatchObject(busy)
    await expect(tab.heal('hall', 'e2', 0)).rejects.toMatchObject(busy)
    expect([positionIn(tab, 'hall'), tab.status().pending]).toEqual([0, 1])
    isOvertaken = false
    expect(await tab.applyEntries('hall', 'e1', entries)).toBe('applied')
    expect([positionIn(tab, 'hall'), tab.status().pending]).toEqual([1, 0])
  })
})
