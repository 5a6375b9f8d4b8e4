import { describe, expect, it } from 'vitest'
import { accept } from '../../core/accept.ts'
import { type Commit, sealCommit } from '../../core/commit.ts'
import { dotKey } from '../../core/dot.ts'
import type { ResetLog, StoreLog } from '../../log/port.ts'
import { firstViolation } from './controls.fixture.ts'
import type { History } from './history.ts'
import { ledgerServer } from './ledger-server.ts'
import { runHistory } from './simulate.ts'
import { toySimulation } from './toy-model.ts'

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

/** A machine is copied while it runs, and copied again: what is pending then gets two names. Drawn as seed 70. */
const copiedTwice: History = {
  seed: 70,
  devices: [
    { tabs: 1, skewMs: 120451213005, latencyMs: 38 },
    { tabs: 1, skewMs: 74143803746, latencyMs: 29 },
  ],
  actions: [
    { id: 2, atMs: 794, kind: 'wish', device: 1, seed: 893247386 },
    { id: 3, atMs: 943, kind: 'freeze', device: 0, seed: 413106989 },
    { id: 8, atMs: 1543, kind: 'twin', device: 0, seed: 496860741 },
    { id: 9, atMs: 1673, kind: 'wish', device: 0, seed: 1182148359 },
    { id: 10, atMs: 1792, kind: 'wish', device: 0, seed: 574142708 },
    { id: 11, atMs: 1973, kind: 'twin', device: 0, seed: 794054612 },
    { id: 14, atMs: 2543, kind: 'wish', device: 1, seed: 80144731 },
  ],
}

describe('negative controls: an identity that is not repaired is caught', () => {
  it('Z3 C7 a client that does not take back what it had placed in a log that was set back', async () => {
    const forgetful = resetting((write, { lost }) => {
      const gone = new Set(lost.map(({ dot }) => dotKey(dot)))
      return { ...write, outbox: write.outbox.filter(({ dot }) => !gone.has(dotKey(dot))) }
    })
    expect(
      await firstViolation({ seeds: 60, faults: ['serverRestore'], broken: { log: forgetful } }),
    ).toMatch(
      /^[abc]\d?\/\d+: reports stuck: The server keeps asking for commits that this device does not have\.$|^at the end: the acknowledged \S+ stands 0 times in the log$/,
    )
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
    expect(await firstViolation({ seeds: 60, faults: ['serverRestore'], broken: { log: keeping } })).toMatch(
      /^server: @\d+ \S+: it was decided on \d+ events of seat\/., and there are \d+$/,
    )
  })

  it('Z3 C8 a client that drops what it had under a name that somebody else has used', async () => {
    const dropping = resetting((write, { lost, outbox }) => {
      const held = new Set(outbox.map(({ dot }) => dotKey(dot)))
      const left = write.outbox.filter(({ dot }) => held.has(dotKey(dot)))
      const isRenaming = lost.length === 0 && left.length < write.outbox.length
      return isRenaming ? { ...write, outbox: left, issued: 0 } : write
    })
    expect(await firstViolation({ seeds: 60, faults: ['twin'], broken: { log: dropping } })).toMatch(
      /^[abc]\d?\/\d+: says synced, and wish-\d+ is not placed$/,
    )
  })

  it('Z3 A5 a server that does not mind a wish which it has applied under another name', async () => {
    const forgetful: typeof accept = (pushed, facts) => accept(pushed, { ...facts, appliedAt: null })
    const { violation } = await runHistory(copiedTwice, {
      ...toySimulation,
      server: ledgerServer({ accept: forgetful }),
    })
    expect(violation).toMatch(/^seed 70: server: @\d+ \S+: its root was applied before$/)
  })
})
