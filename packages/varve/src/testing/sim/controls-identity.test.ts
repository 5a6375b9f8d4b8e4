import { describe, expect, it } from 'vitest'
import { type Commit, sealCommit } from '../../core/commit.ts'
import { dotKey } from '../../core/dot.ts'
import type { ResetLog, StoreLog } from '../../log/port.ts'
import { drawHistory, type FaultKind } from './history.ts'
import { runHistory } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

/** What the first violated run of so many seeds says, or null. */
async function firstViolation(
  seeds: number,
  log: (log: StoreLog) => StoreLog,
  faults: readonly FaultKind[],
): Promise<string | null> {
  for (let seed = 1; seed <= seeds; seed++) {
    const history = drawHistory({ seed, devices: 2 + (seed % 2), actions: 40, faults })
    const { violation } = await runHistory(history, { ...toySimulation, broken: { log } })
    if (violation !== null) return violation
  }
  return null
}

/** A log whose resets are others than they should be. */
function resetting(
  broken: (
    write: ResetLog,
    held: { readonly lost: readonly Commit[]; readonly outbox: readonly Commit[] },
  ) => ResetLog,
): (log: StoreLog) => StoreLog {
  return (log) => ({
    ...log,
    async resetLog(write) {
      const lost = await log.readEntries(write.log, write.position, 1_000)
      const outbox = await log.readOutbox(write.log)
      return log.resetLog(broken(write, { lost: lost.map(({ commit }) => commit), outbox }))
    },
  })
}

describe('negative controls: an identity that is not repaired is caught', () => {
  it('Z3 C7 a client that does not take back what it had placed in a log that was set back', async () => {
    const forgetful = resetting((write, { lost }) => {
      const gone = new Set(lost.map(({ dot }) => dotKey(dot)))
      return { ...write, outbox: write.outbox.filter(({ dot }) => !gone.has(dotKey(dot))) }
    })
    expect(await firstViolation(60, forgetful, ['serverRestore'])).toMatch(/stands 0 times|reports stuck/)
  })

  it('Z3 C7 a client that keeps what leaned on entries that are lost', async () => {
    const keeping = resetting((write, { lost, outbox }) => {
      const before = new Map([...lost, ...outbox].map((commit) => [dotKey(commit.dot), commit]))
      const kept = write.outbox.map((commit) => {
        const held = before.get(dotKey(commit.dot))
        if (held === undefined || commit.withdrawn !== null) return commit
        const base = Math.min(held.base, write.position)
        return sealCommit({ ...held, base, born: Math.min(held.born, base) })
      })
      return { ...write, outbox: kept }
    })
    expect(await firstViolation(400, keeping, ['serverRestore'])).toMatch(/was decided on|it leaned on|shows/)
  })
})
