import { describe, expect, it } from 'vitest'
import { logContract } from '../testing/contracts/log-contract.ts'
import type { LogDisk } from '../testing/contracts/log-disk.ts'
import { readAll, sampleCommit, stampOf } from '../testing/contracts/log-fixtures.ts'
import { heldDisk, heldLog } from '../testing/held-log.ts'
import { memoryLog, openMemoryLog } from './memory.ts'
import { memoryDisk } from './memory-disk.ts'

async function openDisk(): Promise<LogDisk> {
  const disk = memoryDisk()
  let writes = 0
  let failing = Number.POSITIVE_INFINITY
  return {
    open: () =>
      openMemoryLog(disk, {
        onWrite() {
          writes += 1
          if (writes === failing) throw new Error('crash')
        },
      }),
    erase: async () => disk.erase(),
    failWrite(n) {
      failing = writes + n
      const last = failing
      return {
        fired: () => writes >= last,
        release() {
          failing = Number.POSITIVE_INFINITY
        },
      }
    },
  }
}

describe('the log in memory', () => logContract({ describe, it, expect }, openDisk))

describe('the log in memory, on a disk that can be held', () =>
  logContract({ describe, it, expect }, async () => {
    const disk = await openDisk()
    const held = heldDisk()
    return { ...disk, open: () => heldLog(disk.open(), held) }
  }))

describe('a disk in memory', () => {
  it('L2 can be cloned: two profiles with the same past and separate futures', async () => {
    const disk = memoryDisk()
    const log = openMemoryLog(disk)
    const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] })
    await log.appendCommits({ log: 'shop', stamp: stampOf(record), commits: [sampleCommit({ counter: 1 })] })
    const before = await readAll(log)
    const copy = openMemoryLog(disk.clone())
    expect(await readAll(copy)).toEqual(before)
    await copy.mintLeader('b')
    expect(await readAll(log)).toEqual(before)
  })

  it('L17 a fault after completion is not acknowledged, though it is written', async () => {
    let crashing = false
    const log = memoryLog({
      onWrite(write) {
        if (crashing && write === 'acknowledge') throw new Error('crash')
      },
    })
    const { record } = await log.ensureStore({ store: 'store-1', replica: 'a', logs: ['shop'] })
    crashing = true
    const append = log.appendCommits({
      log: 'shop',
      stamp: stampOf(record),
      commits: [sampleCommit({ counter: 1 })],
    })
    await expect(append).rejects.toMatchObject({ code: 'storage_failed' })
    expect((await log.readOutbox('shop')).length).toBe(1)
  })
})
