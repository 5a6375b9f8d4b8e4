import { expect, it } from 'vitest'
import { dotKey } from '../../core/dot.ts'
import type { StoreLog } from '../../log/port.ts'
import { ledgerServer } from './ledger-server.ts'
import { simulateMonth } from './month.ts'
import type { OpenSimServer } from './server-port.ts'
import { toyOf } from './toy-two-logs.ts'

it('Z10 Y14 half of four to six devices are away for a month, and the server comes back from older backups: nothing is lost or doubled', async () => {
  let restores = 0
  let lost = 0
  const counting: OpenSimServer = (ground) => {
    const server = ledgerServer()(ground)
    const held = (): number => ground.logs.reduce((sum, log) => sum + server.entries(log).length, 0)
    return {
      ...server,
      restore() {
        const before = held()
        server.restore()
        restores += 1
        lost += before - held()
      },
    }
  }
  let entries = 0
  for (let seed = 1; seed <= seedsPerRun; seed++) {
    const result = await simulateMonth({ ...toyOf(seed), seed, devices: 4 + (seed % 3), server: counting })
    expect(result.violation).toBe(null)
    entries += result.entries
  }
  expect(restores).toBeGreaterThan(1.2 * seedsPerRun)
  // Which their authors brought back.
  expect(lost).toBeGreaterThan(3 * seedsPerRun)
  expect(entries).toBeGreaterThan(20 * seedsPerRun)
})

it('Z3 C7 a device that was away and does not bring back what was lost meanwhile is noticed', async () => {
  const forgetful = (log: StoreLog): StoreLog => ({
    ...log,
    async resetLog(write) {
      const lost = await log.readEntries(write.log, write.position, 1_000)
      const gone = new Set(lost.map(({ commit: { dot } }) => dotKey(dot)))
      return log.resetLog({ ...write, outbox: write.outbox.filter(({ dot }) => !gone.has(dotKey(dot))) })
    },
  })
  const violations: (string | null)[] = []
  for (let seed = 1; seed <= 6; seed++) {
    const how = { seed, devices: 4, broken: { log: forgetful } }
    violations.push((await simulateMonth({ ...toyOf(seed, 1), ...how })).violation)
  }
  const noticed = violations.filter((violation) => violation !== null)
  expect(noticed.length).toBeGreaterThan(2)
  for (const violation of noticed)
    expect(violation).toMatch(
      /: reports stuck: The server keeps asking for commits that this device does not have\.$|: the acknowledged \S+ stands 0 times in the log$/,
    )
})

const seedsPerRun = 12
