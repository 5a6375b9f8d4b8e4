import { tmpdir } from 'node:os'
import { type OpenSimServer, simulateMonth, simulateSeed, toyOf } from 'varve/testing'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from './host.ts'
import { sqliteDisks } from './testing/sim-disk.ts'
import { signedInSimServer, simServer, simServerOn, verifyingSimServer } from './testing/sim-server.ts'
import { bar, Price, Tab, Wall } from './testing/verified.fixture.ts'
import { createVerifier, type Verifier } from './verifier.ts'

it('Z1 the simulator finds nothing in the real server either', () => findNothing(simServer, seedsPerRun))

it('Z1 V7 V33 nor in the real server on a SQLite file, which is killed, taken over, backed up and restored', async () => {
  const disks = sqliteDisks(tmpdir())
  onTestFinished(disks.close)
  await findNothing(simServerOn(disks.next), sqliteSeedsPerRun)
  expect(disks.refused()).toBeGreaterThan(sqliteSeedsPerRun / 10)
})

it('Z3 A9 a SQLite file that loses what was committed since its checkpoint is noticed', async () => {
  const disks = sqliteDisks(tmpdir(), ['', '.witness'])
  onTestFinished(disks.close)
  await expect(findNothing(simServerOn(disks.next), 20)).rejects.toThrow(
    /^seed \d+: (\w+: )?server: a receipt of \S+ at @\d+, where something else stands\n/,
  )
})

async function findNothing(server: OpenSimServer, seeds: number): Promise<void> {
  let entries = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await simulateSeed({ ...toyOf(seed), server, seed })
    if (result.violation !== null)
      throw new Error(`${result.violation}\n${JSON.stringify(result.actions, null, 1)}`)
    entries += result.entries
  }
  expect(entries).toBeGreaterThan(5 * seeds)
}

it('V34 A7 Z4 nothing that honest devices decide is refused by the real server, in all faults', async () => {
  const refused: string[] = []
  let [asked, entries] = [0, 0]
  /** As createSyncServer makes it, and listened to. */
  const verifierOf = (): Verifier => {
    const how = { model: bar, kindOf: () => 'bar' }
    const host = createHost({ ...how, replica: 'server', worldsMax: 1 })
    const verifier = createVerifier({ ...how, host, verifyEntriesMax: 10_000 }) as Verifier
    return {
      begin(tx) {
        const { prepare, keep } = verifier.begin(tx)
        return {
          keep,
          async prepare(commit) {
            const verify = await prepare(commit)
            asked += 1
            if (verify === 'later') return verify
            return () => {
              const message = verify()
              if (message !== null) refused.push(message)
              return message
            }
          },
        }
      },
    }
  }
  for (let seed = 1; seed <= seedsPerRun; seed++) {
    const result = await simulateSeed({
      ...{ model: bar, seed, server: verifyingSimServer(verifierOf) },
      wish(random) {
        const item = `i${random.below(2)}`
        switch (random.below(6)) {
          case 0:
            return Price.commands.set(item, { cents: random.below(12) })
          case 1:
            return [Wall.commands.sign('north'), Tab.commands.order(item, { item })]
          case 2:
            return Tab.commands.order(item, { item })
          case 3:
            return Wall.commands.write('north', { item })
          default:
            return Wall.commands.sign('north')
        }
      },
    })
    if (result.violation !== null)
      throw new Error(`${seed}: ${result.violation}\n${JSON.stringify(result.actions, null, 1)}`)
    entries += result.entries
  }
  expect(refused).toEqual([])
  expect(asked).toBeGreaterThan(5 * seedsPerRun)
  expect(entries).toBeGreaterThan(5 * seedsPerRun)
})

it('Z10 V14 T14 half of four to six devices are away for a month, their tokens end, and the server is restored', async () => {
  const hourMs = 3_600_000
  const server = signedInSimServer(hourMs)
  let entries = 0
  for (let seed = 1; seed <= monthsPerRun; seed++) {
    const how = { ...toyOf(seed), seed, devices: 4 + (seed % 3), server }
    const { violation, ...counts } = await simulateMonth({ ...how, token: (nowMs) => `token@${nowMs}` })
    expect(violation).toBe(null)
    entries += counts.entries
  }
  expect(entries).toBeGreaterThan(20 * monthsPerRun)
  // Who gives the first token for ever is not let in any more.
  const stale = await simulateMonth({ ...toyOf(1), seed: 1, devices: 4, server, token: () => 'token@0' })
  expect(stale.violation).toMatch(
    /^seed 1: after all faults: [a-d] (still has \d+ pending|stands at @\d+ of @\d+)$/,
  )
})

const seedsPerRun = 200
const sqliteSeedsPerRun = 100
const monthsPerRun = 5
