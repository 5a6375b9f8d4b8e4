import { describe, expect, it } from 'vitest'
import { sealCommit } from '../../core/commit.ts'
import type { ReviseOutbox, StoreLog } from '../../log/port.ts'
import { firstViolation } from './controls.fixture.ts'

describe('negative controls: tabs that do not look at each other are caught', () => {
  it('Z3 C2 L5 a log that appends what was decided before another tab or a page was stored', async () => {
    const blind = (log: StoreLog): StoreLog => ({
      ...log,
      async appendCommits(write) {
        const { replica, heads } = await log.readRecord()
        const head = heads.find((each) => each.log === write.log)
        if (head === undefined) return log.appendCommits(write)
        const { issued, position, outboxRevision } = head
        const commits = write.commits.map((commit, index) => {
          const counter = issued + 1 + index
          return sealCommit({
            ...commit,
            dot: { replica, counter },
            parent: counter === 1 ? commit.parent : null,
          })
        })
        return log.appendCommits({ ...write, commits, stamp: { replica, position, outboxRevision } })
      },
    })
    expect(await firstViolation({ seeds: 12, faults: [], broken: { log: blind } })).toMatch(
      /^[abc]\d?: \S+ was born at \d+, on a disk that stands at \d+$/,
    )
  })

  it('Z3 L6 a log that lets through what a leader writes that was replaced', async () => {
    const unfenced = (log: StoreLog): StoreLog => {
      const fenced = async <W extends Pick<ReviseOutbox, 'fence'>>(write: W): Promise<W> =>
        write.fence === undefined ? write : { ...write, fence: (await log.readRecord()).fence }
      return {
        ...log,
        applyEntries: async (write) => log.applyEntries(await fenced(write)),
        reviseOutbox: async (write) => log.reviseOutbox(await fenced(write)),
        resetLog: async (write) => log.resetLog(await fenced(write)),
      }
    }
    expect(await firstViolation({ seeds: 40, faults: ['steal'], broken: { log: unfenced } })).toMatch(
      /^[abc]\d?: a leader with the fence \d+ wrote, and the fence is \d+$/,
    )
  })

  it('Z3 C8 L11 a leader that writes on under the name that it finds', async () => {
    expect(await firstViolation({ seeds: 12, faults: ['crashTab'], broken: { keepsName: true } })).toMatch(
      /^[abc]\d?: two leaders wrote with the fence \d+$/,
    )
  })
})
