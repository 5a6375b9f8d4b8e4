import { describe, expect, it } from 'vitest'
import { memoryDisk, openMemoryLog } from '../log/index.ts'
import type { StoreLog } from '../log/port.ts'
import {
  clap,
  openTab,
  positionIn,
  stateOf,
  type Tab,
  take,
  theatreServer,
  updatesOf,
} from './theatre.fixture.ts'

/** A log under whose reader somebody does something, before each page that is read. */
function disturbedLog(log: StoreLog, disturb: () => Promise<unknown>): StoreLog {
  return {
    ...log,
    async readEntries(...range) {
      await disturb()
      return log.readEntries(...range)
    },
  }
}

/** A leader that has `claps` entries, and a follower that has them too. */
async function twoTabs(claps: number, disturb: (leader: Tab) => Promise<unknown>) {
  const disk = memoryDisk()
  const leader = await openTab(disk, 'a')
  const server = theatreServer()
  await leader.lead('a9')
  for (let n = 0; n < claps; n += 1) await leader.wish(clap('1'))
  await server.sync(leader)
  const log = disturbedLog(openMemoryLog(disk), () => disturb(leader))
  return { disk, leader, follower: await openTab(disk, 'f', { log }) }
}

describe('memory folded anew', () => {
  it('E36 E11 whoever reads a log that is reset again each time says busy, shows what it showed, and may look again', async () => {
    let resets = 0
    let goesOn = false
    const { leader, follower } = await twoTabs(3, async (tab) => {
      if (!goesOn) return
      resets += 1
      await tab.heal('hall', `e${resets}`, 2)
    })
    await leader.heal('hall', 'e0', 2)
    goesOn = true
    await expect(follower.refresh()).rejects.toMatchObject({ code: 'busy' })
    expect(positionIn(follower, 'hall')).toBe(3)
    expect(stateOf(follower, 'claps/1')).toEqual({ state: 3, revision: 3 })
    const tried = resets
    goesOn = false
    await follower.refresh()
    expect([positionIn(follower, 'hall'), follower.status().pending, resets]).toEqual([2, 1, tried])
  })

  it('E36 a few resets under the reader are no reason to give up: it shows the last one at once', async () => {
    let left = 0
    const { leader, follower } = await twoTabs(3, async (tab) => {
      left -= 1
      if (left >= 0) await tab.heal('hall', `f${left}`, left)
    })
    await leader.heal('hall', 'e0', 3)
    left = 3
    await follower.refresh()
    expect([positionIn(follower, 'hall'), follower.status().pending]).toEqual([0, 3])
  })

  it('E36 E37 what ended in the inbox while the log was reset is told in every tab, with what it met', async () => {
    const disk = memoryDisk()
    const [leader, follower] = [await openTab(disk, 'a'), await openTab(disk, 'f')]
    const other = await openTab(memoryDisk(), 'b')
    await leader.lead('a9')
    await other.lead('b9')
    await follower.refresh()
    const ours = await follower.wish(take('1', { by: 'ann' }))
    if (!ours.ok) throw new Error('it was decided')
    const fates = updatesOf(follower, { kind: 'fates', awaiting: [] })
    await other.wish(take('1', { by: 'ben' }))
    const restored = theatreServer('e2')
    await restored.sync(other)
    await leader.heal('hall', 'e2', 0)
    await restored.pull(leader)
    await restored.sync(leader)
    await follower.refresh()
    expect(fates.flatMap((update) => (update.kind === 'fates' ? update.fates : []))).toEqual([
      {
        log: 'hall',
        dot: ours.dot,
        fate: expect.objectContaining({
          status: 'withdrawn',
          reason: 'taken',
          theirs: [expect.objectContaining({ type: 'seat.taken' })],
        }),
      },
    ])
  })
})
